"""One worker process: waits for the broker, runs the app, answers health and metrics, ends cleanly."""

import asyncio
import contextlib
import gc
import signal
import time
from collections.abc import AsyncIterator, Callable

import structlog
from aiohttp import web
from confluent_kafka import KafkaException
from prometheus_client import generate_latest

from schemas.errors import BrokerError, HprError, TopicError
from streams.app import WorkerApp, WorkerSettings, build, tend
from topics.admin import client
from topics.catalogue import RACE_EVENTS, RACES_CHANGELOG

log = structlog.get_logger("hpr.worker")

RETRY_SECONDS = 2.0
START_SECONDS = 120.0
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
    if missing := [name for name, count in counts.items() if not count]:
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
        with contextlib.suppress(HprError):
            await app.before_revoke()
        await app.stop()


def health(app: WorkerApp) -> web.Application:
    """/healthz says the process lives, /readyz that it keeps up, /metrics what it counts."""

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        age = time.monotonic() - app.worker.checkpointed_at if app.worker.pending else 0.0
        ready = not app.rebalancing and not app.unassigned and age < READY_AGE_SECONDS
        body = {"ready": ready, "rebalancing": app.rebalancing, "commit_age_seconds": round(age, 3)}
        return web.json_response(body, status=200 if ready else 503)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(app.metrics.registry), content_type="text/plain")

    site = web.Application()
    site.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    return site


async def serve(
    settings: WorkerSettings,
    http: tuple[str, int] | None = None,
    on_ready: Callable[[WorkerApp], None] | None = None,
) -> None:
    """Run a worker until SIGINT, SIGTERM or a failure, which is raised as HprError."""
    partitions = await partitions_of(settings.bootstrap, settings.prefix)
    app = build(settings, partitions)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        if http is not None:
            runner = web.AppRunner(health(app), access_log=None)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            try:
                await web.TCPSite(runner, *http).start()
            except OSError as error:
                raise HprError(f"{http[0]}:{http[1]} is taken: choose another with --http-port") from error
        await stack.enter_async_context(started(app))
        # What is loaded by now stays: looking through it for garbage would stop the stream now and then.
        gc.collect()
        gc.freeze()
        log.info("worker started", broker=settings.bootstrap, partitions=partitions)
        if on_ready is not None:
            on_ready(app)
        tending = asyncio.create_task(tend(app))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({tending, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not tending.done():
            tending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await tending
        elif (failure := tending.exception()) is not None:
            raise (
                failure if isinstance(failure, HprError) else BrokerError(f"worker failed: {failure!r}")
            ) from failure
    log.info("worker stopped")
