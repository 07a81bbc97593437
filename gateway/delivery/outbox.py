"""The outbox: rows of deliveries with the memory and the offsets they follow from, in one transaction."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.play import everyone_withheld
from gateway.accounts.tables import Preferences, Tracked, User
from gateway.alerts.engine import Memory, MemoryKey
from gateway.alerts.index import Held
from gateway.alerts.rules import Rule
from gateway.database import Database
from gateway.delivery.parcels import Parcel
from gateway.delivery.planning import Row, Way
from gateway.delivery.tables import Channel, Delivery, ReadOffset, RuleMemory, RuleVersion, Tenure
from gateway.errors import GatewayError

Offsets = dict[tuple[str, int], int]
TRACKED = {"jockey": "rider"}
CHUNK = 1000
_WITH_CHANNEL = (
    select(Delivery, Channel, User.email)
    .join(Channel, Channel.id == Delivery.channel_id)
    .join(User, User.id == Delivery.user_id)
)
OVERLAP = 200
"""Versions read again: on PostgreSQL a lower number may become visible after a higher one."""


class OusterError(GatewayError):
    """Another notifier has taken over."""


@dataclass(frozen=True, slots=True)
class Office:
    """The tenure of this notifier."""

    number: int


async def take_office(session: AsyncSession) -> Office:
    """Begin a tenure: whoever had one can write no more."""
    first = _insert(session, Tenure).on_conflict_do_nothing(index_elements=["id"])
    await session.execute(first, [{"id": 1, "number": 0, "rules_published": 0}])
    raised = update(Tenure).values(number=Tenure.number + 1).returning(Tenure.number)
    return Office((await session.execute(raised)).scalar_one())


async def in_office(session: AsyncSession, office: Office) -> None:
    """Hold the tenure until the transaction ends; raises OusterError if it is over."""
    held = update(Tenure).where(Tenure.number == office.number).values(number=office.number)
    if cast(CursorResult[Any], await session.execute(held)).rowcount != 1:
        raise OusterError("another notifier has started on this database: this one ends")


def _insert(session: AsyncSession, table: Any) -> Any:
    """An insert that knows of conflicts. Its rows go beside it, so that it is put into SQL only once."""
    return (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(table)


async def offsets(session: AsyncSession) -> Offsets:
    """How far the topics have been read."""
    found = await session.scalars(select(ReadOffset))
    return {(row.topic, row.partition): row.next_offset for row in found}


async def keep_offsets(session: AsyncSession, read: Offsets) -> None:
    """Store how far the topics have been read."""
    if not read:
        return
    rows = [{"topic": t, "partition": p, "next_offset": n} for (t, p), n in read.items()]
    put = _insert(session, ReadOffset)
    keep = {"next_offset": put.excluded.next_offset}
    await session.execute(put.on_conflict_do_update(index_elements=["topic", "partition"], set_=keep), rows)


async def keep_memory(session: AsyncSession, changed: dict[MemoryKey, Memory]) -> None:
    """Store what rules remember."""
    rows = [
        {"rule_id": rule, "race_id": race, "runner_id": runner, "version": kept.version,
         "signal_on": kept.on, "episode": kept.episode}
        for (rule, race, runner), kept in changed.items()
    ]  # fmt: skip
    put = _insert(session, RuleMemory)
    keep = {name: put.excluded[name] for name in ("version", "signal_on", "episode")}
    key = ["rule_id", "race_id", "runner_id"]
    if rows:
        await session.execute(put.on_conflict_do_update(index_elements=key, set_=keep), rows)


async def memory(session: AsyncSession) -> dict[MemoryKey, Memory]:
    """All that rules remember."""
    found = await session.scalars(select(RuleMemory))
    return {(m.rule_id, m.race_id, m.runner_id): Memory(m.version, m.signal_on, m.episode) for m in found}


async def forget(session: AsyncSession, race_id: str) -> None:
    """Let go of what rules remember of a race that is over."""
    await session.execute(delete(RuleMemory).where(RuleMemory.race_id == race_id))


async def tracked(session: AsyncSession, user: UUID | None = None) -> dict[UUID, tuple[tuple[str, str], ...]]:
    """What each user tracks, or this one alone, by kind and name."""
    found: dict[UUID, list[tuple[str, str]]] = {}
    asked = select(Tracked).order_by(Tracked.id)
    for row in await session.scalars(asked if user is None else asked.where(Tracked.user_id == user)):
        name = row.key if row.kind == "track" else row.name
        found.setdefault(row.user_id, []).append((TRACKED.get(row.kind, row.kind), name))
    return {user: tuple(each) for user, each in found.items()}


async def rules_in_force(session: AsyncSession) -> list[RuleVersion]:
    """The newest version of each rule."""
    asked = select(RuleVersion).where(RuleVersion.latest, ~RuleVersion.deleted)
    return list(await session.scalars(asked))


async def rules_since(session: AsyncSession, number: int, known: dict[UUID, int]) -> list[RuleVersion]:
    """Versions made after a number, and those before it that became visible later; `known` are the newest."""
    columns = select(RuleVersion.number, RuleVersion.rule_id, RuleVersion.version)
    rows = await session.execute(columns.where(RuleVersion.number > number - OVERLAP))
    fresh = [row.number for row in rows if row.number > number or row.version > known.get(row.rule_id, 0)]
    found: list[RuleVersion] = []
    for at in range(0, len(fresh), CHUNK):
        asked = select(RuleVersion).where(RuleVersion.number.in_(fresh[at : at + CHUNK]))
        found += await session.scalars(asked)
    return sorted(found, key=lambda row: row.number)


def held_of(row: RuleVersion, follows: dict[UUID, tuple[tuple[str, str], ...]]) -> Held:
    """A version as the engine takes it."""
    rule = Rule.model_validate(row.body)
    return Held(
        row.rule_id, row.user_id, row.version, rule, follows.get(row.user_id, ()) if rule.tracked else ()
    )


async def ways_of(session: AsyncSession, users: Iterable[UUID]) -> dict[UUID, list[Way]]:
    """The active channels of users, with their quiet hours."""
    asked = (
        select(Channel.id, Channel.user_id, Channel.kind, Channel.events, Channel.digest_minutes,
               Channel.address, Channel.secrets, User.email,
               Preferences.quiet_from, Preferences.quiet_until, Preferences.time_zone)
        .join(User, User.id == Channel.user_id)
        .outerjoin(Preferences, Preferences.user_id == Channel.user_id)
        .where(Channel.user_id.in_(list(users)), Channel.state == "active")
        .order_by(Channel.id)
    )  # fmt: skip
    found: dict[UUID, list[Way]] = {}
    rows = await session.execute(asked)
    for id, user, kind, events, digest, to, signing, email, begins, ends, zone in rows:
        quiet = None if begins is None or ends is None or begins == ends else (begins, ends)
        made = Way(
            id, user, kind, tuple(events), digest, quiet, zone or "UTC", *_where(kind, to, signing, email)
        )
        found.setdefault(user, []).append(made)
    return found


def _where(
    kind: str, address: dict[str, Any], secrets: list[dict[str, Any]], email: str
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Where a channel leads, and the secrets that sign; mail goes to the address the account has now."""
    now = time.time()
    live = tuple(each["secret"] for each in secrets if each["until"] is None or each["until"] > now)
    return {"email": email} if kind == "mail" else address, live


async def withheld(session: AsyncSession, users: Iterable[UUID]) -> dict[UUID, str]:
    """Users who get no alerts now, and why: a pause or an exclusion."""
    found = await everyone_withheld(session, datetime.now(UTC), among=users)
    return {user: f"{each.why} until {each.until:%Y-%m-%d %H:%M} UTC" for user, each in found.items()}


async def add(session: AsyncSession, rows: Sequence[Row]) -> set[UUID]:
    """Keep deliveries; those known already stay as they are. Returns the ids of the new ones."""
    now = datetime.now(UTC)
    values = [
        {"id": row.id, "user_id": row.way.user_id, "channel_id": row.way.channel_id,
         "channel_kind": row.way.kind, "race_id": row.race_id, "items": row.items, "state": row.state,
         "reason": row.reason, "attempts": 0, "due_at": row.due_at, "expires_at": row.expires_at,
         "event_time": row.event_time, "created_at": now,
         "done_at": None if row.state == "pending" else now}
        for row in rows
    ]  # fmt: skip
    if not values:
        return set()
    put = _insert(session, Delivery).on_conflict_do_nothing(index_elements=["id"]).returning(Delivery.id)
    return set((await session.execute(put, values)).scalars())


async def due(
    database: Database, before: datetime, known: set[UUID], most: int
) -> tuple[list[Parcel], dict[UUID, str]]:
    """Pending deliveries that are due, but those that are on their way already.

    With them, by id, those whose channel takes nothing now, and why.
    """
    asked = (
        select(Delivery.id, Channel.state, Channel.reason)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(Delivery.state == "pending", Delivery.due_at <= before)
        .order_by(Delivery.due_at)
        .limit(most + len(known))
    )
    async with database.read() as session:
        rows = [row for row in await session.execute(asked) if row.id not in known][:most]
        dead = {row.id: closed(row.state, row.reason) for row in rows if row.state != "active"}
        alive = [row.id for row in rows if row.state == "active"]
        return (await parcels(session, alive) if alive else []), dead


def closed(state: str, reason: str | None) -> str:
    """Why a channel takes nothing."""
    return f"its channel is {state}: {reason}"[:300] if reason else f"its channel is {state}"


async def inactive(database: Database, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Those of channels that take nothing now, and why."""
    asked = select(Channel.id, Channel.state, Channel.reason).where(
        Channel.id.in_(list(ids)), Channel.state != "active"
    )
    async with database.read() as session:
        return {id: closed(state, reason) for id, state, reason in await session.execute(asked)}


async def close(session: AsyncSession, dead: dict[UUID, str], now: datetime) -> None:
    """Deliveries that are not sent, because their channel takes nothing: failed, and the log says why."""
    rows = [{"id": id, "state": "failed", "reason": why, "done_at": now} for id, why in dead.items()]
    await session.execute(update(Delivery), rows)


async def prune(session: AsyncSession, before: datetime, most: int) -> int:
    """Delete deliveries done with before then, with their log, at most so many; returns how many."""
    old = select(Delivery.id).where(Delivery.done_at < before).limit(most)
    # Said twice: PostgreSQL looks again only at what stands outside, should one be replayed meanwhile.
    chosen = delete(Delivery).where(Delivery.id.in_(old), Delivery.done_at < before)
    found = await session.execute(chosen)
    return cast("CursorResult[Any]", found).rowcount


async def parcels(session: AsyncSession, ids: Iterable[UUID]) -> list[Parcel]:
    """Deliveries by id, in the order of their alerts."""
    asked = _WITH_CHANNEL.where(Delivery.id.in_(list(ids))).order_by(Delivery.event_time)
    return [parcel(*row) for row in await session.execute(asked)]


def parcel_of(row: Row) -> Parcel:
    """A delivery that has only just been made, as a sender takes it."""
    way = row.way
    return Parcel(
        row.id, way.user_id, way.channel_id, way.kind, way.address, way.secrets, row.items, 0, row.due_at,
        row.expires_at, way.digest_minutes is not None,
    )  # fmt: skip


def parcel(row: Delivery, channel: Channel, email: str) -> Parcel:
    """A delivery as a sender takes it."""
    address, secrets = _where(channel.kind, channel.address, channel.secrets, email)
    return Parcel(
        row.id, row.user_id, row.channel_id, row.channel_kind, address, secrets, row.items,
        row.attempts, row.due_at, row.expires_at, channel.digest_minutes is not None,
    )  # fmt: skip
