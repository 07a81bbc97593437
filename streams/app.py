"""The Faust app of the race worker: an agent over merged runs, a table of states, checkpoints, a watchdog."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import faust
import structlog
from faust.types import EventT

from models.registry import Registry, Store
from schemas.codec import Codec, default_codec
from schemas.errors import BrokerError
from streams.metrics import Metrics
from streams.runs import Run, Runs
from streams.scoring import default_scorer
from streams.transport import RunConsumer, RunTransport, lag
from streams.worker import Races, Worker
from topics import catalogue
from topics.producer import EventProducer

log = structlog.get_logger("hpr.worker")

CHECKPOINT_SECONDS = 0.25
CHECKPOINT_REST = 4.0
"""After a checkpoint so many times what it took is left to runs: with a thousand races it takes a while."""

LONGEST_REST_SECONDS = 2.0
VIEW_SECONDS = 0.02
"""Between turns in which a tenth of the views that still wait is published."""

IDLE_VIEW_SECONDS = 0.005
"""For views while no other records wait, so far as one knows."""

LAST_CHECKPOINT_SECONDS = 5.0
"""How long a rebalance or the end of the worker waits for what has been worked to be made durable."""

WATCH_SECONDS = 1.0
STALLED_SECONDS = 60.0
"""Without a checkpoint for this long while records wait, the worker ends itself to be started again."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How to run one worker."""

    bootstrap: str
    prefix: str = ""
    instance: str | None = None
    """Static membership: a restarted worker of the same instance takes its partitions over at once."""
    session_seconds: float = 10.0
    models: Store | None = None
    """Where form models are kept; None: races are scored by the market alone."""


class StalledError(BrokerError):
    """The worker stopped working though records wait: it has to be started again."""


class RunSchema(faust.Schema[Any, Any]):
    """Hands a run through as it is: records were decoded when they were merged."""

    def compile(self, app: Any, **_options: Any) -> Any:
        """The decode function that Faust's channels call."""

        async def decode(message: Any, *, propagate: bool = False) -> EventT[Any]:  # noqa: ARG001
            event: EventT[Any] = app.create_event(None, message.value, message.headers, message)
            return event

        return decode


class WorkerApp(faust.App):
    """A Faust app that knows its worker, for the consumer's sake."""

    runs: Runs
    worker: Worker
    metrics: Metrics
    worked: asyncio.Event
    """Set each time the agent has worked a run, or lost it in a rebalance."""
    failure: BaseException | None = None
    """What went wrong in a run or in the recovery of states: nothing is made durable any more."""
    committed_at: float = 0.0

    async def before_revoke(self) -> None:
        """Make durable what has been worked, while the partitions are still ours."""
        if self.failure is not None:
            # A run that failed half-way is in the states at hand: it is worked again from the stored ones.
            return
        try:
            await asyncio.wait_for(self.checkpoint(), LAST_CHECKPOINT_SECONDS)
        except (BrokerError, TimeoutError) as error:
            log.warning("the last checkpoint failed; the work is done again", error=str(error))

    def after_revoke(self) -> None:
        """Another worker may own the races now."""
        self.worker.revoked()
        self.worked.set()

    async def checkpoint(self) -> None:
        """One checkpoint and the commit of what it covers."""
        await self.worker.checkpoint()
        await self.consumer.commit()
        self.committed_at = time.monotonic()

    @property
    def commit_age(self) -> float:
        """Seconds since a commit while anything is open; 0 while nothing is."""
        return time.monotonic() - self.committed_at if self.worker.pending or self.lag() else 0.0

    def lag(self) -> int:
        """Records that wait on the broker or in the worker."""
        return lag(cast(RunConsumer, self.consumer))


def build(settings: WorkerSettings, partitions: int, codec: Codec | None = None) -> WorkerApp:
    """The app with its agent and table, not yet started; the race topics have `partitions`."""
    codec = codec or default_codec()
    app = WorkerApp(
        f"{settings.prefix}hpr-worker",
        broker=f"kafka://{settings.bootstrap.replace(',', ';')}",
        store="memory://",
        datadir=str(Path(tempfile.gettempdir(), "hpr-worker")),
        autodiscover=False,
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        topic_partitions=partitions,
        processing_guarantee="at_least_once",
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.instance,
        broker_session_timeout=settings.session_seconds,
        broker_heartbeat_interval=settings.session_seconds / 4,
        broker_commit_interval=5.0,
        broker_max_poll_records=4_000,
        stream_wait_empty=False,
    )
    app.transport = RunTransport(app.conf.broker_consumer, app, app.loop)
    changelog = app.topic(
        settings.prefix + catalogue.RACES_CHANGELOG,
        key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw",
        partitions=partitions, compacting=True, deleting=False,
    )  # fmt: skip
    table: Any = app.Table(
        "races", key_type=bytes, value_type=bytes, partitions=partitions,
        changelog_topic=changelog, use_partitioner=True,
    )  # fmt: skip
    app.metrics = Metrics()
    app.worked = asyncio.Event()
    producer = EventProducer(settings.bootstrap, settings.prefix, codec, linger_ms=0)
    # The store below the table: its changelog is written by the producer whose acknowledgements we await.
    races = Races(table.data)
    registry = Registry(settings.models) if settings.models is not None else None
    app.worker = Worker(
        producer, races, default_scorer(registry), codec, app.metrics, patience=settings.session_seconds,
        registry=registry,
    )  # fmt: skip
    table.on_recover(_recovered(app))
    app.runs = Runs(codec, settings.prefix, app.worker.bury_poison)
    _agent(app, settings)
    return app


def _recovered(app: WorkerApp) -> Callable[[], Awaitable[None]]:
    async def recovered() -> None:
        try:
            topics = app.runs.topics
            app.worker.recovered({tp.partition for tp in app.consumer.assignment() if tp.topic in topics})
        except Exception as error:
            # Going on without the states would make the races anew, and wrongly.
            app.failure = error

    return recovered


def _agent(app: WorkerApp, settings: WorkerSettings) -> None:
    names = [settings.prefix + topic.name for topic in catalogue.RACE_EVENTS]

    @app.agent(app.topic(*names, schema=RunSchema()), concurrency=1, name="races")
    async def races(stream: faust.StreamT[Run]) -> None:
        async for run in stream:
            try:
                app.worker.work(run)
            except Exception as error:
                # Faust would log this and go on with the next run, and so lose this one.
                app.failure = error
                return
            app.runs.outstanding -= 1
            app.worked.set()
            if not app.runs.outstanding and not app.runs.waiting:
                app.worker.publish_views_for(IDLE_VIEW_SECONDS)


async def tend(app: WorkerApp) -> None:
    """Publish views and make checkpoints when they are due, also when the stream has fallen quiet."""
    checkpoint_at = app.committed_at = time.monotonic()
    while True:
        await asyncio.sleep(VIEW_SECONDS)
        app.worker.beat()
        if app.failure is not None:
            raise app.failure
        if app.rebalancing:
            continue
        app.worker.publish_some_views()
        app.worker.follow_registry()
        if time.monotonic() < checkpoint_at:
            continue
        began = time.monotonic()
        if app.worker.pending:
            await app.checkpoint()
        else:
            app.committed_at = began if not app.lag() else app.committed_at
        now = time.monotonic()
        rest = min(CHECKPOINT_REST * (now - began), LONGEST_REST_SECONDS)
        checkpoint_at = now + max(CHECKPOINT_SECONDS, rest)


async def watch(app: WorkerApp) -> None:
    """End with StalledError when work is open and no commit comes: Faust stalls silently now and then."""
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        if app.crashed or app.consumer.crashed or app.consumer._thread.crashed:  # type: ignore[attr-defined]
            raise StalledError("the consumer crashed; its log line says why")
        if app.rebalancing or app.unassigned:
            app.committed_at = time.monotonic()
            continue
        app.metrics.lag.set(app.lag())
        app.metrics.commit_age.set(age := app.commit_age)
        if age > STALLED_SECONDS:
            raise StalledError(f"{app.lag()} records wait and nothing was committed for {age:.0f} s")
