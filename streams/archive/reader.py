"""The archive as its readers see it: topics, partitions, hours, and the records as they lay on Kafka."""

from collections.abc import Callable, Iterator
from functools import partial
from heapq import merge
from itertools import chain, pairwise
from typing import Protocol, TypeVar

from schemas.errors import ArchiveError
from streams.archive import hours
from streams.archive.blocks import Head, read_blocks, read_head, records
from streams.archive.container import Record
from streams.archive.manifest import FILE, FileEntry, Manifest, folder
from streams.archive.store import MissingError, Store


class Placed(Protocol):
    """Anything that lay at an offset."""

    @property
    def offset(self) -> int:
        """Where it lay."""


T = TypeVar("T", bound=Placed)
ReadBlock = Callable[[bytes, int, Head, str], Iterator[T]]
"""What is in a block: its bytes, number of rows, the file's head, and what the file is called."""


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
        """Records by offset, from `start` up to and without `end`; or only those under `key`. See `read`."""
        read_block = records if key is None else partial(_under, key)
        return self.read(topic, partition, read_block, start, end, since=since)

    def read(
        self, topic: str, partition: int, read_block: ReadBlock[T], start: int = 0, end: int | None = None, *,
        since: int = 0,
    ) -> Iterator[T]:  # fmt: skip
        """What `read_block` makes of the blocks of a partition, by offset, from `start` up to `end`.

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
            found = self._of_hour(manifest, read_block, start, end, since)
            if manifest.first_offset >= start and (end is None or manifest.next_offset <= end):
                yield from found
            else:
                yield from (
                    each for each in found if start <= each.offset and (end is None or each.offset < end)
                )

    def _of_hour(
        self, manifest: Manifest, read_block: ReadBlock[T], start: int, end: int | None, since: int
    ) -> Iterator[T]:
        """What is in an hour; the sink may join its parts at any moment, so they are all fetched first."""
        try:
            fetched = self._fetch(manifest, start, end, since)
        except ArchiveError:
            again = hours.read(self.store, manifest.topic, manifest.partition, manifest.hour)
            if again == manifest:
                raise
            manifest = again
            fetched = self._fetch(manifest, start, end, since)
        fetched.sort(key=lambda pair: pair[0].first_offset)
        readers = [_of_file(f"{manifest.folder}/{entry.name}", data, read_block) for entry, data in fetched]
        in_turn = all(one[0].last_offset < other[0].first_offset for one, other in pairwise(fetched))
        return chain.from_iterable(readers) if in_turn else merge(*readers, key=lambda each: each.offset)

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


def _of_file(path: str, data: bytes, read_block: ReadBlock[T]) -> Iterator[T]:
    head = read_head(data, path)
    for count, block in read_blocks(data, head, path):
        yield from read_block(block, count, head, path)


def _under(key: bytes, block: bytes, count: int, head: Head, path: str) -> Iterator[Record]:
    if key in block:
        yield from records(block, count, head, path, key)
