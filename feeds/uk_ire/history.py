"""Reads results of Great Britain and Ireland: events in the order in which they were known."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from feeds.order import Batch, Named, in_order
from feeds.tables import Row, letter, rows
from feeds.uk_ire.events import SOURCE, race_events
from feeds.uk_ire.race import COLUMNS, Race, off_of, race_of, runner_of
from feeds.uk_ire.times import UK
from schemas.errors import FeedError
from schemas.identity import micros

__all__ = ["SOURCE", "read"]

FOLDER = "uk_ire_results"
EARLIEST = timedelta(days=3)
"""No card is known earlier before the day that the source writes, wherever the track is."""

MISFITS = (ValueError, KeyError)
RaceKey = tuple[str, str]


def read(
    folder: Path, start: date | None = None, end: date | None = None, counts: Counter[str] | None = None
) -> Iterator[Named]:
    """Events of all races from `start` to `end` (days as the source writes them), by recorded time.

    A file (a year) is held at a time. Repeated lines count once; what cannot be understood is a
    DeadLetter. Raises FeedError where the folder has no results.
    """
    counts = Counter() if counts is None else counts
    files = _files(folder)
    yield from in_order(_batches(files, start or date.min, end or date.max, counts), counts)


def _files(folder: Path) -> list[Path]:
    place = folder / FOLDER if (folder / FOLDER).is_dir() else folder
    if not place.is_dir():
        raise FeedError(f"{place}: no such folder")
    files = sorted(p for p in place.glob("results_*") if ".csv" in p.suffixes)
    if not files:
        raise FeedError(f"{place}: no results there: results_YEAR.csv, .csv.xz or .csv.gz")
    return files


def _batches(files: list[Path], first: date, last: date, counts: Counter[str]) -> Iterator[Batch]:
    for path in files:
        rejected: list[Named] = []
        races = _races(path, first, last, rejected, counts)
        yield Batch(0, rejected)
        counts["races"] += len(races)
        for race in sorted(races.values(), key=lambda race: (race.off, race.course)):
            earliest = datetime.combine(race.off.date() - EARLIEST, time(0), UK)
            yield Batch(micros(earliest), race_events(race))


def _races(
    path: Path, first: date, last: date, rejected: list[Named], counts: Counter[str]
) -> dict[RaceKey, Race]:
    """The races of a file by course and off: race ids are not unique in some months."""
    races: dict[RaceKey, Race] = {}
    seen: set[tuple[str, str, str]] = set()
    for row in rows(path):
        if row.error or not row.cells.keys() >= COLUMNS:
            rejected.append(letter(SOURCE, row, row.error or _missing(row)))
            if not row.error:
                break  # all lines of the file are alike
            continue
        line = row.cells["CourseName"], row.cells["Off"], row.cells["HorseId"]
        if line in seen:
            counts["repeated lines"] += 1
            continue
        seen.add(line)
        try:
            if first <= off_of(row.cells["Off"]).date() <= last:
                _add(races, row)
        except MISFITS as error:
            rejected.append(letter(SOURCE, row, f"not a line of results: {error}"))
    return races


def _add(races: dict[RaceKey, Race], row: Row) -> None:
    runner = runner_of(row.cells)
    key = row.cells["CourseName"], row.cells["Off"]
    if key not in races:
        races[key] = race_of(row.cells)
    races[key].runners.append(runner)


def _missing(row: Row) -> str:
    return f"not a file of results: its header lacks {', '.join(sorted(COLUMNS - row.cells.keys()))}"
