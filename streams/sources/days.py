"""One racing day as it was kept: the events of its races in a worker's order, and their predictions."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from heapq import merge
from typing import cast

from schemas.codec import Codec
from schemas.errors import SchemaError
from schemas.records import Prediction
from streams.archive.container import Record
from streams.archive.reader import Archive
from streams.archive.store import open_store
from streams.engine import Located
from streams.sources.cluster import Cluster
from streams.sources.merged import Understanding, race_events
from topics.catalogue import PREDICTIONS, RACE_EVENTS

EARLY = timedelta(days=10)
"""Before a day nothing that was kept longer ago is looked through."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An archive or a cluster, as much of it as matters."""

    name: str
    partitions: Callable[[str], list[int]]
    records: Callable[[str, int], Iterable[Record]]


@contextmanager
def kept(archive: str | None, bootstrap: str, day: date) -> Iterator[Kept]:
    """The archive, or without one the topics of a cluster, from some days before `day` on."""
    since = int((datetime(day.year, day.month, day.day, tzinfo=UTC) - EARLY).timestamp() * 1000)
    if archive is not None:
        found = Archive(open_store(archive))
        yield Kept(found.name, found.partitions, partial(found.records, since=since))
        return
    cluster = Cluster(bootstrap)
    try:
        yield Kept(cluster.name, cluster.partitions, partial(_since, cluster, since))
    finally:
        cluster.close()


def _since(cluster: Cluster, since: int, topic: str, partition: int) -> Iterable[Record]:
    return cluster.records(topic, partition, cluster.first_since(topic, partition, since))


class Day:
    """The races of a local racing date, as their ids say."""

    def __init__(self, source: Kept, codec: Codec, prefix: str, day: date) -> None:
        self._source, self._codec, self._prefix = source, codec, prefix
        self._mark = f"-{day:%Y%m%d}-".encode()
        self.understanding = Understanding(codec)
        self.found = 0
        """Predictions read so far."""

    def open(self) -> tuple[Iterator[Located], Iterator[Prediction]]:
        """Events in a worker's order, and predictions by recorded time; both asked for at once."""
        topics = [self._prefix + topic.name for topic in RACE_EVENTS]
        partitions = sorted({p for topic in topics for p in self._source.partitions(topic)})
        events = race_events(self._of_day, self._prefix, partitions, self.understanding)
        name = self._prefix + PREDICTIONS.name
        lists = [self._of_day(name, p) for p in self._source.partitions(name)]
        return events, self._predictions(lists)

    def _of_day(self, topic: str, partition: int) -> Iterator[Record]:
        return (r for r in self._source.records(topic, partition) if self._mark in (r.key or b""))

    def _predictions(self, lists: list[Iterator[Record]]) -> Iterator[Prediction]:
        yield from merge(*map(self._decoded, lists), key=lambda each: each["recorded_time"])

    def _decoded(self, records: Iterator[Record]) -> Iterator[Prediction]:
        for record in records:
            try:
                _, found = self._codec.decode(record.value or b"")
            except SchemaError:
                continue
            self.found += 1
            yield cast(Prediction, found)
