"""hpr notifier: tells people of what their rules ask for."""

import asyncio
import gc
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import typer

from hpr import logs
from hpr.codec import codec
from hpr.options import Broker, HttpHost, LogFormat, LogLevel, Prefix, Registry
from hpr.settings import Settings, settings

MANY_OBJECTS = 50_000
"""Objects made, beyond those let go, before the young are looked through for garbage."""


def notifier(
    *,
    broker: Broker = None,
    topic_prefix: Prefix = None,
    registry: Registry = None,
    database: Annotated[str | None, typer.Option(help="Database of accounts, by URL [HPR_DATABASE].")] = None,
    http_host: HttpHost = None,
    http_port: Annotated[
        int | None,
        typer.Option(help="Port of health and metrics, 0 for none [HPR_NOTIFIER_HTTP_PORT, 0]."),
    ] = None,
    log_level: LogLevel = None,
    log_format: LogFormat = None,
) -> None:
    """Step users' alert rules and deliver: webhooks, web push, mail, live connections, chats.

    One works at a time; one that starts later takes over.

    Example: hpr notifier --broker 127.0.0.1:9092
    """
    chosen = settings(
        broker=broker,
        topic_prefix=topic_prefix,
        registry=registry,
        database=database,
        http_host=http_host,
        notifier_http_port=http_port,
        log_level=log_level,
        log_format=log_format,
    )
    logs.configure(chosen.log_level, chosen.log_format)
    import uvloop

    uvloop.run(_run(chosen))


async def _run(chosen: Settings) -> None:
    from gateway.delivery.notifier import NotifierSettings, opened
    from hpr.health import Health, Pulse, listening

    wanted = NotifierSettings(
        chosen.broker, chosen.topic_prefix, chosen.live_prefix, chosen.database, Path(chosen.secrets),
        chosen.smtp, chosen.mail_from, Path(chosen.mails), chosen.public_url or f"http://{chosen.host}:{chosen.port}",
        chosen.private_destinations, chosen.deliveries_days,
    )  # fmt: skip
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    pulse = Pulse()
    async with AsyncExitStack() as here:
        running, senders = await here.enter_async_context(opened(wanted, codec(chosen)))
        health = Health(lambda: pulse.at, lambda: running.ready)
        here.enter_context(listening(health, chosen.http_host, chosen.notifier_http_port))
        here.callback(asyncio.create_task(pulse.beat()).cancel)
        work = asyncio.create_task(running.run(senders))
        settling = asyncio.create_task(_settled(lambda: running.ready))
        stopping = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (work, stopping, settling):
            task.cancel()
        await asyncio.gather(work, stopping, settling, return_exceptions=True)
        if work in done:
            work.result()


async def _settled(ready: Callable[[], bool]) -> None:
    """Once rules and races are there: they stay, and are no more looked through for garbage."""
    gc.set_threshold(MANY_OBJECTS)
    while not ready():  # noqa: ASYNC110, it is a thread that says so
        await asyncio.sleep(0.1)
    gc.collect()
    gc.freeze()
