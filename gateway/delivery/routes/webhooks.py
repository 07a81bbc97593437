"""Webhooks: endpoints of programs, their secrets, tests, log and replays."""

import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Response, status
from pydantic import Field
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.forms import Form, Item, Out, Text
from gateway.accounts.principal import Principal, Scope, check_not_withheld, needs
from gateway.accounts.routes.common import CONFLICT, MISSING, SIGNED, may_fail, missing, wrong
from gateway.delivery.routes.channels import Events, Title
from gateway.delivery.routes.deliveries import DeliveryItem
from gateway.delivery.tables import Channel, Delivery
from gateway.errors import GatewayError
from gateway.paging import Cursor, Limit, Page, page_of
from gateway.site import Site
from gateway.webhooks import events, signing
from gateway.webhooks.addresses import check_url

Reader = Annotated[Principal, Depends(needs(Scope.READ_WEBHOOKS))]
Writer = Annotated[Principal, Depends(needs(Scope.WRITE_WEBHOOKS))]
REPLAY_LIVES = timedelta(hours=1)
Url = Annotated[Text, Field(min_length=8, max_length=2048, examples=["https://example.org/hook"])]


class NewWebhook(Form):
    """An endpoint to make."""

    url: Url
    name: Title = ""
    events: Events = ()


class Changes(Form):
    """What to change; what is left out stays. `active` enables it again, or disables it."""

    url: Url | None = None
    name: Title | None = None
    events: Events | None = None
    active: bool | None = None


class WebhookItem(Item):
    """An endpoint."""

    url: str
    name: str
    events: list[str]
    state: str
    reason: str | None
    failing_since: datetime | None


class ShownWebhook(WebhookItem):
    """An endpoint with its secret: this is the only time it is shown."""

    secret: str


class Rotation(Form):
    """For how many hours the old secret still signs beside the new one."""

    overlap_hours: Annotated[int, Field(ge=0, le=168)] = 24


class Replay(Form):
    """All deliveries made since then go out again, whatever came of them."""

    since: datetime


class Replayed(Out):
    """How many deliveries go out again."""

    deliveries: int


def _item(channel: Channel) -> WebhookItem:
    return WebhookItem(
        id=channel.id, created_at=channel.created_at, url=channel.address["url"], name=channel.name,
        events=channel.events, state=channel.state, reason=channel.reason,
        failing_since=channel.failing_since,
    )  # fmt: skip


def _shown(channel: Channel, secret: str, response: Response) -> ShownWebhook:
    response.headers["cache-control"] = "no-store"
    return ShownWebhook(**_item(channel).model_dump(), secret=secret)


async def _mine(session: AsyncSession, principal: Principal, webhook_id: UUID) -> Channel:
    found = await session.get(Channel, webhook_id, with_for_update=True)
    if found is None or found.user_id != principal.user_id or found.kind != "webhook":
        raise missing("webhook")
    return found


def _checked(site: Site, url: str) -> str:
    try:
        return check_url(url, private=site.private_destinations)
    except (GatewayError, ValueError) as error:
        raise wrong("Request not understood", f"url: {error}.") from error


def _again(now: datetime) -> dict[str, Any]:
    return {"state": "pending", "reason": "replayed", "attempts": 0, "due_at": now,
            "expires_at": now + REPLAY_LIVES, "done_at": None}  # fmt: skip


def routes(site: Site) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], responses=SIGNED)
    _add_endpoints(router, site)
    _add_log(router, site)
    return router


def _add_endpoints(router: APIRouter, site: Site) -> None:
    @router.get("/events")
    async def read_event_types() -> dict[str, Any]:
        """The JSON Schema of each event type."""
        return events.schemas()

    @router.get("")
    async def read_webhooks(principal: Reader) -> list[WebhookItem]:
        """Your endpoints; a tier bounds how many."""
        asked = select(Channel).where(Channel.user_id == principal.user_id, Channel.kind == "webhook")
        async with site.database.read() as session:
            return [_item(each) for each in await session.scalars(asked.order_by(Channel.created_at))]

    @router.post("", status_code=status.HTTP_201_CREATED, responses=may_fail(CONFLICT))
    async def make_webhook(form: NewWebhook, principal: Writer, response: Response) -> ShownWebhook:
        """Make an endpoint. Keep `secret` of the answer: it is not shown again."""
        most, secret = principal.entitlements.webhooks, signing.new_secret()
        counted = select(func.count()).where(Channel.user_id == principal.user_id, Channel.kind == "webhook")
        address = {"url": _checked(site, form.url)}
        async with site.database.write() as session:
            if (await session.scalar(counted) or 0) >= most:
                detail = f"The tier {principal.tier} has {most} webhooks: delete one, or change the tier."
                raise wrong("Too many webhooks", detail, CONFLICT)
            made = Channel(
                user_id=principal.user_id, kind="webhook", name=form.name, events=list(form.events),
                address=address, secrets=[{"secret": secret, "until": None}],
            )  # fmt: skip
            session.add(made)
            await session.flush()
            return _shown(made, secret, response)

    @router.patch("/{webhook_id}", responses=may_fail(MISSING))
    async def change_webhook(webhook_id: UUID, form: Changes, principal: Writer) -> WebhookItem:
        """Change an endpoint, enable it again or disable it."""
        url = None if form.url is None else _checked(site, form.url)
        async with site.database.write() as session:
            found = await _mine(session, principal, webhook_id)
            if url is not None:
                found.address = {"url": url}
            if form.name is not None:
                found.name = form.name
            if form.events is not None:
                found.events = list(form.events)
            if form.active is not None:
                found.state = "active" if form.active else "disabled"
                found.reason = None if form.active else "disabled by you"
                found.failing_since = None
            return _item(found)

    @router.delete("/{webhook_id}", status_code=status.HTTP_204_NO_CONTENT, responses=may_fail(MISSING))
    async def delete_webhook(webhook_id: UUID, principal: Writer) -> None:
        """Delete an endpoint with its log."""
        async with site.database.write() as session:
            await session.delete(await _mine(session, principal, webhook_id))

    @router.post("/{webhook_id}/rotation", responses=may_fail(MISSING))
    async def rotate_webhook(
        webhook_id: UUID, form: Rotation, principal: Writer, response: Response
    ) -> ShownWebhook:
        """Give an endpoint another secret; the old one signs beside it for the overlap."""
        secret, until = signing.new_secret(), int(time.time()) + form.overlap_hours * 3600
        async with site.database.write() as session:
            found = await _mine(session, principal, webhook_id)
            kept = [{**each, "until": min(each["until"] or until, until)} for each in found.secrets[-3:]]
            live = [each for each in kept if each["until"] > time.time()]
            found.secrets = [*live, {"secret": secret, "until": None}]
            return _shown(found, secret, response)


def _add_log(router: APIRouter, site: Site) -> None:
    @router.post("/{webhook_id}/test", status_code=status.HTTP_202_ACCEPTED, responses=may_fail(MISSING))
    async def try_webhook(webhook_id: UUID, principal: Writer) -> DeliveryItem:
        """Send a test event; the log shows what came of it."""
        now = datetime.now(UTC)
        async with site.database.write() as session:
            found = await _mine(session, principal, webhook_id)
            made = Delivery(
                id=uuid4(), user_id=found.user_id, channel_id=found.id, channel_kind="webhook", race_id="",
                items=[{"test": True, "title": "Test", "kind": "TEST", "alert_id": ""}], attempts=0,
                state="pending", due_at=now, expires_at=now + REPLAY_LIVES, event_time=now,
            )  # fmt: skip
            session.add(made)
            await session.flush()
            return DeliveryItem.of(made)

    @router.get("/{webhook_id}/deliveries", responses=may_fail(MISSING))
    async def read_deliveries(
        webhook_id: UUID, principal: Reader, cursor: Cursor = None, limit: Limit = 50
    ) -> Page[DeliveryItem]:
        """What went to an endpoint, the newest first; not in a pause or exclusion."""
        check_not_withheld(principal)
        async with site.database.read() as session:
            await _mine(session, principal, webhook_id)
            asked = select(Delivery).where(Delivery.channel_id == webhook_id)
            return await page_of(session, asked, Delivery, DeliveryItem, cursor=cursor, limit=limit)

    @router.post("/{webhook_id}/replays", responses=may_fail(MISSING))
    async def replay_webhook(webhook_id: UUID, form: Replay, principal: Writer) -> Replayed:
        """Send everything since a time again, with the same ids."""
        now = datetime.now(UTC)
        since = form.since if form.since.tzinfo else form.since.replace(tzinfo=UTC)
        async with site.database.write() as session:
            await _mine(session, principal, webhook_id)
            chosen = update(Delivery).where(
                Delivery.channel_id == webhook_id, Delivery.created_at >= since, Delivery.state != "withheld"
            )
            ids = (await session.execute(chosen.values(**_again(now)).returning(Delivery.id))).all()
        return Replayed(deliveries=len(ids))

    @router.post("/{webhook_id}/deliveries/{delivery_id}/replay", responses=may_fail(MISSING))
    async def replay_delivery(webhook_id: UUID, delivery_id: UUID, principal: Writer) -> DeliveryItem:
        """Send one delivery again, with the same id."""
        async with site.database.write() as session:
            await _mine(session, principal, webhook_id)
            found = await session.get(Delivery, delivery_id)
            if found is None or found.channel_id != webhook_id or found.state == "withheld":
                raise missing("delivery")
            for name, value in _again(datetime.now(UTC)).items():
                setattr(found, name, value)
            await session.flush()
            return DeliveryItem.of(found)
