"""Alerts of a day derived again: the race fold over its events, and rules as they were in force; pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import groupby, islice
from typing import NamedTuple

from gateway.alerts.engine import LAST_MINUTES, MINUTE, Engine, Fired, step
from gateway.alerts.index import Held, Index
from schemas.identity import MICROS
from schemas.records import Event, Prediction
from streams import engine
from streams.engine import Located
from streams.replay import Races
from streams.scoring import Scorer
from streams.views import race_view

RUN = 256
TICK = 15 * MICROS
"""Between two looks at who is soon to go off."""

NEVER = 1 << 62


class Moment(NamedTuple):
    """A record and when it could be known, in microseconds since 1970; without a record time goes by."""

    time: int
    rank: int
    name: str = ""
    record: Event | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a rule, and from when until when it was in force (microseconds since 1970)."""

    held: Held
    begins: int = 0
    ends: int = NEVER


def happened(
    events: Iterable[Located], predictions: Iterable[Prediction], scorer: Scorer
) -> Iterator[Moment]:
    """What a notifier hears of races, in the order in which it could be known.

    Facts are derived from the races' own events, so that one which was never published is there too;
    figures are those of the predictions that were published.
    """
    told = (Moment(each["recorded_time"], 2, "Prediction", each) for each in predictions)
    return merge(_folded(events, scorer), told, key=lambda moment: moment[:2])


def _folded(events: Iterable[Located], scorer: Scorer) -> Iterator[Moment]:
    races, latest = Races(), 0
    for _, same in groupby(events, lambda event: event.event["recorded_time"] // TICK):
        while run := list(islice(same, RUN)):
            latest = max(latest, run[0].event["recorded_time"])
            outcome = engine.run(run, races, scorer)
            # Names first: who rides whom is known when a scratch is told.
            yield from (Moment(latest, 0, "RaceView", race_view(races[id])) for id in outcome.touched)
            for alert in outcome.alerts:
                latest = max(latest, alert["recorded_time"])
                yield Moment(latest, 1, "Alert", alert)


def again(moments: Iterable[Moment], versions: Sequence[Version]) -> Iterator[tuple[int, Fired]]:
    """What fires, and when: `moments` in order, each rule for as long as it is in force."""
    stepped = Engine(Index())
    changes = sorted(
        [(version.begins, 1, version) for version in versions]
        + [(version.ends, 0, version) for version in versions if version.ends < NEVER],
        key=lambda change: change[:2],
    )
    clocked = any(version.held.rule.kind == "OFF_SOON" for version in versions)
    due, clock = 0, 0
    for moment in moments:
        while due < len(changes) and changes[due][0] <= moment.time:
            _change(stepped.index, changes[due][2].held, begins=bool(changes[due][1]))
            due += 1
        if clocked:
            for tick in _ticks(stepped, clock, moment.time):
                yield from ((tick, fired) for fired in stepped.clock(tick))
        clock = max(clock, moment.time)
        if moment.record is not None:
            yield from ((moment.time, fired) for fired in step(stepped, moment.name, moment.record))


def _change(index: Index, held: Held, *, begins: bool) -> None:
    """Bring a version into force; or take it out, if it is that one which is in force."""
    if begins:
        index.put(held)
    elif (now := index.by_id.get(held.rule_id)) is not None and now.version == held.version:
        index.remove(held.rule_id)


def _ticks(stepped: Engine, last: int, now: int) -> range:
    """Moments between two others at which a race may have come near its off."""
    offs = [known.scheduled_off or 0 for known in stepped.races.values()]
    if not last or not offs:
        return range(0)
    first, end = max(last, min(offs) - LAST_MINUTES * MINUTE), min(now, max(offs))
    return range((first // TICK + 1) * TICK, end + 1, TICK)
