"""Where an event's time goes in the worker: its own functions, one event at a time and in full runs."""

import cProfile
import gc
import pstats
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple, cast

from benchmarks.backlog import Backlog, encoded
from benchmarks.market import race_ids
from benchmarks.nowhere import Nowhere
from benchmarks.report import Report, Row, machine, row
from schemas.codec import default_codec
from schemas.identity import MICROS
from streams.metrics import Metrics
from streams.runs import RUN_RECORDS, Runs
from streams.scoring import default_scorer
from streams.worker import Races, Worker
from topics.catalogue import CARDS, ODDS
from topics.producer import EventProducer

EVENTS, RACES = 20_000, 48
NOW = 1_700_000_000 * MICROS

PARTS = {
    "decoding": ("schemas/codec.py", "decode"),
    "checking headers": ("streams/runs.py", "impossible"),
    "merging": ("streams/runs.py", "take"),
    "fold and scoring points": ("streams/engine.py", "_fold"),
    "scoring": ("streams/scoring.py", "score"),
    "alert rules": ("streams/engine.py", "_alerts"),
    "what is said, and why": ("streams/engine.py", "_state"),
    "building predictions": ("streams/statements.py", "prediction"),
    "building views": ("streams/views.py", "race_view"),
    "building bars": ("streams/views.py", "race_bars"),
    "encoding outputs": ("schemas/codec.py", "encode"),
    "states as bytes": ("streams/state.py", "dump"),
    "metrics": ("streams/metrics.py", "observe_run"),
}
"""Parts of the work, none within another, by the function that does them."""

REST = "the rest"


class Way(NamedTuple):
    """Records in a run and between checkpoints, and the part of the events that is worked so."""

    name: str
    run: int
    checkpoint: int
    part: float


WAYS = (Way("alone", 1, 125, 0.2), Way("in runs of 256", RUN_RECORDS, 2_048, 1.0))
"""At 500 events a second, and catching up with some 8,000; a checkpoint is made every 250 ms."""


class Fetched(NamedTuple):
    """A record as a consumer would give it."""

    offset: int
    value: bytes


def measure(runs: int = 1, scale: float = 1.0) -> Report:
    """Microseconds an event of each part beside those of the whole; the ratio is the part's share.

    Measured with cProfile, which makes parts of many small calls look dearer. Without Kafka and Faust.
    """
    events = max(round(EVENTS * scale), RUN_RECORDS)
    rows: list[Row] = []
    for way in WAYS:
        backlog = encoded(race_ids(0, RACES), round(events * way.part), NOW)
        rows += rows_of(way.name, [parts_of(backlog, way) for _ in range(runs)])
    return Report("profile", machine(), rows)


def rows_of(name: str, each: list[dict[str, float]]) -> list[Row]:
    """The medians of the runs, the dearest part first; parts that took no time are left out."""
    wholes = [sum(parts.values()) for parts in each]
    rows = [row(f"{name}: {part}", "all", [p[part] for p in each], wholes, "us/event") for part in each[0]]
    return sorted((each for each in rows if each.ours), key=lambda row: -row.ours)


def parts_of(backlog: Backlog, way: Way) -> dict[str, float]:
    """Microseconds an odds event of each part and of the rest."""
    codec = default_codec()
    producer = cast(EventProducer, Nowhere(codec))
    worker = Worker(producer, Races({}), default_scorer(), codec, Metrics(), clock=lambda: NOW)
    runs = Runs(codec, "", worker.bury_poison)
    work(worker, runs, CARDS.name, backlog.cards, way)
    gc.collect()
    with cProfile.Profile() as profile:
        work(worker, runs, ODDS.name, backlog.odds, way)
    return _split(pstats.Stats(profile), len(backlog.odds))


def work(worker: Worker, runs: Runs, topic: str, records: list[tuple[bytes, bytes]], way: Way) -> None:
    """Work records off as the worker does between Faust and its producer."""
    since = 0
    for batch in _batches(records, way.run):
        runs.add(topic, 0, batch)
        while (run := runs.take(lambda *_: True)) is not None:
            worker.work(run)
            since += len(run.records)
        if since >= way.checkpoint:
            worker.prepare()
            since = 0
    worker.prepare()


def _batches(records: list[tuple[bytes, bytes]], size: int) -> Iterator[list[Fetched]]:
    numbered = (Fetched(offset, value) for offset, (_, value) in enumerate(records))
    while batch := list(islice(numbered, size)):
        yield batch


def _split(stats: pstats.Stats, events: int) -> dict[str, float]:
    """Microseconds an event by part."""
    found = dict.fromkeys(PARTS, 0.0)
    for (file, _, function), (_, _, _, cumulative, _) in stats.stats.items():  # type: ignore[attr-defined]
        for part, (module, name) in PARTS.items():
            if function == name and file.endswith(module):
                found[part] += cumulative / events * 1e6
    whole = stats.total_tt / events * 1e6  # type: ignore[attr-defined]
    return {**found, REST: max(whole - sum(found.values()), 0.0)}
