"""The history endpoints: prices of a race, runs of a horse, calibration of a day, from ClickHouse."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath
from starlette.concurrency import run_in_threadpool
from typing_extensions import TypedDict

from gateway.accounts.principal import Scope, check_scope, entitlements_of
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
CACHED = {"cache-control": "private, max-age=10", "vary": "authorization, cookie"}
DAY_OF_RACE = re.compile(r"-(\d{8})-")
Id = Annotated[str, InPath(max_length=128)]


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


def first_day(request: Request) -> date | None:
    """The first day that whoever asks may see; None for all. Raises ProblemError for a key's scope."""
    check_scope(request.scope, Scope.READ_HISTORY)
    entitled = entitlements_of(request.scope)
    return None if entitled is None else datetime.now(UTC).date() - timedelta(days=entitled.history_days)


def check_reach(request: Request, day: date | None) -> None:
    """Raise ProblemError for a racing day before the first one of whoever asks."""
    first = first_day(request)
    if day is not None and first is not None and day < first:
        detail = (
            f"Your history begins on {first}; this is of {day}. Sign in, or take a tier that reaches back "
            "further: GET /v1/account has `history_days`."
        )
        raise ProblemError(HTTPStatus.FORBIDDEN, "Before your history", detail)


def day_of(race_id: str) -> date | None:
    """The racing day in a race's id; None where there is none, and so no such race."""
    found = DAY_OF_RACE.search(race_id)
    try:
        return None if found is None else datetime.strptime(found[1], "%Y%m%d").date()
    except ValueError:
        return None


def routes(history: str) -> APIRouter:
    """Routes over the history at `history`."""
    may_fail: dict[int | str, dict[str, Any]] = {
        403: {"model": Problem, "description": "Not allowed, or before the history of the tier"},
        503: {"model": Problem, "description": "History is away"},
    }
    router, ask = APIRouter(prefix="/v1", tags=["history"], responses=may_fail), asking(history)

    async def answer(name: str, **parameters: Any) -> orjson.Fragment:
        try:
            return orjson.Fragment(await run_in_threadpool(ask, name, parameters))
        except AnalyticsError as error:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE, "History is away", f"{error}.", RETRY_SECONDS
            ) from error

    @router.get("/races/{race_id}/odds", response_model=RacePrices)
    async def read_odds(
        request: Request,
        race_id: Id,
        every: Annotated[Literal["minute", "tick"], Query(description="Bars of a minute, or all")] = "minute",
    ) -> Response:
        """All prices of a race that flowed, and its closing line."""
        check_reach(request, day_of(race_id))
        if every == "tick":
            prices = await answer("ticks", race_id=race_id, limit=MOST_TICKS)
        else:
            prices = await answer("bars", race_id=race_id)
        closing = await answer("closing", race_id=race_id)
        return _json({"race_id": race_id, "prices": prices, "closing": closing})

    @router.get("/horses/{horse_id}/runs", response_model=HorseRuns)
    async def read_runs(request: Request, horse_id: Id) -> Response:
        """The career of a horse, as far back as the tier reaches."""
        first = first_day(request)
        runs = await answer("runs", horse_id=horse_id, limit=MOST_RUNS)
        return _json({"horse_id": horse_id, "runs": runs if first is None else _since(runs, first)})

    @router.get("/calibration", response_model=Calibration)
    async def read_calibration(
        request: Request,
        day: Annotated[date, Query(description="Local racing date")],
    ) -> Response:
        """Predicted and observed frequency of winning, by model and tenths of the chance."""
        check_reach(request, day)
        return _json({"day": day.isoformat(), "bands": await answer("calibration", day=f"{day:%Y%m%d}")})

    return router


def _json(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), 200, CACHED, JSON)


def _since(runs: orjson.Fragment, first: date) -> list[dict[str, Any]]:
    """The runs of a day and after it."""
    return [run for run in orjson.loads(orjson.dumps(runs)) if run["race_date"] >= first.isoformat()]
