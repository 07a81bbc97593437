"""The archive as the target of a sink: a writer for each partition, flushed side by side."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from schemas.history import History
from streams.archive.container import Record
from streams.archive.manifest import hour_of
from streams.archive.store import Store
from streams.archive.writer import PartitionWriter
from streams.sink import At

HELD_BYTES = 64 << 20
"""Bytes held, not compressed, before they are flushed whatever the time."""
SIDE_BY_SIDE = 8
"""Partitions flushed at once: what takes time is waiting for the disk or the store."""
GRACE_MS = 600_000
"""How long after its end an hour without a later record is closed."""


class ArchiveTarget:
    """Where a sink archives to; it owns the place."""

    def __init__(self, store: Store, history: History) -> None:
        store.own()
        self._store, self._history = store, history
        self._writers: dict[At, PartitionWriter] = {}
        self._pool = ThreadPoolExecutor(SIDE_BY_SIDE, "archive")

    @property
    def full(self) -> bool:
        """See Target."""
        return sum(writer.held_bytes for writer in self._writers.values()) >= HELD_BYTES

    def position(self, at: At, topic_id: str) -> int | None:
        """See Target; the archive itself says where it goes on."""
        if at not in self._writers:
            topic, partition = at
            self._writers[at] = PartitionWriter(self._store, topic, topic_id, partition, self._history)
        wanted = self._writers[at].next_offset
        return 0 if wanted is None else wanted

    def begin(self, at: At, offset: int) -> None:
        """See Target."""
        self._writers[at].begin(offset)

    def add(self, records: Iterable[Record]) -> None:
        """See Target."""
        for record in records:
            self._writers[record.topic, record.partition].add(record)

    def flush(self, *, wait: bool = True) -> dict[At, int]:
        """See Target; nothing is left on its way."""
        del wait
        held = [(at, writer) for at, writer in self._writers.items() if writer.holds]
        done = list(self._pool.map(lambda each: each[1].flush(), held))
        return {at: offset for (at, _), offset in zip(held, done, strict=True) if offset is not None}

    def tick(self) -> None:
        """Close hours that are over."""
        hour = hour_of(time.time_ns() // 1_000_000 - GRACE_MS)
        for writer in self._writers.values():
            writer.close_before(hour)
