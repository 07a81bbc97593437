"""One worker process: waits for the broker, runs the app, answers health and metrics, ends cleanly."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator

import structlog
from aiohttp import web
from confluent_kafka import KafkaException
from prometheus_client import generate_latest

from schemas.codec import Codec
from schemas.errors import BrokerError, HprError, TopicError
from streams.app import WorkerApp, WorkerSettings, build, tend, watch
from topics.admin import client
from topics.catalogue import (
    ALERTS,
    BARS,
    DEAD_LETTERS,
    FORM_REQUESTS,
    LESSONS,
    MODELS,
    PREDICTIONS,
    RACE_EVENTS,
    RACES,
    RACES_CHANGELOG,
    SNAPSHOTS,
)

log = structlog.get_logger("hpr.worker")

WRITTEN = (PREDICTIONS, ALERTS, RACES, BARS, DEAD_LETTERS, FORM_REQUESTS, MODELS, LESSONS, SNAPSHOTS)
"""Topics that a worker writes to: a broker that makes topics on first use would make them otherwise."""

RETRY_SECONDS = 2.0
STOP_SECONDS = 10.0
MANY_OBJECTS = 50_000
"""Objects made before the collector looks for cycles; records and states have none."""

READY_AGE_SECONDS = 10.0
"""Without a checkpoint for this long while work is open, the worker is not ready."""


async def partitions_of(bootstrap: str, prefix: str) -> int:
    """Partition count of the race topics; waits while no broker answers.

    Raises TopicError where topics are missing or their counts differ.
    """
    admin = client(bootstrap)
    while True:
        try:
            found = (await asyncio.to_thread(admin.list_topics, timeout=5)).topics
            break
        except KafkaException as error:
            log.warning("no Kafka answers yet; trying again", broker=bootstrap, error=error.args[0].name())
            await asyncio.sleep(RETRY_SECONDS)
    names = [prefix + topic.name for topic in RACE_EVENTS] + [prefix + RACES_CHANGELOG]
    counts = {name: len(found[name].partitions) if name in found else 0 for name in names}
    written = [prefix + topic.name for topic in WRITTEN]
    if missing := [name for name in [*names, *written] if not (name in found and found[name].partitions)]:
        raise TopicError(f"topics missing: {', '.join(missing)}; run `hpr topics create`")
    if len(set(counts.values())) > 1:
        raise TopicError(f"topics of one race must share the partition count, found {counts}")
    return next(iter(counts.values()))


@contextlib.asynccontextmanager
async def started(app: WorkerApp) -> AsyncIterator[WorkerApp]:
    """The app running; on the way out what was worked is checkpointed before it stops."""
    app.finalize()
    await app.start()
    try:
        yield app
    finally:
        await app.before_revoke()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(app.stop(), STOP_SECONDS)


class Health:
    """What /healthz, /readyz and /metrics answer, from before there is an app."""

    def __init__(self) -> None:
        self.app: WorkerApp | None = None

    def site(self) -> web.Application:
        """The three pages."""
        site = web.Application()
        routes = {"/healthz": self._healthz, "/readyz": self._readyz, "/metrics": self._metrics}
        site.add_routes([web.get(path, page) for path, page in routes.items()])
        return site

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _readyz(self, _request: web.Request) -> web.Response:
        app = self.app
        if app is None:
            return web.json_response({"ready": False, "reason": "waiting for the broker"}, status=503)
        age = app.commit_age
        ready = not app.rebalancing and not app.unassigned and app.failure is None and age < READY_AGE_SECONDS
        body = {"ready": ready, "rebalancing": app.rebalancing, "commit_age_seconds": round(age, 3)}
        return web.json_response(body, status=200 if ready else 503)

    async def _metrics(self, _request: web.Request) -> web.Response:
        text = generate_latest(self.app.metrics.registry) if self.app is not None else b""
        return web.Response(body=text, content_type="text/plain")


@contextlib.asynccontextmanager
async def listening(health: Health, http: tuple[str, int]) -> AsyncIterator[None]:
    """Health pages at an address; raises HprError if it is taken."""
    runner = web.AppRunner(health.site(), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, *http).start()
    except OSError as error:
        await runner.cleanup()
        raise HprError(f"{http[0]}:{http[1]} is taken: choose another with --http-port") from error
    try:
        yield
    finally:
        await runner.cleanup()


async def serve(
    settings: WorkerSettings, http: tuple[str, int] | None = None, codec: Codec | None = None
) -> None:
    """Run a worker until SIGINT, SIGTERM or a failure, which is raised as HprError."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    health = Health()
    async with contextlib.AsyncExitStack() as stack:
        if http is not None:
            await stack.enter_async_context(listening(health, http))
        working = asyncio.create_task(_work(settings, health, codec))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        working.cancel()
        try:
            await working
        except asyncio.CancelledError:
            log.info("worker stopped")


async def _work(settings: WorkerSettings, health: Health, codec: Codec | None) -> None:
    partitions = await partitions_of(settings.bootstrap, settings.prefix)
    async with started(build(settings, partitions, codec)) as app:
        health.app = app
        # What is loaded by now stays: looking through it for garbage would stop the stream now and then.
        gc.collect()
        gc.freeze()
        gc.set_threshold(MANY_OBJECTS)
        log.info("worker started", broker=settings.bootstrap, partitions=partitions)
        tasks = {asyncio.create_task(tend(app)), asyncio.create_task(watch(app))}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            failure = next(iter(done)).exception()
            app.failure = app.failure or failure
            raise failure if isinstance(failure, HprError) else BrokerError(f"worker failed: {failure!r}")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
