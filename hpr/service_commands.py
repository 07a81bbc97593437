"""hpr up, worker and gateway: the services."""

import asyncio
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, Literal

import structlog
import typer

from hpr import logs
from hpr.codec import codec
from hpr.models_registry import followed, models_of
from hpr.options import Broker, HttpHost, LogFormat, LogLevel, Prefix, Registry
from hpr.settings import settings

log = structlog.get_logger("hpr")


def worker(
    *,
    broker: Broker = None,
    topic_prefix: Prefix = None,
    registry: Registry = None,
    instance: Annotated[
        str | None,
        typer.Option(
            help="Static group membership, one a worker: restarts take over at once [HPR_WORKER_INSTANCE]."
        ),
    ] = None,
    http_host: HttpHost = None,
    http_port: Annotated[
        int | None, typer.Option(help="Port of health and metrics, 0 for none [HPR_HTTP_PORT, 9100].")
    ] = None,
    log_level: LogLevel = None,
    log_format: LogFormat = None,
) -> None:
    """Fold events into races, score every change, publish predictions and alerts.

    Example: hpr worker --broker 127.0.0.1:9092
    """
    chosen = settings(
        broker=broker, topic_prefix=topic_prefix, registry=registry, worker_instance=instance,
        http_host=http_host, http_port=http_port, log_level=log_level, log_format=log_format,
    )  # fmt: skip
    logs.configure(chosen.log_level, chosen.log_format)
    wire = codec(chosen)
    import uvloop

    from streams.app import StalledError, WorkerSettings
    from streams.service import serve
    from streams.worker import LostError

    # By policy, because the consumer runs a loop of its own on another thread.
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    http = (chosen.http_host, chosen.http_port) if chosen.http_port else None
    models = followed(chosen)
    run = WorkerSettings(chosen.broker, chosen.topic_prefix, chosen.worker_instance, models=models)
    try:
        asyncio.run(serve(run, http, wire))
    except (LostError, StalledError) as error:
        log.warning("starting the worker again", error=str(error))
        os.execv(sys.executable, [sys.executable, "-m", "hpr", *sys.argv[1:]])


def form(
    *,
    snapshot: Annotated[
        str | None,
        typer.Option(help="File of its state [HPR_FORM_SNAPSHOT, .hpr/form/snapshot]."),
    ] = None,
    broker: Broker = None,
    topic_prefix: Prefix = None,
    registry: Registry = None,
    trials: Annotated[
        Literal["tell", "rollback", "promote"] | None,
        typer.Option(help="What it does by itself once a trial has a verdict [HPR_TRIALS, rollback]."),
    ] = None,
    models: Annotated[
        str | None, typer.Option(help="Registry of models: folder or MLflow [HPR_MODELS, .hpr/models].")
    ] = None,
    http_host: HttpHost = None,
    http_port: Annotated[
        int | None, typer.Option(help="Port of health and metrics, 0 for none [HPR_FORM_HTTP_PORT, 0].")
    ] = None,
    log_level: LogLevel = None,
    log_format: LogFormat = None,
) -> None:
    """Learn form from past runs and official results, and answer what races ask of it. One a cluster.

    Without its snapshot it learns all again from the topics. It is also the judge of candidates: see
    `hpr models trial`.

    Example: hpr form --broker 127.0.0.1:9092
    """
    chosen = settings(
        form_snapshot=snapshot, broker=broker, topic_prefix=topic_prefix, registry=registry,
        trials=trials, models=models, http_host=http_host, form_http_port=http_port,
        log_level=log_level, log_format=log_format,
    )  # fmt: skip
    logs.configure(chosen.log_level, chosen.log_format)
    wire = codec(chosen)
    from hpr.feed_commands import wait_for_broker
    from hpr.health import Health, listening
    from streams.form_worker import FormWorker, Settings
    from streams.trials import Judge, Source

    wait_for_broker(chosen.broker)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    worker = FormWorker(Settings(chosen.broker, chosen.topic_prefix, Path(chosen.form_snapshot)), wire)
    log.info("form worker started", broker=chosen.broker, snapshot=chosen.form_snapshot)
    judge = Judge(Source(chosen.broker, chosen.topic_prefix, wire), models_of(chosen), chosen.trials)
    judging = threading.Thread(target=judge.run, args=(stop,), name="judge")
    health = Health(lambda: worker.turned_at, lambda: worker.caught_up)
    with listening(health, chosen.http_host, chosen.form_http_port):
        judging.start()
        try:
            worker.run(stop)
        finally:
            stop.set()
            judging.join()
    log.info("form worker stopped", answers=worker.answered)


def gateway(
    *,
    broker: Broker = None,
    topic_prefix: Prefix = None,
    registry: Registry = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on [HPR_HOST, 127.0.0.1].")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on [HPR_PORT, 8000].")] = None,
    log_level: LogLevel = None,
    log_format: LogFormat = None,
) -> None:
    """Serve the dashboard, REST, WebSocket and the schema registry.

    Example: hpr gateway --port 8000
    """
    chosen = settings(
        broker=broker,
        topic_prefix=topic_prefix,
        registry=registry,
        host=host,
        port=port,
        log_level=log_level,
        log_format=log_format,
    )
    logs.configure(chosen.log_level, chosen.log_format)
    from gateway.app import serve
    from hpr.site import site_settings

    serve(
        chosen.host,
        chosen.port,
        chosen.broker,
        chosen.topic_prefix,
        codec=codec(chosen),
        site=site_settings(chosen),
        past_at=chosen.history,
        archive=chosen.archive,
    )


def up(
    *,
    broker: Annotated[str | None, typer.Option(help="A real Kafka instead of the embedded broker.")] = None,
    topic_prefix: Prefix = None,
    registry: Registry = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on [HPR_HOST, 127.0.0.1].")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on [HPR_PORT, 8000].")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the simulated race day.")] = 1,
    log_level: LogLevel = "warning",
    log_format: LogFormat = None,
) -> None:
    """Everything on this machine with a race day under way; Ctrl-C ends all of it.

    Example: hpr up
    """
    chosen = settings(
        topic_prefix=topic_prefix, registry=registry, host=host, port=port, log_level=log_level,
        log_format=log_format,
    )  # fmt: skip
    logs.configure(chosen.log_level, chosen.log_format)
    # Once for all parts: what is wrong is said once, and they find the ids kept.
    codec(chosen)
    from hpr.stack import Stack

    try:
        with Stack(broker, chosen, seed) as stack:
            typer.echo(f"HorseRacePro is up: {stack.address}")
            if stack.sign_in is not None:
                typer.echo(stack.sign_in)
            typer.echo(stack.notice)
            typer.echo("Ctrl-C ends it.")
            stack.wait()
    except KeyboardInterrupt:
        typer.echo("ended")
