"""Upkeep of an archive: what it holds, whether it is whole, hours joined and old ones removed."""

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.errors import ArchiveError
from schemas.history import History
from streams.archive import hours
from streams.archive.blocks import read_blocks, read_head, read_rows
from streams.archive.manifest import FILE, Manifest
from streams.archive.reader import Archive
from streams.archive.store import MissingError


@dataclass(frozen=True, slots=True)
class Held:
    """What the archive holds of a partition; hours as `2026-11-25T21`."""

    topic: str
    partition: int
    first_offset: int
    next_offset: int
    records: int
    hours: int
    files: int
    bytes: int
    first_hour: str
    last_hour: str


def held(archive: Archive) -> Iterator[Held]:
    """What there is of each partition, by the manifests; damaged ones raise ArchiveError."""
    for topic in archive.topics():
        for partition in archive.partitions(topic):
            found = list(archive.manifests(topic, partition))
            if found:
                files = [entry for manifest in found for entry in manifest.files]
                yield Held(
                    topic, partition, found[0].first_offset, found[-1].next_offset,
                    sum(entry.records for entry in files), len(found), len(files),
                    sum(entry.bytes for entry in files), found[0].hour, found[-1].hour,
                )  # fmt: skip


def problems(archive: Archive) -> Iterator[str]:
    """Everything that is not as it has to be, one line each: every file is read whole."""
    for topic in archive.topics():
        for partition in archive.partitions(topic):
            yield from _problems_of(archive, topic, partition)


def _problems_of(archive: Archive, topic: str, partition: int) -> Iterator[str]:
    before: Manifest | None = None
    names = hours.hours(archive.store, topic, partition)
    for name in names:
        try:
            manifest = hours.read(archive.store, topic, partition, name)
        except MissingError as error:
            if name != names[-1]:
                yield str(error)
            continue
        except ArchiveError as error:
            yield str(error)
            before = None
            continue
        if before is not None and before.next_offset != manifest.first_offset:
            yield (
                f"{manifest.folder}: begins at offset {manifest.first_offset}, "
                f"the hour before ended at {before.next_offset}"
            )
        if before is not None and before.topic_id and before.topic_id != manifest.topic_id:
            yield f"{manifest.folder}: topic id {manifest.topic_id}, the hour before had {before.topic_id}"
        before = manifest
        yield from _problems_in(archive, manifest)


def _problems_in(archive: Archive, manifest: Manifest) -> Iterator[str]:
    yield from manifest.problems()
    offsets: list[int] = []
    try:
        for entry in manifest.files:
            path, data = f"{manifest.folder}/{entry.name}", hours.read_file(archive.store, manifest, entry)
            for count, block in read_blocks(data, read_head(data, path), path):
                offsets += (row.offset for row in read_rows(block, count, path))
    except ArchiveError as error:
        yield str(error)
        return
    absent = {offset for start, end in manifest.absent for offset in range(start, end)}
    wanted = [o for o in range(manifest.first_offset, manifest.next_offset) if o not in absent]
    if sorted(offsets) != wanted:
        missing, extra = len(set(wanted) - set(offsets)), len(offsets) - len(set(offsets) & set(wanted))
        yield f"{manifest.folder}: {missing} offsets missing, {extra} twice or not of this hour"
    known = {FILE, *(entry.name for entry in manifest.files)}
    if manifest.closed and (strays := set(archive.store.files(manifest.folder)) - known):
        yield f"{manifest.folder}: left over: {', '.join(sorted(strays))}; `hpr archive compact` removes them"


def absent(archive: Archive) -> Iterator[str]:
    """Offsets that the broker no longer had when the sink asked, one line for each run of them."""
    for topic in archive.topics():
        for partition in archive.partitions(topic):
            for manifest in archive.manifests(topic, partition):
                for start, end in manifest.absent:
                    yield f"{topic}, partition {partition}: the broker had no offsets {start} to {end - 1}"


def compact(archive: Archive, history: History, *, newest: bool = False) -> int:
    """Close the hours that are over, or with `newest` all of them; returns how many were not closed.

    The newest hour of a partition is the sink's while it runs.
    """
    closed = 0
    for topic in archive.topics():
        for partition in archive.partitions(topic):
            names = hours.hours(archive.store, topic, partition)
            before: int | None = None
            for name in names if newest else names[:-1]:
                manifest = hours.settle(archive.store, topic, partition, name, before)
                if manifest is not None:
                    before = manifest.next_offset
                    if not manifest.closed:
                        hours.close(archive.store, manifest, history)
                        closed += 1
    return closed


def prune(archive: Archive, before: str, topics: list[str] | None = None) -> int:
    """Delete the hours earlier than `before` (`2026-11-25` or `2026-11-25T21`); returns how many.

    The newest hour of a partition stays, because it says where the sink goes on.
    """
    gone = 0
    for topic in archive.topics():
        if topics and topic not in topics:
            continue
        for partition in archive.partitions(topic):
            for name in hours.hours(archive.store, topic, partition)[:-1]:
                if name < before:
                    hours.remove(archive.store, topic, partition, name)
                    gone += 1
    return gone
