"""The archive as its readers see it: topics, partitions, hours, and the records as they lay on Kafka."""

from collections.abc import Iterator
from heapq import merge
from itertools import pairwise

from schemas.errors import ArchiveError
from streams.archive import hours
from streams.archive.blocks import read_blocks, read_head, records
from streams.archive.container import Record
from streams.archive.manifest import FILE, FileEntry, Manifest, folder
from streams.archive.store import MissingError, Store


class Archive:
    """An archive, to be read; a sink may be writing to it meanwhile."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @property
    def name(self) -> str:
        """Where it is."""
        return self.store.name

    def topics(self) -> list[str]:
        """Topics that it holds, by their full names."""
        return self.store.folders("")

    def partitions(self, topic: str) -> list[int]:
        """Partitions of a topic that it holds."""
        return sorted(int(name) for name in self.store.folders(topic) if name.isdecimal())

    def manifests(self, topic: str, partition: int) -> Iterator[Manifest]:
        """The hours of a partition in order; ArchiveError where a manifest is damaged or missing."""
        names = hours.hours(self.store, topic, partition)
        for name in names:
            try:
                yield hours.read(self.store, topic, partition, name)
            except MissingError as error:
                # The newest hour has none until the sink has written its first part.
                if name != names[-1]:
                    path = f"{folder(topic, partition, name)}/{FILE}"
                    raise ArchiveError(f"{path}: missing; what the hour held is not known") from error

    def records(
        self, topic: str, partition: int, start: int = 0, end: int | None = None, *,
        key: bytes | None = None, since: int = 0,
    ) -> Iterator[Record]:  # fmt: skip
        """Records by offset, from `start` up to and without `end`; or only those under `key`.

        Files whose last record came before `since` (milliseconds) are passed over. Raises ArchiveError
        where an hour is missing or a file is damaged.
        """
        expected: int | None = None
        for manifest in self.manifests(topic, partition):
            if expected is not None and manifest.first_offset != expected:
                raise ArchiveError(
                    f"{manifest.folder}: offsets {expected} to {manifest.first_offset - 1} of {topic}, "
                    f"partition {partition}, are missing: hours before it are gone"
                )
            expected = manifest.next_offset
            if manifest.next_offset <= start:
                continue
            if end is not None and manifest.first_offset >= end:
                return
            yield from self._of_hour(manifest, start, end, key, since)

    def _of_hour(
        self, manifest: Manifest, start: int, end: int | None, key: bytes | None, since: int
    ) -> Iterator[Record]:
        """Records of an hour; the sink may join its parts at any moment, so they are all fetched first."""
        try:
            fetched = self._fetch(manifest, start, end, since)
        except ArchiveError:
            again = hours.read(self.store, manifest.topic, manifest.partition, manifest.hour)
            if again == manifest:
                raise
            manifest = again
            fetched = self._fetch(manifest, start, end, since)
        fetched.sort(key=lambda pair: pair[0].first_offset)
        readers = [self._of_file(manifest, entry, data, key) for entry, data in fetched]
        in_turn = all(one[0].last_offset < other[0].first_offset for one, other in pairwise(fetched))
        found = _chain(readers) if in_turn else merge(*readers, key=lambda record: record.offset)
        for record in found:
            if record.offset >= start and (end is None or record.offset < end):
                yield record

    def _fetch(
        self, manifest: Manifest, start: int, end: int | None, since: int
    ) -> list[tuple[FileEntry, bytes]]:
        return [
            (entry, hours.read_file(self.store, manifest, entry))
            for entry in manifest.files
            if entry.last_offset >= start
            and (end is None or entry.first_offset < end)
            and entry.last_timestamp >= since
        ]

    def _of_file(
        self, manifest: Manifest, entry: FileEntry, data: bytes, key: bytes | None
    ) -> Iterator[Record]:
        path = f"{manifest.folder}/{entry.name}"
        head = read_head(data, path)
        for count, block in read_blocks(data, head, path):
            if key is None or key in block:
                yield from records(block, count, head, path, key)

    def holding(self, topic: str, needle: bytes) -> Iterator[Record]:
        """Records of a topic whose value has `needle` in it, the newest hours first."""
        for partition in self.partitions(topic):
            for manifest in reversed(list(self.manifests(topic, partition))):
                for entry in manifest.files:
                    path = f"{manifest.folder}/{entry.name}"
                    data = hours.read_file(self.store, manifest, entry)
                    head = read_head(data, path)
                    for count, block in read_blocks(data, head, path):
                        if needle in block:
                            found = records(block, count, head, path)
                            yield from (record for record in found if needle in (record.value or b""))


def _chain(readers: list[Iterator[Record]]) -> Iterator[Record]:
    for reader in readers:
        yield from reader
