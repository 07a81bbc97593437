"""Reconciliation on the database: rules as they were, channels, the outbox, and what each user is told."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import zip_longest
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.alerts.history import NEVER, Moment, Version, again
from gateway.alerts.reconcile import Kept, Line, Place, Reconciliation, due_of, reconcile, seconds_of
from gateway.database import Database
from gateway.delivery import outbox
from gateway.delivery.tables import Channel, Delivery, Reconciled, RuleVersion
from schemas.identity import micros

Begun = dict[tuple[UUID, int], int]


async def of_day(database: Database, day: date, moments: Iterable[Moment]) -> Reconciliation:
    """What of a racing day was due to everybody, and what came of it; `moments` are all that happened."""
    async with database.read() as session:
        rules, begun = await versions(session)
        lines = await lines_of(session)
        delivered = await kept(session, day)
    return reconcile(due_of(again(moments, rules), lines, begun), delivered)


async def versions(session: AsyncSession) -> tuple[list[Version], Begun]:
    """All versions of all rules with the time that each was in force, and when each began.

    What users tracked then is not kept: what they track now stands for it.
    """
    follows = await outbox.tracked(session)
    rows = list(await session.scalars(select(RuleVersion).order_by(RuleVersion.rule_id, RuleVersion.version)))
    found, begun = [], Begun()
    for row, following in zip_longest(rows, rows[1:]):
        begun[row.rule_id, row.version] = begins = micros(row.created_at)
        if row.deleted:
            continue
        same = following is not None and following.rule_id == row.rule_id
        ends = micros(following.created_at) if following is not None and same else NEVER
        try:
            found.append(Version(outbox.held_of(row, follows), begins, ends))
        except ValueError:
            continue  # of another release; the notifier passes it over too
    return found, begun


async def lines_of(session: AsyncSession) -> dict[UUID, list[Line]]:
    """Everybody's channels."""
    found: dict[UUID, list[Line]] = {}
    for row in await session.scalars(select(Channel).order_by(Channel.id)):
        closed = None if row.state == "active" else outbox.closed(row.state, row.reason)
        line = Line(row.id, row.user_id, row.kind, micros(row.created_at), tuple(row.events), closed)
        found.setdefault(row.user_id, []).append(line)
    return found


async def kept(session: AsyncSession, day: date) -> dict[Place, Kept]:
    """What the outbox has of the races of a day, by channel and alert; test events are nobody's alerts."""
    asked = select(Delivery.channel_id, Delivery.items, Delivery.state, Delivery.reason, Delivery.done_at)
    found: dict[Place, Kept] = {}
    of_day = asked.where(Delivery.race_id.like(f"%-{day:%Y%m%d}-%"))
    for channel_id, items, state, reason, done_at in await session.execute(of_day):
        for item in items:
            found[channel_id, item["alert_id"]] = Kept(state, reason, seconds_of(item, done_at))
    return found


async def tell(session: AsyncSession, day: date, told: Reconciliation) -> None:
    """Keep for each user what is theirs of it, in place of what an earlier reconciliation found."""
    await session.execute(delete(Reconciled).where(Reconciled.day == day))
    rows = [
        {"user_id": user_id, "day": day, "made_at": datetime.now(UTC), "channels": _channels(accounts)}
        for user_id, accounts in told.users.items()
    ]
    if rows:
        await session.execute(insert(Reconciled), rows)


def _channels(accounts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"kind": kind, **account.told()} for kind, account in sorted(accounts.items())]
