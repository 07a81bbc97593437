"""The REST interface: the races, one race, its price history, and the service's own health and metrics."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway import views
from gateway.board import ALL, Standing, by_time_to_off
from gateway.contract import Problem, RaceDay, RaceHistory, RaceState
from gateway.hub import Hub, wall
from gateway.problems import ProblemError
from schemas.identity import iso

LIVE = {"cache-control": "no-store"}
JSON = "application/json"
RETRY_SECONDS = 1


def _may_fail(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    return {int(status): {"model": Problem, "description": status.phrase} for status in statuses}


def races(hub: Hub) -> APIRouter:
    """Routes of the races."""
    router = APIRouter(
        prefix="/v1/races", tags=["races"], responses=_may_fail(HTTPStatus.SERVICE_UNAVAILABLE)
    )

    @router.get("", response_model=RaceDay)
    async def list_races(
        track: Annotated[str | None, Query(description="Only the races of this track code")] = None,
        date: Annotated[date | None, Query(description="Only the races of this local racing date")] = None,
    ) -> Response:
        """Races by time to the off; without a date, those of these days."""
        _check_whole(hub)
        board, now = hub.board, wall()
        chosen = [
            standing
            for standing in board.carried(f"track:{track.upper()}" if track else ALL)
            if (board.listed(standing) if date is None else standing.view["race_date"] == date.isoformat())
        ]
        states = b",".join(board.state(standing, now) for standing in sorted(chosen, key=by_time_to_off))
        return Response(b'{"server_time":"%b","races":[%b]}' % (iso(now).encode(), states), 200, LIVE, JSON)

    @router.get("/{race_id}", response_model=RaceState, responses=_may_fail(HTTPStatus.NOT_FOUND))
    async def read_race(race_id: str) -> Response:
        """The latest of one race."""
        return Response(hub.board.state(_find(hub, race_id), wall()), 200, LIVE, JSON)

    @router.get("/{race_id}/history", response_model=RaceHistory, responses=_may_fail(HTTPStatus.NOT_FOUND))
    async def read_history(race_id: str) -> Response:
        """Closing price of each runner, bar by bar."""
        view, bars = _find(hub, race_id).view, hub.board.bars(race_id)
        return Response(orjson.dumps(views.race_history(view, bars)), 200, LIVE, JSON)

    return router


def service(hub: Hub) -> APIRouter:
    """Routes by which the service itself is watched."""
    router = APIRouter(tags=["service"])

    @router.get("/healthz", responses=_may_fail(HTTPStatus.SERVICE_UNAVAILABLE))
    async def healthz() -> dict[str, str]:
        """Whether the process works; restart it if not."""
        if not hub.alive:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE, "Not working", "The reader has ended: restart the gateway."
            )
        return {"status": "ok"}

    @router.get("/readyz", responses=_may_fail(HTTPStatus.SERVICE_UNAVAILABLE))
    async def readyz() -> dict[str, str | int]:
        """Whether everything that was there at the start has been read."""
        _check_whole(hub)
        return {"status": "ready", "epoch": hub.board.epoch, "races": len(hub.board)}

    @router.get("/metrics")
    async def metrics() -> Response:
        """Metrics as Prometheus reads them."""
        return Response(generate_latest(hub.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _check_whole(hub: Hub) -> None:
    if not hub.board.whole:
        detail = f"{hub.trouble}. Try again in a moment; /readyz says when."
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "Not ready", detail, RETRY_SECONDS)


def _find(hub: Hub, race_id: str) -> Standing:
    _check_whole(hub)
    standing = hub.board.race(race_id)
    if standing is None:
        detail = (
            f"No race {race_id!r} is known. GET /v1/races lists the races; "
            "an id is TRACK-YYYYMMDD-NN, as BEL-20230715-01."
        )
        raise ProblemError(HTTPStatus.NOT_FOUND, "No such race", detail)
    return standing
