"""hpr replay: recorded captures through the pure path, as fast as it goes."""

import gc
import pickle
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import orjson
import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from feeds.betfair.files import find_captures
from feeds.betfair.recorded import recorded, shares
from hpr.options import AsJson
from schemas.errors import HprError
from schemas.records import DeadLetter, Event

if TYPE_CHECKING:
    from streams.replay import Published

Unread = dict[str, tuple[int, str]]
"""What could not be read: by file, the number of dead letters and the reason of the first."""


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
    ] = 1_000,
    processes: Annotated[
        int, typer.Option(min=1, help="Processes; the lines are the same for any number.")
    ] = 1,
    json: AsJson = False,
) -> None:
    """Write a JSON line for every point at which captures say something new.

    What cannot be read is counted, and standard error says of which file and why.

    Example: hpr replay captures/ --out predictions.jsonl
    """
    # With the models come compiled code and its compiler, which no other command has to wait for.
    from streams.replay import replay_in_processes

    files = find_captures(source)
    began = time.perf_counter()
    # Events are many small short-lived objects without cycles: looking for cycles is time lost.
    gc.freeze()
    gc.disable()
    with tempfile.TemporaryDirectory() as folder:
        readers = [
            partial(read_events, share, Path(folder, str(n)))
            for n, share in enumerate(shares(files, processes))
        ]
        lines = _write(out, replay_in_processes(readers, run_size))
        unread = _read_tallies(Path(folder))
    for file, (count, reason) in unread.items():
        typer.echo(f"hpr: {file}: {count} dead letters, the first: {' '.join(reason.split())}", err=True)
    figures = {
        "files": len(files),
        "predictions": lines,
        "dead_letters": sum(count for count, _ in unread.values()),
        "seconds": round(time.perf_counter() - began, 3),
    }
    typer.echo(_text(figures, json), err=not json or out is None)


def _write(out: Path | None, published: Iterator["Published"]) -> int:
    """Write the lines, with a progress bar on a terminal; returns how many."""
    shown, lines = sys.stderr.isatty(), 0
    bar = Progress(
        SpinnerColumn(), TextColumn("{task.completed} predictions"), TimeElapsedColumn(), disable=not shown
    )
    try:
        target = out.open("wb") if out is not None else sys.stdout.buffer
    except OSError as error:
        raise HprError(f"{out}: cannot be written: {error.strerror}") from error
    with bar, target:
        task = bar.add_task("replay", total=None)
        for each in published:
            target.write(each.line + b"\n")
            lines += 1
            if shown and not lines % 1000:
                bar.update(task, completed=lines)
    return lines


def _text(figures: dict[str, float], json: bool) -> str:
    if json:
        return orjson.dumps(figures).decode()
    text = "{predictions} predictions of {files} files in {seconds:.2f} s, {dead_letters} dead letters"
    return text.format_map(figures)


def read_events(files: list[Path], tally: Path) -> Iterator[tuple[str, Event]]:
    """The events of captures, in order; at the end, what could not be read is written to `tally`.

    To a file, because readers run in processes of their own.
    """
    unread: Unread = {}
    for line, events in recorded(files):
        for named in events:
            if named[0] == "DeadLetter":
                _count(unread, line.file, 1, cast(DeadLetter, named[1])["reason"])
            yield named
    tally.write_bytes(pickle.dumps(unread))


def _read_tallies(folder: Path) -> Unread:
    """What all readers that wrote their tally to `folder` could not read, sorted by file."""
    unread: Unread = {}
    for tally in sorted(folder.iterdir()):
        for file, (count, reason) in pickle.loads(tally.read_bytes()).items():
            _count(unread, file, count, reason)
    return dict(sorted(unread.items()))


def _count(unread: Unread, file: str, more: int, reason: str) -> None:
    count, first = unread.get(file, (0, reason))
    unread[file] = (count + more, first)
