"""Puts events of bulk history into the order in which they could be known, a batch at a time."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count
from typing import NamedTuple

from schemas.records import Event

Named = tuple[str, Event]
"""Name of the event's schema, and the event."""


class Batch(NamedTuple):
    """Events of, say, one race day. No event of this or a later batch is recorded before `earliest`."""

    earliest: int
    events: list[Named]


def in_order(batches: Iterable[Batch], counts: Counter[str]) -> Iterator[Named]:
    """All events by recorded time, those of the same instant as they came; dead letters at once.

    Holds the events that reach past the next batch's earliest, no more. `counts` gets how many of each.
    """
    turn = count()
    waiting: list[tuple[int, int, Named]] = []
    for batch in batches:
        yield from _before(batch.earliest, waiting, counts)
        for named in batch.events:
            heapq.heappush(waiting, (named[1]["recorded_time"], next(turn), named))
    while waiting:
        yield _counted(heapq.heappop(waiting)[2], counts)


def _before(time: int, waiting: list[tuple[int, int, Named]], counts: Counter[str]) -> Iterator[Named]:
    while waiting and waiting[0][0] < time:
        yield _counted(heapq.heappop(waiting)[2], counts)


def _counted(named: Named, counts: Counter[str]) -> Named:
    counts[named[0]] += 1
    return named
