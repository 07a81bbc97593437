"""What came of tries, written down: the delivery's state, its log, and the health of its channel."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.tables import User
from gateway.delivery.parcels import Outcome, Parcel, Tried
from gateway.delivery.tables import Attempt, Channel, Delivery
from gateway.mail import Message
from gateway.webhooks import retries

GONE_WORDS = "the receiver said that it is gone"


def judge(parcel: Parcel, outcome: Outcome, now: datetime, rng: Random) -> Tried:
    """What a try means for its delivery: sent, failed for good, past its use, or tried again later."""
    if outcome.ok:
        return Tried(parcel, outcome, now, state="sent")
    said = outcome.error or f"answered {outcome.status}"
    if outcome.gone or outcome.final:
        return Tried(parcel, outcome, now, state="failed", reason=said)
    wait = retries.wait(parcel.attempts + 1, rng, outcome.retry_after)
    if wait is None:
        return Tried(parcel, outcome, now, state="failed", reason=f"no try left: {said}")
    again = now + timedelta(seconds=wait)
    if again > parcel.expires_at and not parcel.digest:
        return Tried(parcel, outcome, now, state="late", reason=f"past its use before another try: {said}")
    return Tried(parcel, outcome, now, due_at=again, reason=said)


async def settle(session: AsyncSession, tried: Sequence[Tried]) -> list[Message]:
    """Write all of it down. Returns mails that tell owners of endpoints that have been disabled."""
    log = [_attempt(each, each.outcome) for each in tried if each.outcome is not None]
    if log:
        await session.execute(insert(Attempt), log)
    rows = [row for each in tried for row in _states(each)]
    if rows:
        await session.execute(update(Delivery), rows)
    return await _health(session, tried)


def _attempt(tried: Tried, outcome: Outcome) -> dict[str, Any]:
    return {
        "id": uuid4(), "delivery_id": tried.parcel.id, "at": tried.at, "seconds": outcome.seconds,
        "status": outcome.status, "error": outcome.error, "request": outcome.request,
        "response": outcome.response,
    }  # fmt: skip


def _states(tried: Tried) -> list[dict[str, Any]]:
    done = None if tried.state == "pending" else tried.at
    attempts = tried.parcel.attempts + (tried.outcome is not None)
    row: dict[str, Any] = {
        "state": tried.state,
        "reason": tried.reason,
        "attempts": attempts,
        "done_at": done,
    }
    row["due_at"] = tried.due_at or tried.parcel.due_at
    return [{"id": id, **row} for id in (tried.parcel.id, *tried.parcel.together)]


async def _health(session: AsyncSession, tried: Sequence[Tried]) -> list[Message]:
    outcomes: dict[UUID, list[Outcome]] = {}
    for each in tried:
        if each.outcome is not None:
            outcomes.setdefault(each.parcel.channel_id, []).append(each.outcome)
    bad = {id for id, found in outcomes.items() if not all(one.ok for one in found)}
    well = outcomes.keys() - bad
    if well:
        mended = update(Channel).where(Channel.id.in_(well), Channel.failing_since.is_not(None))
        await session.execute(mended.values(failing_since=None))
    mails: list[Message] = []
    if bad:
        asked = select(Channel, User.email).join(User, User.id == Channel.user_id).where(Channel.id.in_(bad))
        for channel, email in (await session.execute(asked)).all():
            mails += _judge_channel(channel, email, outcomes[channel.id])
    return mails


def _judge_channel(channel: Channel, email: str, found: list[Outcome]) -> list[Message]:
    now = datetime.now(UTC)
    if any(one.gone for one in found):
        channel.state, channel.reason = "gone", GONE_WORDS
    elif any(one.ok for one in found):
        channel.failing_since = None
    elif channel.failing_since is None:
        channel.failing_since = now
    elif channel.state == "active" and retries.given_up(channel.failing_since, now):
        channel.state = "disabled"
        channel.reason = f"nothing but failure since {channel.failing_since:%Y-%m-%d %H:%M} UTC"
    if channel.kind != "webhook" or channel.state == "active":
        return []
    where = channel.name or channel.address.get("url", "")
    text = (
        f"Your webhook {where} has been disabled: {channel.reason}.\n\n"
        "Mend the endpoint, enable it again at PATCH /v1/webhooks/{id} and replay what it missed."
    )
    return [Message(email, "Your webhook has been disabled", text, message_id=f"<{channel.id}.off@hpr>")]
