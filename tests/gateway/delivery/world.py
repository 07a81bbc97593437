"""A user with channels and rules, a notifier at work, and topics to publish to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from gateway.accounts.tables import User
from gateway.alerts.rules import Rule
from gateway.database import Database
from gateway.delivery.notifier import NotifierSettings, opened
from gateway.delivery.tables import Attempt, Channel, Delivery, RuleVersion
from schemas.codec import default_codec
from schemas.defaults import defaults
from schemas.identity import MICROS, micros, uuid_of
from schemas.records import Alert
from topics.embedded import EmbeddedBroker
from topics.producer import EventProducer

TOPICS = (
    "racing.races",
    "racing.alerts",
    "racing.predictions",
    "feeds.status",
    "alerts.rules",
    "alerts.notices",
)

BOTH = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


def fresh(kind: str = "SCRATCH", number: int = 1, **fields: Any) -> Alert:
    """An alert of this moment."""
    now = micros(datetime.now(UTC))
    own = {"event_id": uuid_of(f"{kind}{number}{now}"), "source": "hpr",
           "race_id": f"BEL-20300715-{number:02d}",
           "event_time": now, "recorded_time": now, "sequence": number, "kind": kind,
           "rule_version": "rules-1", "runner_id": str(number),
           "headline": f"{number} Horse {number} {kind.lower()}",
           "expires_at": now + 600 * MICROS, **fields}  # fmt: skip
    return {**defaults(Alert), **own}  # type: ignore[typeddict-item]


@dataclass
class World:
    """What a test works with."""

    database: Database
    settings: NotifierSettings
    producer: EventProducer
    user: UUID

    async def channel(self, kind: str, address: dict[str, Any], **fields: Any) -> UUID:
        """A channel of the user, or of another one."""
        made = Channel(
            id=uuid4(), user_id=fields.pop("user", self.user), kind=kind, address=address, **fields
        )
        async with self.database.write() as session:
            session.add(made)
        return made.id

    async def webhook(self, url: str, secret: str, **fields: Any) -> UUID:
        """A webhook of the user."""
        secrets = [{"secret": secret, "until": None}]
        return await self.channel("webhook", {"url": url}, secrets=secrets, **fields)

    async def rule(self, rule: Rule, user: UUID | None = None) -> UUID:
        """A rule of the user, or of another one."""
        made = RuleVersion(
            rule_id=uuid4(), user_id=user or self.user, version=1, body=rule.model_dump(mode="json")
        )
        async with self.database.write() as session:
            session.add(made)
        return made.rule_id

    def publish(self, *alerts: Alert) -> None:
        """Publish alerts."""
        for each in alerts:
            self.producer.publish("racing.alerts", each)
        self.producer.flush()

    async def deliveries(self) -> list[Delivery]:
        """All deliveries, oldest alert first."""
        async with self.database.read() as session:
            return list(await session.scalars(select(Delivery).order_by(Delivery.event_time)))

    async def attempts(self) -> list[Attempt]:
        """The delivery log."""
        async with self.database.read() as session:
            return list(await session.scalars(select(Attempt).order_by(Attempt.at)))

    @asynccontextmanager
    async def notifying(self) -> AsyncIterator[None]:
        """A notifier at work, in office and with the rules in force."""
        async with opened(self.settings, default_codec()) as (notifier, senders):
            work = asyncio.create_task(notifier.run(senders))
            await until(lambda: work.done() or notifier.ready, "the notifier is in office")
            try:
                yield
                assert not work.done(), work.exception()
            finally:
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)


async def until(happened: Callable[[], Any], what: str, seconds: float = 20.0) -> None:
    """Wait for something to become true; it may be awaitable."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        found = happened()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return
        assert asyncio.get_running_loop().time() < deadline, f"not within {seconds:g} s: {what}"
        await asyncio.sleep(0.03)


@asynccontextmanager
async def made_world(
    database: Database, url: str, broker: EmbeddedBroker, folder: Path, **changes: Any
) -> AsyncIterator[World]:
    """A world with one user on an empty database."""
    broker.touch(list(TOPICS))
    user = User(
        id=uuid4(), email="ann@example.org", email_key="ann@example.org", confirmed_at=datetime.now(UTC)
    )
    async with database.write() as session:
        session.add(user)
    settings = NotifierSettings(
        broker.bootstrap, database=url, secrets=folder / "secrets", mails=folder / "mail",
        private_destinations=True, **changes,
    )  # fmt: skip
    yield World(database, settings, EventProducer(broker.bootstrap), user.id)
