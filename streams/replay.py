"""Replay: events as recorded through the pure path, every point that says something new, in one fixed order.

The order is recorded time, race, revision, and so is the same for any run size and number of processes.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from schemas.records import Event
from streams import engine
from streams.engine import Located
from streams.lines import line_of_statement
from streams.race import Race
from streams.scoring import Scorer, default_scorer
from streams.state import RaceState
from topics.catalogue import RACE_EVENTS

RUN_RECORDS = 1_000

Named = tuple[str, Event]
RANKS = {topic.schema: topic.rank for topic in RACE_EVENTS}
TOPICS = {topic.schema: topic.name for topic in RACE_EVENTS}


class Published(NamedTuple):
    """A line with its place in the order."""

    recorded_time: int
    race_id: str
    revision: int
    line: bytes


class Races(dict[str, Race]):
    """Races by id, made when first asked for."""

    def __missing__(self, race_id: str) -> Race:
        race = self[race_id] = Race(RaceState(race_id))
        return race


def located(events: Iterable[Named]) -> Iterator[Located]:
    """Events of the race fold in the order in which a worker would merge them; others are left out.

    `events` come in the order of their recorded time; of one instant, the rank of the topic decides.
    """
    offsets = dict.fromkeys(RANKS, 0)
    instant = -1
    same: list[Named] = []
    for named in events:
        name, event = named
        if name not in RANKS:
            continue
        if event["recorded_time"] != instant:
            instant = event["recorded_time"]
            if len(same) > 1:
                same.sort(key=lambda named: RANKS[named[0]])
            for kind, due in same:
                yield Located(kind, due, TOPICS[kind], 0, offsets[kind])
                offsets[kind] += 1
            same = [named]
        else:
            same.append(named)
    for kind, due in sorted(same, key=lambda named: RANKS[named[0]]):
        yield Located(kind, due, TOPICS[kind], 0, offsets[kind])
        offsets[kind] += 1


def replay(
    events: Iterable[Named],
    run_records: int = RUN_RECORDS,
    scorer: Scorer | None = None,
    races: Races | None = None,
) -> Iterator[Published]:
    """The lines of all points that say something new, in the fixed order."""
    return replay_located(located(events), run_records, scorer, races)


def replay_located(
    stream: Iterable[Located],
    run_records: int = RUN_RECORDS,
    scorer: Scorer | None = None,
    races: Races | None = None,
) -> Iterator[Published]:
    """The same of events that are in a worker's order already, those of several partitions together.

    A line's time is the latest that its partition has come to: an event recorded earlier than what came
    before it in its partition, as of a day that was fed late, does not turn the clock back.
    """
    scorer = scorer or default_scorer()
    races = races if races is not None else Races()
    clocks: dict[int, int] = {}
    held: list[Published] = []
    for run in _runs(stream, run_records):
        outcome = engine.run(run, races, scorer)
        for statement in outcome.statements:
            point = statement.point
            race_id, line = point.race.state.race_id, line_of_statement(statement)
            time = max(point.recorded_time, clocks.get(outcome.touched[race_id], 0))
            if held and held[-1].recorded_time != time:
                yield from sorted(held)
                held = []
            held.append(Published(time, race_id, point.revision, line))
        # Within a run a partition's time does not go back: its last is its latest.
        for partition, time in {event.partition: event.event["recorded_time"] for event in run}.items():
            clocks[partition] = max(clocks.get(partition, 0), time)
    yield from sorted(held)


def _runs(stream: Iterable[Located], run_records: int) -> Iterator[list[Located]]:
    """Runs of so many events; one ends early where a partition's time would go back within it."""
    run: list[Located] = []
    clocks: dict[int, int] = {}
    for event in stream:
        time, partition = event.event["recorded_time"], event.partition
        if run and (len(run) >= run_records or time < clocks.get(partition, 0)):
            yield run
            run, clocks = [], {}
        clocks[partition] = time
        run.append(event)
    if run:
        yield run
