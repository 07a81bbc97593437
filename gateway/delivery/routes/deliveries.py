"""The delivery log of a user: what was due, what went, and what came back."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy import select

from gateway.accounts.forms import Item, Out
from gateway.accounts.principal import Principal, Scope, check_not_withheld, needs
from gateway.accounts.routes.common import MISSING, SIGNED, may_fail, missing
from gateway.delivery.tables import Attempt, Delivery
from gateway.paging import Cursor, Limit, Page, page_of
from gateway.site import Site

Reader = Annotated[Principal, Depends(needs(Scope.READ_ALERTS))]


class DeliveryItem(Item):
    """A delivery: one alert, or several in one message."""

    channel_id: UUID
    channel_kind: str
    race_id: str
    state: str
    reason: str | None
    attempts: int
    due_at: datetime
    expires_at: datetime
    event_time: datetime
    done_at: datetime | None
    items: list[dict[str, Any]]

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryItem":
        """The delivery as its owner sees it."""
        return cls.model_validate(delivery)


class AttemptItem(Out):
    """One try: what was sent, without secrets, and what came back."""

    at: datetime
    seconds: float
    status: int | None
    error: str | None
    request: dict[str, Any]
    response: str | None


class DeliveryLog(DeliveryItem):
    """A delivery with its tries, the first one first."""

    log: list[AttemptItem]


def routes(site: Site) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/deliveries", tags=["deliveries"], responses=SIGNED)

    @router.get("")
    async def read_all_deliveries(
        principal: Reader, cursor: Cursor = None, limit: Limit = 50
    ) -> Page[DeliveryItem]:
        """What went to you by any channel, the newest first; not in a pause or exclusion."""
        check_not_withheld(principal)
        asked = select(Delivery).where(Delivery.user_id == principal.user_id)
        async with site.database.read() as session:
            return await page_of(session, asked, Delivery, DeliveryItem, cursor=cursor, limit=limit)

    @router.get("/{delivery_id}", responses=may_fail(MISSING))
    async def read_delivery(delivery_id: UUID, principal: Reader) -> DeliveryLog:
        """One delivery with its log."""
        check_not_withheld(principal)
        async with site.database.read() as session:
            found = await session.get(Delivery, delivery_id)
            if found is None or found.user_id != principal.user_id:
                raise missing("delivery")
            tries = await session.scalars(
                select(Attempt).where(Attempt.delivery_id == delivery_id).order_by(Attempt.at)
            )
            log = [AttemptItem.model_validate(each) for each in tries]
            return DeliveryLog(**DeliveryItem.of(found).model_dump(), log=log)

    return router
