"""Channels by which alerts reach a user: push of a browser, mail, live connections, chats."""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path, Response, status
from pydantic import AfterValidator, Field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.forms import Form, Item, Text
from gateway.accounts.principal import Principal, Scope, needs
from gateway.accounts.routes.common import CONFLICT, MISSING, OPEN, SIGNED, may_fail, missing, wrong
from gateway.accounts.tables import User
from gateway.alerts.rules import Kind
from gateway.delivery.push import Vapid, encrypted
from gateway.delivery.senders import channel_of_token, check_chat
from gateway.delivery.tables import Channel
from gateway.errors import GatewayError
from gateway.paging import Cursor, Limit, Page, page_of
from gateway.site import Site
from gateway.webhooks.addresses import check_url

Reader = Annotated[Principal, Depends(needs(Scope.READ_RULES))]
Writer = Annotated[Principal, Depends(needs(Scope.WRITE_RULES))]
MOST = 20
Events = Annotated[
    tuple[Kind, ...], Field(max_length=12, description="Kinds of alerts it takes; none means all")
]
StopToken = Annotated[str, Path(max_length=128, description="Of the link in the mail")]
Title = Annotated[Text, Field(max_length=80), AfterValidator(str.strip)]


class PushKeys(Form):
    """Keys of a browser's subscription."""

    p256dh: Annotated[Text, Field(min_length=80, max_length=120)]
    auth: Annotated[Text, Field(min_length=16, max_length=40)]


class NewPush(Form):
    """Web push: what `pushManager.subscribe` gave."""

    kind: Literal["webpush"]
    name: Title = ""
    endpoint: Annotated[Text, Field(max_length=2048)]
    keys: PushKeys
    events: Events = ()


class NewMail(Form):
    """Mail to the confirmed address of the account; with `digest_minutes` one for many alerts."""

    kind: Literal["mail"]
    name: Title = ""
    digest_minutes: Annotated[int | None, Field(ge=5, le=1440)] = None
    events: Events = ()


class NewLive(Form):
    """The page, and programs on the channel `alerts:me`."""

    kind: Literal["websocket"]
    name: Title = ""
    events: Events = ()


class NewChat(Form):
    """A chat by apprise's URL, as `ntfy://topic` or `discord://…`."""

    kind: Literal["apprise"]
    name: Title = ""
    url: Annotated[Text, Field(min_length=8, max_length=1024)]
    events: Events = ()


NewChannel = Annotated[NewPush | NewMail | NewLive | NewChat, Body(discriminator="kind")]


class ChannelItem(Item):
    """A channel. `to` says where it goes, without what is secret of it."""

    kind: str
    name: str
    to: str
    events: list[str]
    digest_minutes: int | None
    state: str
    reason: str | None

    @classmethod
    def of(cls, channel: Channel, email: str) -> "ChannelItem":
        """The channel as its owner, who has this address, sees it."""
        address = channel.address
        to = urlsplit(address.get("endpoint", "")).netloc or str(address.get("url", "")).partition(":")[0]
        to = email if channel.kind == "mail" else to
        return cls(
            id=channel.id, created_at=channel.created_at, kind=channel.kind, name=channel.name, to=to,
            events=channel.events, digest_minutes=channel.digest_minutes, state=channel.state,
            reason=channel.reason,
        )  # fmt: skip


class PushKey(Form):
    """What a browser subscribes with: `applicationServerKey`."""

    key: str


async def mine(session: AsyncSession, principal: Principal, channel_id: UUID) -> Channel:
    """A channel of whoever asks, webhooks apart; raises ProblemError."""
    found = await session.get(Channel, channel_id)
    if found is None or found.user_id != principal.user_id or found.kind == "webhook":
        raise missing("channel")
    return found


async def _address(site: Site, session: AsyncSession, principal: Principal, form: Any) -> dict[str, Any]:
    try:
        if isinstance(form, NewPush):
            address = {
                "endpoint": check_url(form.endpoint, private=site.private_destinations),
                "keys": form.keys.model_dump(),
            }
            encrypted(address, b"{}")
            return address
        if isinstance(form, NewChat):
            return {"url": check_chat(form.url, private=site.private_destinations)}
    except (GatewayError, ValueError) as error:
        raise wrong("Request not understood", f"{form.kind}: {error}.") from error
    if isinstance(form, NewMail):
        user = await session.get_one(User, principal.user_id)
        if user.confirmed_at is None:
            raise wrong("Address not confirmed", "Confirm the address of your account first.", CONFLICT)
    # Mail goes to the address that the account has when it goes.
    return {}


def routes(site: Site) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1", tags=["channels"])

    @router.get("/channels", responses=SIGNED)
    async def read_channels(principal: Reader, cursor: Cursor = None, limit: Limit = 50) -> Page[ChannelItem]:
        """Your channels, the newest first."""
        asked = select(Channel).where(Channel.user_id == principal.user_id, Channel.kind != "webhook")
        async with site.database.read() as session:
            rows = await page_of(session, asked, Channel, _Row, cursor=cursor, limit=limit)
            email = (await session.get_one(User, principal.user_id)).email
            found = [ChannelItem.of(await session.get_one(Channel, row.id), email) for row in rows.items]
        return Page[ChannelItem](items=found, next_cursor=rows.next_cursor)

    @router.post("/channels", status_code=status.HTTP_201_CREATED, responses={**SIGNED, **may_fail(CONFLICT)})
    async def make_channel(form: NewChannel, principal: Writer) -> ChannelItem:
        """Make a channel."""
        counted = select(func.count()).where(Channel.user_id == principal.user_id, Channel.kind != "webhook")
        async with site.database.write() as session:
            if (await session.scalar(counted) or 0) >= MOST:
                raise wrong("Too many channels", f"At most {MOST}: delete one.", CONFLICT)
            made = Channel(
                user_id=principal.user_id, kind=form.kind, name=form.name, events=list(form.events),
                address=await _address(site, session, principal, form),
                digest_minutes=form.digest_minutes if isinstance(form, NewMail) else None,
            )  # fmt: skip
            session.add(made)
            await session.flush()
            return ChannelItem.of(made, (await session.get_one(User, principal.user_id)).email)

    @router.delete(
        "/channels/{channel_id}",
        status_code=status.HTTP_204_NO_CONTENT,
        responses={**SIGNED, **may_fail(MISSING)},
    )
    async def delete_channel(channel_id: UUID, principal: Writer) -> None:
        """Delete a channel with its log."""
        async with site.database.write() as session:
            await session.delete(await mine(session, principal, channel_id))

    @router.get("/push/key", responses=OPEN)
    async def read_push_key() -> PushKey:
        """The key that browsers subscribe with."""
        return PushKey(key=Vapid(site.secrets_folder, "mailto:nobody@localhost").public)

    @router.get("/unsubscribe/{token}", response_class=Response, responses=OPEN)
    async def ask_unsubscribe(token: StopToken) -> Response:
        """A page that asks once more: mail scanners follow links."""
        del token
        return Response(PAGE, media_type="text/html")

    @router.post("/unsubscribe/{token}", response_class=Response, responses={**OPEN, **may_fail(MISSING)})
    async def unsubscribe(token: StopToken) -> Response:
        """Stop the mails of one channel (RFC 8058: one click)."""
        channel_id = channel_of_token(site.key("unsubscribe"), token)
        async with site.database.write() as session:
            found = await session.get(Channel, channel_id) if channel_id else None
            if found is None:
                raise wrong("Not found", "This link stops nothing: its channel is gone.", MISSING)
            found.state, found.reason = "disabled", "unsubscribed"
        return Response("You get no more of these mails.", media_type="text/plain")

    return router


class _Row(Item):
    """Where a channel stands in the list."""


PAGE = (
    '<!doctype html><html lang="en"><title>Stop these mails</title>'
    '<form method="post"><p>Stop these mails?</p><button>Stop them</button></form></html>'
)
