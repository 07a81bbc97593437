"""hpr replay: what was recorded through the pure path, or into topics of another prefix."""

import gc
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from io import DEFAULT_BUFFER_SIZE
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from hpr.feed_commands import parse_speed
from hpr.models_registry import models_of
from hpr.options import AsJson, Broker, Prefix, Registry
from hpr.replay_options import Into, Out, Processes, RunSize, Since, Sources, Speed, Until
from hpr.settings import Settings, settings
from schemas.errors import HprError, SettingsError
from schemas.identity import MICROS

if TYPE_CHECKING:
    from hpr.replay_sources import Share
    from streams.replay import Published


def replay(
    *,
    source: Sources,
    out: Out = None,
    into: Into = None,
    since: Since = None,
    until: Until = None,
    speed: Speed = "max",
    run_size: RunSize = 1_000,
    processes: Processes = 1,
    broker: Broker = None,
    topic_prefix: Prefix = None,
    registry: Registry = None,
    json: AsJson = False,
) -> None:
    """Write a JSON line for every point at which what was recorded says something new.

    Captures, their archive and their topics give the same lines. What cannot be read is counted, and
    standard error says of which file or topic and why.

    Example: hpr replay captures/ --out predictions.jsonl
    """
    if processes > 1:
        # One thread: then processes can be copies of this one, with all that it has imported and compiled.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # With the models come compiled code and its compiler, which no other command has to wait for.
    from hpr.replay_sources import read_tallies, shares_of
    from streams.sources.merged import Span

    chosen = settings(broker=broker, topic_prefix=topic_prefix, registry=registry)
    factor = parse_speed(speed)
    if factor is not None and processes > 1:
        raise SettingsError("--speed has one clock: leave out --processes")
    began = time.perf_counter()
    # Events are many small short-lived objects without cycles: looking for cycles is time lost.
    gc.freeze()
    gc.disable()
    with tempfile.TemporaryDirectory() as folder:
        shares = shares_of(source, processes, Span(*_times(since, until)), chosen, Path(folder))
        if into is not None:
            done = {"events": _publish(shares, into, factor, source, chosen)}
        else:
            lines = _published(shares, run_size, factor, chosen)
            done = {"predictions": _write(out, lines, paced=factor is not None)}
        unread = read_tallies(Path(folder))
    for place, (count, reason) in unread.items():
        typer.echo(f"hpr: {place}: {count} dead letters, the first: {' '.join(reason.split())}", err=True)
    figures = {
        "sources": len(source),
        **done,
        "dead_letters": sum(count for count, _ in unread.values()),
        "seconds": round(time.perf_counter() - began, 3),
    }
    typer.echo(_text(figures, json), err=not json or (out is None and into is None))


def _times(since: datetime | None, until: datetime | None) -> Iterator[int]:
    from streams.sources.merged import ALWAYS

    for given, usual in ((since, ALWAYS.start), (until, ALWAYS.end)):
        yield usual if given is None else int(given.replace(tzinfo=UTC).timestamp() * MICROS)


def _published(
    shares: "list[Share]", run_size: int, speed: float | None, chosen: Settings
) -> "Iterator[Published]":
    from hpr.replay_sources import paced
    from streams.processes import replay_in_processes
    from streams.replay import replay_located
    from streams.scoring import default_scorer

    # What was pinned is found where it is kept: each process has its own reader of the registry.
    work = partial(replay_located, scorer=default_scorer(models_of(chosen)))
    if speed is None:
        return replay_in_processes(shares, run_size, work)
    # Paced, each event is worked when it is due, and not when a run is full.
    return replay_in_processes([partial(paced, share, speed) for share in shares], 1, work)


def _publish(
    shares: "list[Share]", into: str, speed: float | None, sources: list[str], chosen: Settings
) -> int:
    """The events into topics under `into`, in one order, paced by their recorded time; returns how many."""
    from feeds.runner import Feed
    from hpr.codec import codec
    from topics import admin
    from topics.producer import EventProducer

    if into == chosen.topic_prefix or f"topics:{into}" in sources:
        raise SettingsError(
            f"--into {into!r} is where events come from, or live ones go: take another prefix"
        )
    admin.create(chosen.broker, into, chosen.replication)
    feed = Feed("replay", EventProducer(chosen.broker, into, codec(chosen)), speed)
    feed.run((event.name, event.event) for share in shares for event in share())
    return feed.published


def _write(out: Path | None, published: "Iterable[Published]", paced: bool) -> int:
    """Write the lines, with a progress bar on a terminal; returns how many. Paced ones are written soon."""
    from streams.lines import BUFFER_BYTES

    shown, lines = sys.stderr.isatty(), 0
    bar = Progress(
        SpinnerColumn(), TextColumn("{task.completed} predictions"), TimeElapsedColumn(), disable=not shown
    )
    try:
        buffered = DEFAULT_BUFFER_SIZE if paced else BUFFER_BYTES
        opened = out.open("wb", buffered) if out is not None else nullcontext(sys.stdout.buffer)
    except OSError as error:
        raise HprError(f"{out}: cannot be written: {error.strerror}") from error
    with bar, opened as target:
        task = bar.add_task("replay", total=None)
        for each in published:
            target.write(each.line + b"\n")
            lines += 1
            if shown and not lines % 1000:
                bar.update(task, completed=lines)
        target.flush()
    return lines


def _text(figures: dict[str, float], json: bool) -> str:
    if json:
        return orjson.dumps(figures).decode()
    made = "{predictions} predictions" if "predictions" in figures else "{events} events"
    return (made + " of {sources} sources in {seconds:.2f} s, {dead_letters} dead letters").format_map(
        figures
    )
