"""hpr sink: all that flows, kept in an archive or in ClickHouse."""

import signal
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import structlog
import typer

from hpr.codec import codec
from hpr.feed_commands import wait_for_broker
from hpr.options import Flags, begin, shared
from hpr.settings import Settings
from schemas.errors import SettingsError
from streams.sink import Sink, Target

log = structlog.get_logger("hpr.sink")


@shared
def sink(
    *,
    archive: Annotated[
        str | None, typer.Option(help="A folder, or a URL such as s3://bucket/prefix: Avro object files.")
    ] = None,
    clickhouse: Annotated[
        str | None,
        typer.Option(help="chdb:///FOLDER, which this process then owns; or clickhouse://… of a server."),
    ] = None,
    answer: Annotated[
        Path | None,
        typer.Option(help="Socket at which the owner of a folder answers gateways [HPR_HISTORY]."),
    ] = None,
    topic: Annotated[
        list[str] | None,
        typer.Option(help="Topics to archive [all but the compacted ones, which are derived]."),
    ] = None,
    flush_seconds: Annotated[
        float, typer.Option(min=0.1, help="Seconds between writes, at which offsets are committed.")
    ] = 5.0,
    flags: Flags,
) -> None:
    """Keep every record of the topics in an archive, or their rows in ClickHouse; one sink a place.

    Example: hpr sink --archive .hpr/archive
    """
    if (archive is None) == (clickhouse is None):
        raise SettingsError("say where to, one a sink: --archive FOLDER or --clickhouse chdb:///FOLDER")
    chosen = begin(flags)
    if archive is not None:
        _archive(chosen, archive, topic or [], flush_seconds)
    elif clickhouse is not None:
        _clickhouse(chosen, clickhouse, answer, flush_seconds)


def _archive(chosen: Settings, where: str, topics: list[str], flush_seconds: float) -> None:
    from streams.archive.store import open_store
    from streams.archive.target import ArchiveTarget
    from topics.catalogue import ALL, BY_NAME

    if unknown := [name for name in topics if name not in BY_NAME]:
        raise SettingsError(f"--topic {unknown[0]}: not in the catalogue; `hpr topics list` shows it")
    names = topics or [each.name for each in ALL if each.cleanup == "delete"]
    target = ArchiveTarget(open_store(where), codec(chosen).history)
    _run(chosen, names, "hpr-archive", target, flush_seconds)


def _clickhouse(chosen: Settings, dsn: str, answer: Path | None, flush_seconds: float) -> None:
    from streams.clickhouse.answers import Answers
    from streams.clickhouse.database import IN_PROCESS, connect, connect_patiently
    from streams.clickhouse.target import TOPICS, ClickHouseTarget

    target = ClickHouseTarget(connect_patiently(dsn), codec(chosen))
    with ExitStack() as stack:
        if dsn.startswith(IN_PROCESS):
            at = answer or Path(chosen.history)
            stack.enter_context(Answers(connect(dsn), at))
            log.info("answering", at=str(at))
        _run(chosen, list(TOPICS), "hpr-clickhouse", target, flush_seconds)


def _run(chosen: Settings, names: list[str], group: str, target: Target, flush_seconds: float) -> None:
    wait_for_broker(chosen.broker)
    running = Sink(chosen.broker, chosen.topic_prefix, names, group, target, flush_seconds)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: running.stop.set())
    running.run()
    log.info("sink ended", records=running.records)
