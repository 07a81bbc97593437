"""The notifier: steps users' rules on what is published, keeps deliveries in the outbox, and sends them."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

import aiohttp
import orjson
import structlog

from gateway import secrets
from gateway.alerts.engine import Engine, Fired, step
from gateway.alerts.index import Held, Index
from gateway.database import Database
from gateway.delivery import outbox
from gateway.delivery.notices import TopicNotices
from gateway.delivery.outbox import Office
from gateway.delivery.parcels import Parcel, Tried
from gateway.delivery.planning import SIGNALS, plan
from gateway.delivery.post import Post
from gateway.delivery.push import Vapid
from gateway.delivery.reading import Batch, Offsets, Reading
from gateway.delivery.senders import Senders
from gateway.delivery.settling import settle
from gateway.delivery.tables import RuleVersion, Tenure
from gateway.errors import GatewayError
from gateway.mail import mailer
from gateway.migrations import migrate
from gateway.views import feeds_of, freshness
from gateway.webhooks.addresses import connector
from schemas.codec import Codec
from schemas.identity import micros, uuid_of
from schemas.records import AlertRule, FeedStatus
from topics.catalogue import RULES
from topics.producer import EventProducer

log = structlog.get_logger()
TICK_SECONDS = 0.5
FOLLOWS_EVERY = 10
OFFSETS_SECONDS = 1.0
MOST_DUE = 2000
PRUNES_EVERY, MOST_PRUNED = 120, 5_000
"""In ticks, once a minute; and deliveries at once, so that none waits for long."""


@dataclass(frozen=True, slots=True)
class NotifierSettings:
    """Of a notifier; as the settings of the same names say."""

    broker: str
    topic_prefix: str = ""
    live_prefix: str = ""
    database: str = "sqlite:///.hpr/hpr.sqlite3"
    secrets: Path = Path(".hpr/secrets")
    smtp: str | None = None
    mail_from: str = "HorseRacePro <noreply@localhost>"
    mails: Path = Path(".hpr/mail")
    public_url: str = "http://127.0.0.1:8000"
    private_destinations: bool = False
    deliveries_days: int = 90


def check_prefix(settings: NotifierSettings) -> None:
    """Raise GatewayError for topics that are not the live ones: what is replayed reaches nobody."""
    if settings.topic_prefix != settings.live_prefix:
        raise GatewayError(
            f"topics under {settings.topic_prefix!r} are not live, those under {settings.live_prefix!r} are: "
            "a notifier tells people of live races only; leave out --topic-prefix, or set HPR_LIVE_PREFIX"
        )


def wall() -> int:
    """Microseconds since 1970 by this machine's clock."""
    return time.time_ns() // 1000


class Notifier:
    """One notifier on one database; a later one ousts it."""

    def __init__(
        self, database: Database, reading: Reading, producer: EventProducer, keep: timedelta = timedelta(90)
    ) -> None:
        self._database, self._reading, self._producer = database, reading, producer
        self._keep = keep
        """How long deliveries done with stay in the log."""
        self._feeds: dict[tuple[str, str], FeedStatus] = {}
        self._engine = Engine(Index())
        self._read: Offsets = {}
        self._read_kept = 0.0
        self._seen = 0
        """Number of the last rule version that was taken in."""
        self._versions: dict[UUID, int] = {}
        self._follows: dict[UUID, tuple[tuple[str, str], ...]] = {}
        self._busy = asyncio.Lock()
        """Of the engine and its commits, which batches and ticks take in turn."""

    @property
    def ready(self) -> bool:
        """Whether all that there was at the start has been read and taken in."""
        return self._reading.whole.is_set()

    async def run(self, senders: Senders) -> None:
        """Work until cancelled; raises OusterError if another notifier takes over."""
        office, kept = await self._begin()
        post = Post(self._database, senders, office)
        self._reading.start(kept)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(post.run())
                group.create_task(self._step(office, post))
                group.create_task(self._tick(office, post))
        except* GatewayError as errors:
            raise errors.exceptions[0] from None
        finally:
            await self._reading.stop()

    async def _begin(self) -> tuple[Office, Offsets]:
        """Take office, and go on where the one before stopped; the very first begins at the topics' ends."""
        ends = await asyncio.to_thread(self._reading.ends)
        async with self._database.write() as session:
            office = await outbox.take_office(session)
            kept = {**ends, **await outbox.offsets(session)}
            await outbox.keep_offsets(session, kept)
            self._follows = await outbox.tracked(session)
            memory = await outbox.memory(session)
            rows = await outbox.rules_in_force(session)
            tenure = await session.get_one(Tenure, 1)
            self._seen = tenure.rules_published
        self._engine = Engine(Index(self._held(rows)), memory)
        self._versions = {row.rule_id: row.version for row in rows}
        log.info("notifier in office", tenure=office.number, rules=len(rows))
        return office, kept

    async def _step(self, office: Office, post: Post) -> None:
        while True:
            batches = [await self._reading.batches.get()]
            async with self._busy:
                # What came while another commit was under way goes into this one.
                while not self._reading.batches.empty():
                    batches.append(self._reading.batches.get_nowait())
                over, fired = list[str](), list[Fired]()
                for batch in batches:
                    over += self._hear(batch)
                    for name, _, record in batch.records:
                        fired += step(self._engine, name, record) if record else ()
                    self._read |= batch.read
                idle = time.monotonic() - self._read_kept < OFFSETS_SECONDS
                if fired or over or self._engine.changed or not idle:
                    await self._commit(office, post, fired, over)

    def _hear(self, batch: Batch) -> list[str]:
        """Take in the feeds' words; returns the races that are over."""
        over = []
        for name, key, record in batch.records:
            if name == "FeedStatus":
                status = cast(FeedStatus, record)
                self._feeds[status["source"], status["instance"]] = status
            elif record is None:
                self._engine.forget(key)
                over.append(key)
        return over

    async def _commit(self, office: Office, post: Post, fired: list[Fired], over: list[str]) -> None:
        """What fired becomes deliveries, together with the memory and the offsets that it follows from."""
        now, users = wall(), {each.held.user_id for each in fired}
        async with self._database.write() as session:
            await outbox.in_office(session, office)
            fresh: list[Parcel] = []
            if fired:
                ways = await outbox.ways_of(session, users)
                rows = plan(fired, ways, await outbox.withheld(session, users), self._stale(fired, now), now)
                new = await outbox.add(session, rows)
                due = (row for row in rows if row.state == "pending" and micros(row.due_at) <= now)
                fresh = [outbox.parcel_of(row) for row in due if row.id in new]
            await outbox.keep_memory(session, self._engine.changed)
            for race_id in over:
                await outbox.forget(session, race_id)
            await outbox.keep_offsets(session, self._read)
        self._engine.changed, self._read, self._read_kept = {}, {}, time.monotonic()
        post.put(fresh)

    def _stale(self, fired: list[Fired], now: int) -> frozenset[str]:
        """Races with signals whose board is stale."""
        races = {each.race_id for each in fired if each.kind in SIGNALS}
        views = {race_id: self._engine.race(race_id).view for race_id in races}
        return frozenset(
            race_id
            for race_id, view in views.items()
            if view is not None and freshness(feeds_of(view, self._feeds.values()), now) == "stale"
        )

    async def _tick(self, office: Office, post: Post) -> None:
        for turn in range(1 << 62):
            async with self._busy:
                await self._take_rules(office)
                if turn % FOLLOWS_EVERY == 0:
                    await self._follow()
                fired = list(self._engine.clock(wall()))
                if fired or self._engine.changed:
                    await self._commit(office, post, fired, [])
            await self._due(office, post)
            if turn % PRUNES_EVERY == 0:
                async with self._database.write() as session:
                    await outbox.prune(session, datetime.now(UTC) - self._keep, MOST_PRUNED)
            await asyncio.sleep(TICK_SECONDS)

    async def _due(self, office: Office, post: Post) -> None:
        """Deliveries whose time has come: tries again, digests, replays, what waited or a kill left."""
        for channel_id, why in (await outbox.inactive(self._database, post.waiting_for())).items():
            post.drop(channel_id, why)
        found, dead = await outbox.due(self._database, datetime.now(UTC), post.known(), MOST_DUE)
        if not found and not dead:
            return
        now = datetime.now(UTC)
        async with self._database.write() as session:
            await outbox.in_office(session, office)
            barred = await outbox.withheld(session, {parcel.user_id for parcel in found})
            await settle(session, [
                Tried(parcel, None, now, state="withheld", reason=barred[parcel.user_id])
                for parcel in found if parcel.user_id in barred
            ])  # fmt: skip
            if dead:
                await outbox.close(session, dead, now)
        post.put(parcel for parcel in found if parcel.user_id not in barred)

    async def _take_rules(self, office: Office) -> None:
        """Rules made, changed or deleted since: into force, and onto their topic."""
        async with self._database.read() as session:
            fresh = await outbox.rules_since(session, self._seen, self._versions)
        for row in fresh:
            if row.version < self._versions.get(row.rule_id, 0):
                continue
            self._versions[row.rule_id] = row.version
            if row.deleted:
                self._engine.index.remove(row.rule_id)
            elif not self._in_force(row):
                for held in self._held([row]):
                    self._engine.index.put(held)
        if fresh:
            for row in fresh:
                self._producer.publish(RULES.name, rule_event(row))
            await asyncio.to_thread(self._producer.flush)
            self._seen = max(self._seen, *(row.number for row in fresh))
            async with self._database.write() as session:
                await outbox.in_office(session, office)
                (await session.get_one(Tenure, 1)).rules_published = self._seen

    def _held(self, rows: list[RuleVersion]) -> Iterator[Held]:
        """Rules as the engine takes them; one of another release that cannot be read is passed over."""
        for row in rows:
            try:
                yield outbox.held_of(row, self._follows)
            except ValueError as error:
                log.warning("rule not understood", rule=str(row.rule_id), why=str(error))

    def _in_force(self, row: RuleVersion) -> bool:
        held = self._engine.index.by_id.get(row.rule_id)
        return held is not None and held.version == row.version

    async def _follow(self) -> None:
        """What users track now, for the rules that ask for it."""
        async with self._database.read() as session:
            self._follows = await outbox.tracked(session)
        for held in list(self._engine.index.by_id.values()):
            now = self._follows.get(held.user_id, ())
            if held.rule.tracked and held.tracked != now:
                self._engine.index.put(Held(held.rule_id, held.user_id, held.version, held.rule, now))


def rule_event(row: RuleVersion) -> AlertRule:
    """A version of a rule as an event."""
    at = micros(row.created_at)
    body = "{}" if row.deleted else orjson.dumps(row.body).decode()
    return {
        "event_id": uuid_of(f"rule:{row.rule_id}:{row.version}"),
        "source": "hpr",
        "race_id": "",
        "event_time": at,
        "recorded_time": at,
        "sequence": row.version,
        "rule_id": str(row.rule_id),
        "user_id": str(row.user_id),
        "version": row.version,
        "deleted": row.deleted,
        "body": body,
    }


@asynccontextmanager
async def opened(settings: NotifierSettings, codec: Codec) -> AsyncIterator[tuple[Notifier, Senders]]:
    """A notifier of `settings` with all that it sends through; raises GatewayError for what cannot be."""
    check_prefix(settings)
    database = Database(settings.database)
    await migrate(database)
    producer = EventProducer(settings.broker, settings.topic_prefix, codec)
    reading = Reading(settings.broker, settings.topic_prefix, codec)
    domain = settings.mail_from.rpartition("@")[2].strip("> ") or "localhost"
    key = secrets.derived(secrets.master(settings.secrets), "unsubscribe")
    vapid = Vapid(settings.secrets, f"mailto:{settings.mail_from.rpartition('<')[2].strip('> ')}")
    via = connector(private=settings.private_destinations)
    async with aiohttp.ClientSession(connector=via, cookie_jar=aiohttp.DummyCookieJar()) as http:
        senders = Senders(
            http, mailer(settings.smtp, settings.mail_from, settings.mails), vapid, TopicNotices(producer),
            settings.public_url.rstrip("/"), key, domain, settings.private_destinations,
        )  # fmt: skip
        try:
            yield Notifier(database, reading, producer, timedelta(settings.deliveries_days)), senders
        finally:
            await database.close()
