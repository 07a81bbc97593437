"""All races of a day as one stream of events in the order in which they became known, with heartbeats."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from heapq import heappop, heappush, heapreplace
from itertools import chain
from typing import cast

from feeds.simulator.day import RaceDay, Slot, slots
from feeds.simulator.form import form_events
from feeds.simulator.race import statements
from schemas.identity import MICROS, micros, uuid_of
from schemas.records import Event, FeedState, FeedStatus

SOURCE = "simulator"
HEARTBEAT_SECONDS = 5

Named = tuple[str, Event]
"""Name of the event's schema, and the event."""

_Waiting = tuple[int, int, Named, Iterator[Named]]
"""Time and race index of a race's next event, the event, and what follows it."""


def events(day: RaceDay, *, form: bool = False) -> Iterator[Named]:
    """Events of the day by recorded time, lazily; memory holds the races that are open, no more.

    The same day gives the same events, ids included; an event is recorded when it happens. With `form`,
    profiles and past performances of its runners come before each card.
    """
    # A day that goes on longer is the same day: its first races keep their ids.
    same = replace(day, races=None, start=day.start.astimezone(UTC))
    identity = uuid_of(f"{SOURCE}:{same!r}")
    start = micros(day.start)
    beats, told = 0, 0
    now = start
    yield _beat(identity, start, beats, told, "CONNECTED")
    for named in _races(day, identity, form):
        now = named[1]["recorded_time"]
        while (due := start + (beats + 1) * HEARTBEAT_SECONDS * MICROS) <= now:
            beats += 1
            yield _beat(identity, due, beats, told, "HEARTBEAT")
        told += 1
        yield named
    yield _beat(identity, now, beats + 1, told, "ENDED")


def _beat(identity: str, time: int, sequence: int, told: int, state: FeedState) -> Named:
    beat: FeedStatus = {
        "event_id": uuid_of(f"{identity}::{state}:{sequence}"),
        "source": SOURCE,
        "race_id": "",
        "event_time": time,
        "recorded_time": time,
        "sequence": sequence,
        "state": state,
        "heartbeat_seconds": HEARTBEAT_SECONDS,
        "events": told,
        "detail": "A simulated race day: no such races are run." if state == "CONNECTED" else None,
        "instance": "",
    }
    return "FeedStatus", beat


def _races(day: RaceDay, identity: str, form: bool) -> Iterator[Named]:
    """Events of all races by time, then by race; a race is made when its market opens."""
    coming = slots(day)
    upcoming = next(coming, None)
    waiting: list[_Waiting] = []
    while waiting or upcoming is not None:
        while upcoming is not None and (not waiting or upcoming.opens <= waiting[0][0]):
            told = form_events(day, upcoming, identity) if form else ()
            _wait(waiting, upcoming.index, chain(told, _numbered(day, upcoming, identity)))
            upcoming = next(coming, None)
        _, index, named, rest = waiting[0]
        yield named
        following = next(rest, None)
        if following is None:
            heappop(waiting)
        else:
            heapreplace(waiting, (following[1]["recorded_time"], index, following, rest))


def _wait(waiting: list[_Waiting], index: int, rest: Iterator[Named]) -> None:
    first = next(rest)
    heappush(waiting, (first[1]["recorded_time"], index, first, rest))


def _numbered(day: RaceDay, slot: Slot, identity: str) -> Iterator[Named]:
    """A race's statements as events: with ids, times and sequence."""
    race_id = slot.race_id
    for sequence, (time, _, name, body) in enumerate(statements(day, slot), 1):
        event = {
            "event_id": uuid_of(f"{identity}:{race_id}:{name}:{sequence}"),
            "source": SOURCE,
            "race_id": race_id,
            "event_time": time,
            "recorded_time": time,
            "sequence": sequence,
            **body,
        }
        yield name, cast(Event, event)
