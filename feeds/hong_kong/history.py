"""Reads Hong Kong's history from its files: events in the order in which they could be known."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from feeds.hong_kong.events import profile_event, race_events
from feeds.hong_kong.files import locate
from feeds.hong_kong.names import Names
from feeds.hong_kong.reading import SOURCE, Counts, Days, Reading
from feeds.hong_kong.times import card_time
from feeds.order import Batch, Named, in_order
from feeds.tables import Row, letter

__all__ = ["SOURCE", "read"]


def read(
    folder: Path, start: date | None = None, end: date | None = None, counts: Counts | None = None
) -> Iterator[Named]:
    """Events of all races from `start` to `end` (local days, both included), by recorded time.

    The whole of the files is read first, for who is who; then again a day at a time. Profiles of horses
    that ran before `start` come first. What cannot be understood is a DeadLetter. `counts` is filled with
    what was read. The same files give the same events, ids included, whatever the days asked for.

    Raises FeedError where the folder has no meetings.
    """
    sources = locate(folder)
    counts = Counter() if counts is None else counts
    reading = Reading(sources, counts)
    yield from in_order(_batches(reading, ((start or date.min), (end or date.max))), counts)


def _batches(reading: Reading, days: Days) -> Iterator[Batch]:
    yield Batch(0, _profiles(reading.names, days))
    latest = date.min
    for day, races in reading.days(days):
        events = reading.rejected()
        if day >= latest:
            events += (named for race in races for named in race_events(race, reading.names.profiles))
        else:
            row = Row(f"day {day}", {}, day.isoformat().encode())
            events.append(letter(SOURCE, row, "the files go back in time: this day came after a later one"))
        latest = max(day, latest)
        yield Batch(card_time(latest), events)
    yield Batch(0, reading.rejected())


def _profiles(names: Names, days: Days) -> list[Named]:
    """Profiles of the horses that ran between two days."""
    horses = (h for known in names.horses.values() for h in known if h.last >= days[0] and h.first <= days[1])
    return [profile_event(h, names.profiles[h.horse_id]) for h in horses if h.horse_id in names.profiles]
