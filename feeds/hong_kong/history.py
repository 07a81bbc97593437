"""Reads Hong Kong's history from its files: events in the order in which they could be known."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import count
from pathlib import Path

from feeds.hong_kong.events import profile_event, race_events
from feeds.hong_kong.files import Row, locate
from feeds.hong_kong.names import Names
from feeds.hong_kong.race import Race
from feeds.hong_kong.reading import SOURCE, Counts, Named, Reading, letter
from feeds.hong_kong.times import card_time

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
    first, last = (start or date.min), (end or date.max)
    yield from _in_order(_profiles(reading.names, first, last), reading.days((first, last)), reading, counts)


def _profiles(names: Names, first: date, last: date) -> list[Named]:
    """Profiles of the horses that ran between two days."""
    horses = (h for known in names.horses.values() for h in known if h.last >= first and h.first <= last)
    return [profile_event(h, names.profiles[h.horse_id]) for h in horses if h.horse_id in names.profiles]


def _in_order(
    early: Iterable[Named], days: Iterable[tuple[date, list[Race]]], reading: Reading, counts: Counts
) -> Iterator[Named]:
    """A day's events reach from the day before to the day after: those before the next cards may go."""
    turn = count()
    waiting = [(event["recorded_time"], next(turn), (name, event)) for name, event in early]
    heapq.heapify(waiting)
    latest = 0
    for day, races in days:
        now = card_time(day)
        while waiting and waiting[0][0] < now:
            yield _counted(heapq.heappop(waiting)[2], counts)
        if now < latest:
            yield _counted(_late(day), counts)
            continue
        latest = now
        yield from (_counted(letter, counts) for letter in reading.rejected())
        for race in races:
            for named in race_events(race, reading.names.profiles):
                heapq.heappush(waiting, (named[1]["recorded_time"], next(turn), named))
    while waiting:
        yield _counted(heapq.heappop(waiting)[2], counts)
    yield from (_counted(letter, counts) for letter in reading.rejected())


def _counted(named: Named, counts: Counts) -> Named:
    counts[named[0]] += 1
    return named


def _late(day: date) -> Named:
    row = Row(f"day {day}", {}, day.isoformat().encode())
    return letter(row, "the files go back in time: this day came after a later one")
