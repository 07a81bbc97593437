"""Routes of exotic bets: the likeliest combinations of a race's pool, and of winners of several races."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from gateway import cached, views, withheld
from gateway.accounts.principal import Scope as Scopes
from gateway.accounts.principal import check_scope
from gateway.board import Standing
from gateway.exotics import Pick, RaceExotics, race_exotics, race_pick
from gateway.hub import Hub, wall
from gateway.problems import ProblemError
from gateway.rest import RaceId, find, may_fail

MOST = 100
LEGS = 9
PoolName = Literal["exacta", "quinella", "trifecta", "tierce", "trio", "superfecta", "first4"]
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many combinations, the likeliest first")]
Runners = Annotated[
    list[Annotated[str, Query(max_length=128)]],
    Query(
        max_length=40, description="Only combinations of these: numbers, interests or runner ids, repeated"
    ),
]
Races = Annotated[
    list[Annotated[str, Query(max_length=128)]],
    Query(min_length=2, max_length=LEGS, description="The races of the legs in their order, repeated"),
]
REFUSED = may_fail(
    HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE
)


def routes(hub: Hub) -> APIRouter:
    """Routes of exotics."""
    router = APIRouter(tags=["races"], responses=REFUSED)

    @router.get("/v1/races/{race_id}/exotics", response_model=RaceExotics)
    async def read_exotics(
        race_id: RaceId,
        request: Request,
        pool: Annotated[PoolName, Query(description="What is bet on")] = "exacta",
        runners: Runners = [],  # noqa: B006  # the framework copies it
        limit: Limit = 10,
    ) -> Response:
        """The likeliest combinations of a pool, each with what it would have to pay."""
        check_scope(request.scope, Scopes.READ_RACES)
        standing = find(hub, race_id)
        fresh = hub.board.freshness(standing, wall())
        return await _answer(
            hub, request.scope, [standing], lambda: race_exotics(standing.view, fresh, pool, runners, limit)
        )

    @router.get("/v1/exotics/pick", response_model=Pick)
    async def read_pick(request: Request, races: Races, limit: Limit = 10) -> Response:
        """The likeliest selections of a winner in each race: a double, a treble, a pick of n."""
        check_scope(request.scope, Scopes.READ_RACES)
        if len(set(races)) < len(races):
            detail = "races: each leg is a race of its own; name every race once."
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "Request not understood", detail)
        standings = [find(hub, race_id) for race_id in races]
        fresh = [hub.board.freshness(standing, wall()) for standing in standings]
        legs = [standing.view for standing in standings]
        return await _answer(hub, request.scope, standings, lambda: race_pick(legs, fresh, limit))

    return router


async def _answer(
    hub: Hub, scope: Scope, standings: list[Standing], work: Callable[[], RaceExotics | Pick]
) -> Response:
    """What `work` finds, without combinations for whom value is withheld from; nothing for who has it."""
    now = wall()
    age = max(views.age_seconds(standing.view, now) for standing in standings)
    marks = (cached.mark(hub.board, standing, now) for standing in standings)
    tag = cached.tag(hub.board.epoch, *marks, scope["query_string"].decode("latin-1"), withheld.mark(scope))
    if cached.known(scope["headers"], tag):
        return cached.answer(scope, b"", tag, age)
    # Four places of a large field take a tenth of a second: nobody else waits for that.
    found = await run_in_threadpool(work)
    body = orjson.dumps({**found, "combinations": []} if withheld.is_withheld(scope) else found)
    return cached.answer(scope, body, tag, age)
