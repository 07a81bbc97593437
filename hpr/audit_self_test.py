"""The self-test of an audit: a simulated day archived, worked in runs of any size, its predictions kept."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from feeds import simulator
from schemas.codec import default_codec
from streams import engine
from streams.archive.container import Record
from streams.archive.reader import Archive
from streams.archive.store import FolderStore
from streams.archive.writer import PartitionWriter
from streams.replay import Races
from streams.scoring import default_scorer
from streams.sources.merged import Understanding, race_events
from streams.statements import prediction
from streams.worker import to_publish
from topics.catalogue import EVENT_TOPIC, PARTITIONS, PREDICTIONS, RACE_EVENTS

DAY = datetime(2026, 11, 25, 12, tzinfo=UTC)
RACES = 6
LARGEST_RUN = 3


def play(root: Path, seed: int, races: int = RACES) -> str:
    """Archive a day and what a worker says of it; returns where."""
    store, codec = FolderStore(root / "archive"), default_codec()
    events = Archived(store)
    for name, event in simulator.events(replace(simulator.demo(seed, DAY), races=races)):
        if EVENT_TOPIC[name] in RACE_EVENTS:
            events.add(EVENT_TOPIC[name].name, event["race_id"], codec.encode(name, event))
    events.flush()
    said = Archived(store)
    for partition in range(PARTITIONS):
        for record in _predictions(Archive(store), partition, seed):
            said.add(PREDICTIONS.name, record["race_id"], codec.encode(PREDICTIONS.schema, record))
    said.flush()
    return store.name


def _predictions(archive: Archive, partition: int, seed: int) -> Iterator[Any]:
    """What a worker publishes of a partition, in runs of random size."""
    chance, races, scorer = random.Random(seed), Races(), default_scorer()
    stream = race_events(archive.records, "", [partition], Understanding(default_codec()))
    while run := list(islice(stream, chance.randint(1, LARGEST_RUN))):
        for statement in to_publish(engine.run(run, races, scorer).statements):
            yield prediction(statement)


class Archived:
    """Appends values to the topics of an archive, races to partitions in their order of coming."""

    def __init__(self, store: FolderStore) -> None:
        self._store = store
        self._writers: dict[tuple[str, int], PartitionWriter] = {}

    def add(self, topic: str, race_id: str, value: bytes) -> None:
        """One more record."""
        partition = sum(race_id.encode()) % PARTITIONS
        writer = self._writers.get((topic, partition))
        if writer is None:
            writer = PartitionWriter(self._store, topic, "", partition, default_codec().history)
            self._writers[topic, partition] = writer
        writer.add(Record(topic, partition, writer.next_offset or 0, 0, race_id.encode(), value))

    def flush(self) -> None:
        """Write all."""
        for writer in self._writers.values():
            writer.flush()
