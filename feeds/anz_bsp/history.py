"""Reads starting prices of Australia and New Zealand: events in the order in which they were known."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from feeds.anz_bsp.events import SOURCE, race_events
from feeds.anz_bsp.race import CLOCK, COLUMNS, Race, day_of, race_of, runner_of
from feeds.order import Batch, Named, in_order
from feeds.tables import letter, rows
from schemas.errors import FeedError
from schemas.identity import micros

__all__ = ["SOURCE", "read"]

FOLDER = "betfair_anz_bsp"
EARLIEST = timedelta(days=2)
MISFITS = (ValueError, KeyError)


def read(
    folder: Path, start: date | None = None, end: date | None = None, counts: Counter[str] | None = None
) -> Iterator[Named]:
    """Events of all races from `start` to `end` (days of the meeting, both included), by recorded time.

    A file (a month) is held at a time. A runner told twice counts once; what cannot be understood is a
    DeadLetter. Raises FeedError where the folder has no starting prices.
    """
    counts = Counter() if counts is None else counts
    place = folder / FOLDER if (folder / FOLDER).is_dir() else folder
    if not place.is_dir():
        raise FeedError(f"{place}: no such folder")
    files = sorted(p for p in place.glob("ANZ_*") if ".csv" in p.suffixes)
    if not files:
        raise FeedError(f"{place}: no starting prices there: ANZ_Thoroughbreds_YEAR_MONTH.csv, .xz or .gz")
    yield from in_order(_batches(files, start or date.min, end or date.max, counts), counts)


def _batches(files: list[Path], first: date, last: date, counts: Counter[str]) -> Iterator[Batch]:
    for path in files:
        rejected: list[Named] = []
        races = _races(path, first, last, rejected, counts)
        yield Batch(0, rejected)
        counts["races"] += len(races)
        for race in sorted(races.values(), key=lambda race: (race.day, race.scheduled, race.market_id)):
            yield Batch(micros(datetime.combine(race.day - EARLIEST, time(0), CLOCK)), race_events(race))


def _races(
    path: Path, first: date, last: date, rejected: list[Named], counts: Counter[str]
) -> dict[str, Race]:
    races: dict[str, Race] = {}
    for row in rows(path):
        if not row.error and not row.cells.keys() >= COLUMNS:
            lacks = ", ".join(sorted(COLUMNS - row.cells.keys()))
            rejected.append(letter(SOURCE, row, f"not a file of starting prices: its header lacks {lacks}"))
            break  # all lines of the file are alike
        try:
            if row.error:
                raise ValueError(row.error)
            if first <= day_of(row.cells["LOCAL_MEETING_DATE"]) <= last:
                runner, market = runner_of(row.cells), row.cells["WIN_MARKET_ID"]
                race = races.get(market) or race_of(row.cells)
                if any(other.selection_id == runner.selection_id for other in race.runners):
                    counts["repeated runners"] += 1
                    continue
                race.runners.append(runner)
                races[market] = race
        except MISFITS as error:
            rejected.append(letter(SOURCE, row, f"not a line of starting prices: {error}"))
    return races
