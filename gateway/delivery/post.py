"""The post: sends what is due, at most so many at once, and writes down in bundles what came of it."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from urllib.parse import urlsplit
from uuid import UUID

import structlog

from gateway.database import Database
from gateway.delivery import outbox, settling
from gateway.delivery.lanes import Lanes
from gateway.delivery.outbox import Office
from gateway.delivery.parcels import Outcome, Parcel, Tried
from gateway.delivery.senders import Senders
from gateway.mail import MailError
from gateway.webhooks.retries import Breaker

log = structlog.get_logger()
AT_ONCE = 256
BUNDLE_SECONDS = 0.05
BUNDLE = 500
IDLE_SECONDS = 0.05
REMEMBERED_SECONDS = 3.0


class Post:
    """Parcels go in by `put`; `run` sends them for as long as it runs."""

    def __init__(self, database: Database, senders: Senders, office: Office) -> None:
        self._known: set[UUID] = set()
        self._database, self._senders, self._office = database, senders, office
        self._lanes = Lanes()
        self._wake = asyncio.Event()
        self._tried: asyncio.Queue[Tried] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._breakers: dict[str, Breaker] = {}
        self._rng = Random()
        self._settled: deque[tuple[float, set[UUID]]] = deque()

    def known(self) -> set[UUID]:
        """Deliveries on their way, or only just written down."""
        while self._settled and self._settled[0][0] < time.monotonic() - REMEMBERED_SECONDS:
            self._known -= self._settled.popleft()[1]
        return set(self._known)

    def put(self, parcels: Iterable[Parcel]) -> None:
        """Take parcels that are due; those of one digest become one message."""
        for parcel in bundled(p for p in parcels if p.id not in self._known):
            self._known |= {parcel.id, *parcel.together}
            self._lanes.put(parcel)
        self._wake.set()

    def waiting_for(self) -> set[UUID]:
        """Channels for which something waits here."""
        return self._lanes.channels()

    def drop(self, channel_id: UUID, why: str) -> None:
        """Send nothing more of what waits here for a channel: it is written down as failed."""
        now = datetime.now(UTC)
        for parcel in self._lanes.drop(channel_id):
            self._tried.put_nowait(Tried(parcel, None, now, state="failed", reason=why))

    async def run(self) -> None:
        """Send until cancelled; raises OusterError if another notifier takes over."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._dispatch())
            group.create_task(self._write())

    async def _dispatch(self) -> None:
        while True:
            self._wake.clear()
            while len(self._tasks) < AT_ONCE and (parcel := self._lanes.take(time.monotonic())):
                task = asyncio.create_task(self._try(parcel))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            try:
                async with asyncio.timeout(IDLE_SECONDS if self._lanes.waiting else None):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _try(self, parcel: Parcel) -> None:
        now = datetime.now(UTC)
        try:
            if now > parcel.expires_at and not parcel.digest:
                tried = Tried(parcel, None, now, state="late", reason="past its use when it was its turn")
            elif blocked := self._blocked(parcel):
                again = now + timedelta(seconds=blocked)
                tried = Tried(
                    parcel, None, now, due_at=again, reason="its host has failed: left alone a while"
                )
            else:
                outcome = await self._sent(parcel)
                tried = settling.judge(parcel, outcome, datetime.now(UTC), self._rng)
            self._tried.put_nowait(tried)
        finally:
            self._lanes.done(parcel)
            self._wake.set()

    async def _sent(self, parcel: Parcel) -> Outcome:
        try:
            outcome = await self._senders.send(parcel)
        except Exception as error:
            # One delivery that nobody foresaw must not end all others.
            log.exception("a delivery failed in an unforeseen way", delivery=str(parcel.id))
            outcome = Outcome(False, error=f"unforeseen: {error!r}"[:300])
        if host := _host(parcel):
            # Refusals and bad requests are the endpoint's matter; silence and 5xx the host's.
            healthy = outcome.status is not None and outcome.status < 500
            self._breakers.setdefault(host, Breaker()).count(healthy, time.monotonic())
        return outcome

    def _blocked(self, parcel: Parcel) -> float:
        breaker = self._breakers.get(_host(parcel))
        return breaker.blocked(time.monotonic()) if breaker else 0.0

    async def _write(self) -> None:
        """Write down what came of tries, in bundles, so that the database is not the slowest part."""
        while True:
            tried = [await self._tried.get()]
            await asyncio.sleep(BUNDLE_SECONDS)
            while not self._tried.empty() and len(tried) < BUNDLE:
                tried.append(self._tried.get_nowait())
            async with self._database.write() as session:
                await outbox.in_office(session, self._office)
                mails = await settling.settle(session, tried)
            # Let go of a little later: whoever asked the database just before may still bring them.
            ids = {id for each in tried for id in (each.parcel.id, *each.parcel.together)}
            self._settled.append((time.monotonic(), ids))
            for message in mails:
                try:
                    await self._senders.mailer.send(message)
                except MailError as error:
                    log.warning("an owner could not be told", error=str(error))


def _host(parcel: Parcel) -> str:
    return urlsplit(parcel.address["url"]).netloc if parcel.channel_kind == "webhook" else ""


def bundled(parcels: Iterable[Parcel]) -> list[Parcel]:
    """Parcels with those of one channel's digest put together in one."""
    found: list[Parcel] = []
    digests: dict[tuple[UUID, datetime], list[Parcel]] = {}
    for parcel in parcels:
        if parcel.digest and not parcel.items[0].get("test"):
            digests.setdefault((parcel.channel_id, parcel.due_at), []).append(parcel)
        else:
            found.append(parcel)
    for first, *others in digests.values():
        items = [item for one in (first, *others) for item in one.items]
        found.append(
            Parcel(
                first.id,
                first.user_id,
                first.channel_id,
                first.channel_kind,
                first.address,
                first.secrets,
                items,
                first.attempts,
                first.due_at,
                first.expires_at,
                True,
                tuple(one.id for one in others),
            )
        )
    return found
