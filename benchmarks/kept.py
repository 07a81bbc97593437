"""What flows into sinks: real odds, several times over, on a real Kafka; and sinks that bring them home."""

import time
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.backlog import write
from feeds.betfair.recorded import recorded
from schemas.codec import default_codec
from schemas.identity import MICROS
from streams.archive.container import Record
from streams.sink import Sink, Target
from topics import admin
from topics.catalogue import ODDS, PARTITIONS

DAY = 86_400 * MICROS
FLUSH_SECONDS = 0.5
"""More often than usual, so that less is waited for at the end."""


class Odds(NamedTuple):
    """Odds events on the wire, with the rows that they are in ClickHouse."""

    records: list[Record]
    events: list[Any]
    rows: int


def real_odds(files: list[Path], times: int = 1) -> Odds:
    """The odds of captures, each copy of them a day later with ids of its own, stamped as produced now."""
    codec, made = default_codec(), Odds([], [], 0)
    events = [event for _, named in recorded(files) for name, event in named if name == ODDS.schema]
    races = sorted({event["race_id"] for event in events})
    partitions = {race_id: at % PARTITIONS for at, race_id in enumerate(races)}
    offsets, now = dict.fromkeys(partitions.values(), 0), time.time_ns() // 1_000_000
    for copy in range(times):
        for event in events:
            later: Any = {
                **event,
                "event_id": f"{copy:08x}{event['event_id'][8:]}",
                "event_time": event["event_time"] + copy * DAY,
                "recorded_time": event["recorded_time"] + copy * DAY,
            }
            partition = partitions[event["race_id"]]
            key, value = event["race_id"].encode(), codec.encode(ODDS.schema, later)
            made.records.append(Record(ODDS.name, partition, offsets[partition], now, key, value))
            made.events.append(later)
            offsets[partition] += 1
    return made._replace(rows=sum(len(event["runners"]) or 1 for event in made.events))


def put(bootstrap: str, prefix: str, odds: Odds, times: int) -> None:
    """Write the records to a topic of a real Kafka, so many times over."""
    admin.create(bootstrap, prefix)
    for _ in range(times):
        write(bootstrap, prefix + ODDS.name, [(r.key or b"", r.value or b"") for r in odds.records])


def brought(bootstrap: str, prefix: str, group: str, target: Target, records: int) -> float:
    """Seconds a record in which a sink of a new group brings so many from the topic to its target.

    From its first flush to its last: a sink starts once and then goes on for good.
    """
    flushes = [(time.perf_counter(), 0)]

    def look(sink: Sink) -> None:
        flushes.append((time.perf_counter(), sink.records))
        if sink.records >= records:
            sink.stop.set()

    Sink(bootstrap, prefix, [ODDS.name], group, target, FLUSH_SECONDS, on_flush=look).run()
    _, *rest = flushes
    (began, before), (ended, after) = (rest if len(rest) > 1 else flushes)[0], rest[-1]
    return (ended - began) / (after - before)
