"""The REST interface: the races, one race, its price history, and the service's own health and metrics."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import Scope

from gateway import cached, views, withheld
from gateway.accounts.principal import Scope as Scopes
from gateway.accounts.principal import check_scope
from gateway.board import ALL, Standing, by_time_to_off
from gateway.contract import Problem, RaceDay, RaceForm, RaceHistory, RaceState
from gateway.hub import Hub, wall
from gateway.problems import ProblemError
from schemas.identity import iso

RETRY_SECONDS = 1
RaceId = Annotated[str, Path(max_length=128)]


def may_fail(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """What the description of a route says of problems."""
    return {int(status): {"model": Problem, "description": status.phrase} for status in statuses}


def races(hub: Hub) -> APIRouter:
    """Routes of the races."""
    router = APIRouter(prefix="/v1/races", tags=["races"], responses=may_fail(HTTPStatus.SERVICE_UNAVAILABLE))

    @router.get("", response_model=RaceDay)
    async def list_races(
        request: Request,
        track: Annotated[
            str | None, Query(max_length=16, description="Only the races of this track code")
        ] = None,
        date: Annotated[date | None, Query(description="Only the races of this local racing date")] = None,
    ) -> Response:
        """Races by time to the off; without a date, those of these days."""
        check_scope(request.scope, Scopes.READ_RACES)
        _check_whole(hub)
        board, now = hub.board, wall()
        chosen = [
            standing
            for standing in board.carried(f"track:{track.upper()}" if track else ALL)
            if (board.listed(standing) if date is None else standing.view["race_date"] == date.isoformat())
        ]
        chosen.sort(key=by_time_to_off)
        shown = [_shown(request.scope, board.state(standing, now)) for standing in chosen]
        body = b'{"server_time":"%b","races":[%b]}' % (iso(now).encode(), b",".join(shown))
        marks = (cached.mark(board, standing, now) for standing in chosen)
        tag = cached.tag(board.epoch, *marks, withheld.mark(request.scope))
        return cached.answer(request.scope, body, tag, board.age_seconds(now))

    @router.get("/{race_id}", response_model=RaceState, responses=may_fail(HTTPStatus.NOT_FOUND))
    async def read_race(race_id: RaceId, request: Request) -> Response:
        """The latest of one race."""
        return race_page(hub, race_id, request.scope)

    @router.get("/{race_id}/history", response_model=RaceHistory, responses=may_fail(HTTPStatus.NOT_FOUND))
    async def read_history(race_id: RaceId, request: Request) -> Response:
        """Closing price of each runner, bar by bar."""
        check_scope(request.scope, Scopes.READ_HISTORY)
        standing, bars = find(hub, race_id), hub.board.bars(race_id)
        body = orjson.dumps(views.race_history(standing.view, bars))
        age = views.age_seconds(standing.view, wall())
        return cached.answer(request.scope, body, cached.tag_of(body), age)

    @router.get("/{race_id}/form", response_model=RaceForm, responses=may_fail(HTTPStatus.NOT_FOUND))
    async def read_form(race_id: RaceId, request: Request) -> Response:
        """What form says of each runner, and what its chance is made of."""
        check_scope(request.scope, Scopes.READ_RACES)
        view = find(hub, race_id).view
        form = views.race_form(view)
        body = orjson.dumps(views.form_without_value(form) if withheld.is_withheld(request.scope) else form)
        return cached.answer(request.scope, body, cached.tag_of(body), views.age_seconds(view, wall()))

    return router


def race_page(hub: Hub, race_id: str, scope: Scope) -> Response:
    """The latest of one race as `scope` asks for it; raises ProblemError if there is none."""
    check_scope(scope, Scopes.READ_RACES)
    standing, now = find(hub, race_id), wall()
    body = _shown(scope, hub.board.state(standing, now))
    tag = cached.tag(hub.board.epoch, cached.mark(hub.board, standing, now), withheld.mark(scope))
    return cached.answer(scope, body, tag, views.age_seconds(standing.view, now))


def _shown(scope: Scope, state: bytes) -> bytes:
    return views.without_value(state) if withheld.is_withheld(scope) else state


def service(hub: Hub) -> APIRouter:
    """Routes by which the service itself is watched."""
    router = APIRouter(tags=["service"])

    @router.get("/healthz", responses=may_fail(HTTPStatus.SERVICE_UNAVAILABLE))
    async def healthz() -> dict[str, str]:
        """Whether the process works; restart it if not."""
        if not hub.alive:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE, "Not working", "The reader has ended: restart the gateway."
            )
        return {"status": "ok"}

    @router.get("/readyz", responses=may_fail(HTTPStatus.SERVICE_UNAVAILABLE))
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


def find(hub: Hub, race_id: str) -> Standing:
    """Where a race stands; raises ProblemError if it is not known, or not all has been read yet."""
    _check_whole(hub)
    standing = hub.board.race(race_id)
    if standing is None:
        detail = (
            f"No race {race_id!r} is known. GET /v1/races lists the races; "
            "an id is TRACK-YYYYMMDD-NN, as BEL-20230715-01."
        )
        raise ProblemError(HTTPStatus.NOT_FOUND, "No such race", detail)
    return standing
