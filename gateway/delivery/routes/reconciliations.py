"""What of a user's alerts of a racing day was due, and what came of it: told, not only known."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from gateway.accounts.forms import Out
from gateway.accounts.principal import Principal, Scope, needs
from gateway.accounts.routes.common import MISSING, SIGNED, may_fail, missing
from gateway.delivery.tables import Reconciled
from gateway.site import Site

Reader = Annotated[Principal, Depends(needs(Scope.READ_ALERTS))]
Seconds = Annotated[
    float | None, Field(description="From the provider's event to its being sent, in seconds")
]


class ChannelAccount(Out):
    """All channels of one kind together."""

    kind: str
    due: int
    delivered: int
    late_p50_seconds: Seconds
    late_p99_seconds: Seconds
    missed: int
    why: Annotated[dict[str, int], Field(description="How many were missed for each reason")]


class ReconciliationItem(Out):
    """A racing day."""

    day: date
    made_at: datetime
    channels: list[ChannelAccount]


def routes(site: Site) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/me/reconciliations", tags=["deliveries"], responses=SIGNED)

    @router.get("/{day}", responses=may_fail(MISSING))
    async def read_reconciliation(day: date, principal: Reader) -> ReconciliationItem:
        """Your alerts of a racing day: due, delivered, how late, missed and why."""
        async with site.database.read() as session:
            found = await session.get(Reconciled, (principal.user_id, day))
            if found is None:
                raise missing(
                    "reconciliation: no alert was due to you that day, or it has not been reconciled yet"
                )
            return ReconciliationItem.model_validate(found)

    return router
