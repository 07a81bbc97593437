"""The history endpoints: prices of a race, runs of a horse, calibration of a day, from ClickHouse."""

from collections.abc import Callable
from datetime import date
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Response
from starlette.concurrency import run_in_threadpool
from typing_extensions import TypedDict

from gateway.contract import Problem
from gateway.problems import ProblemError
from schemas.errors import AnalyticsError
from streams.clickhouse.answers import ask_at

Ask = Callable[[str, dict[str, Any]], bytes]
"""Gives an answer as the text of a JSON list."""

DEFAULT = ".hpr/history.sock"
"""Where the sink into chdb answers."""

MOST_TICKS = 200_000
MOST_RUNS = 500
RETRY_SECONDS = 5
JSON = "application/json"
CACHED = {"cache-control": "private, max-age=10"}


class Price(TypedDict, total=False):
    """A bar of a minute, or with `every=tick` one statement; `time` in milliseconds since 1970."""

    market_id: str
    runner_id: str
    time: int
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    in_play: bool
    last: float | None
    back: float | None
    back_size: float | None
    lay: float | None
    lay_size: float | None
    traded: float | None


class ClosingPrice(TypedDict):
    """What stood last before the off."""

    market_id: str
    runner_id: str
    market_type: str
    last: float | None
    back: float | None
    lay: float | None
    starting_price: float | None


class RacePrices(TypedDict):
    """Prices of a race, by market, runner and time."""

    race_id: str
    prices: list[Price]
    closing: list[ClosingPrice]


class HorseRuns(TypedDict):
    """Runs of a horse, the latest first; each as its source told it."""

    horse_id: str
    runs: list[dict[str, Any]]


class Band(TypedDict):
    """Runners given a chance from `band` to `band` + 1 tenths, and how many of them won."""

    models: str
    band: int
    runners: int
    predicted: float
    observed: float
    log_loss: float


class Calibration(TypedDict):
    """How the last predictions before the off of a racing day turned out."""

    day: str
    bands: list[Band]


def asking(history: str) -> Ask:
    """How to ask: of a server by DSN, or of the process at a socket's path."""
    if "://" not in history:
        return partial(ask_at, Path(history))

    def ask(name: str, parameters: dict[str, Any]) -> bytes:
        from streams.clickhouse import questions
        from streams.clickhouse.database import connect

        client = connect(history)
        try:
            return questions.ask_json(client, name, parameters)
        finally:
            client.close()

    return ask


def routes(history: str) -> APIRouter:
    """Routes over the history at `history`."""
    away: dict[int | str, dict[str, Any]] = {503: {"model": Problem, "description": "History is away"}}
    router, ask = APIRouter(prefix="/v1", tags=["history"], responses=away), asking(history)

    async def answer(name: str, **parameters: Any) -> orjson.Fragment:
        try:
            return orjson.Fragment(await run_in_threadpool(ask, name, parameters))
        except AnalyticsError as error:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE, "History is away", f"{error}.", RETRY_SECONDS
            ) from error

    @router.get("/races/{race_id}/odds", response_model=RacePrices)
    async def read_odds(
        race_id: str,
        every: Annotated[Literal["minute", "tick"], Query(description="Bars of a minute, or all")] = "minute",
    ) -> Response:
        """All prices of a race that flowed, and its closing line."""
        if every == "tick":
            prices = await answer("ticks", race_id=race_id, limit=MOST_TICKS)
        else:
            prices = await answer("bars", race_id=race_id)
        closing = await answer("closing", race_id=race_id)
        return _json({"race_id": race_id, "prices": prices, "closing": closing})

    @router.get("/horses/{horse_id}/runs", response_model=HorseRuns)
    async def read_runs(horse_id: str) -> Response:
        """The career of a horse."""
        return _json({"horse_id": horse_id, "runs": await answer("runs", horse_id=horse_id, limit=MOST_RUNS)})

    @router.get("/calibration", response_model=Calibration)
    async def read_calibration(
        day: Annotated[date, Query(description="Local racing date")],
    ) -> Response:
        """Predicted and observed frequency of winning, by model and tenths of the chance."""
        return _json({"day": day.isoformat(), "bands": await answer("calibration", day=f"{day:%Y%m%d}")})

    return router


def _json(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), 200, CACHED, JSON)
