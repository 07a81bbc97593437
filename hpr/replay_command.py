"""hpr replay: recorded captures through the pure path, as fast as it goes."""

import gc
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from feeds.betfair.files import find_captures
from feeds.betfair.recorded import recorded, shares
from hpr.options import AsJson
from schemas.errors import HprError
from schemas.records import Event
from streams.replay import RUN_RECORDS, replay_in_processes


def replay(
    *,
    source: Annotated[
        list[Path], typer.Argument(help="Captures (.bz2, .gz, .zip, plain) or folders of them.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="File for the predictions; standard output if left out.")
    ] = None,
    run_size: Annotated[
        int, typer.Option(min=1, help="Events worked at once; the lines are the same for any.")
    ] = RUN_RECORDS,
    processes: Annotated[
        int, typer.Option(min=1, help="Processes; the lines are the same for any number.")
    ] = 1,
    json: AsJson = False,
) -> None:
    """Write a JSON line for every point at which captures say something new.

    Example: hpr replay captures/ --out predictions.jsonl
    """
    files = find_captures(source)
    began = time.perf_counter()
    # Events are many small short-lived objects without cycles: looking for cycles is time lost.
    gc.freeze()
    gc.disable()
    lines = 0
    readers = [partial(read_events, share) for share in shares(files, processes)]
    shown = sys.stderr.isatty()
    bar = Progress(
        SpinnerColumn(), TextColumn("{task.completed} predictions"), TimeElapsedColumn(), disable=not shown
    )
    try:
        target = out.open("wb") if out is not None else sys.stdout.buffer
    except OSError as error:
        raise HprError(f"{out}: cannot be written: {error.strerror}") from error
    with bar, target:
        task = bar.add_task("replay", total=None)
        for published in replay_in_processes(readers, run_size):
            target.write(published.line + b"\n")
            lines += 1
            if shown and not lines % 1000:
                bar.update(task, completed=lines)
    seconds = time.perf_counter() - began
    figures = {"files": len(files), "predictions": lines, "seconds": round(seconds, 3)}
    text = (
        orjson.dumps(figures).decode()
        if json
        else f"{lines} predictions of {len(files)} files in {seconds:.2f} s"
    )
    typer.echo(text, err=not json or out is None)


def read_events(files: list[Path]) -> Iterator[tuple[str, Event]]:
    """The events of captures, in order."""
    return (named for _, events in recorded(files) for named in events)
