"""An hour of a partition: its manifest read, or made anew from its files; its parts joined in the end."""

import structlog

from schemas.errors import ArchiveError, StoreError
from schemas.history import History
from streams.archive.blocks import damaged, read_blocks, read_head, read_rows, varint
from streams.archive.container import TIGHT, write_file
from streams.archive.manifest import (
    FILE,
    FileEntry,
    Manifest,
    checksum,
    dump,
    file_name,
    folder,
    load,
    partition_folder,
)
from streams.archive.store import MissingError, Store

log = structlog.get_logger("hpr.archive")


def hours(store: Store, topic: str, partition: int) -> list[str]:
    """The hours of a partition that have a manifest or files, in order."""
    return store.folders(partition_folder(topic, partition))


def read(store: Store, topic: str, partition: int, hour: str) -> Manifest:
    """The manifest of an hour; ArchiveError if it is damaged, MissingError if it has none."""
    path = f"{folder(topic, partition, hour)}/{FILE}"
    return load(store.get(path), path)


def read_file(store: Store, manifest: Manifest, entry: FileEntry) -> bytes:
    """The bytes of a file; ArchiveError if they are not those that the manifest speaks of."""
    path = f"{manifest.folder}/{entry.name}"
    try:
        data = store.get(path)
    except MissingError as error:
        raise damaged(path, "the file is gone") from error
    if checksum(data) != entry.sha256:
        raise damaged(path, "its checksum is another than the manifest's")
    return data


def settle(store: Store, topic: str, partition: int, hour: str, next_offset: int | None) -> Manifest | None:
    """The hour as it is after a crash: files outside the manifest are deleted, a lost manifest is made anew.

    `next_offset` is where the hour before ended, None if there is none. None if the hour holds nothing.
    """
    path = folder(topic, partition, hour)
    names = store.files(path)
    try:
        manifest = read(store, topic, partition, hour)
    except MissingError:
        manifest = None
    except ArchiveError as error:
        log.warning("a manifest is damaged: making it anew from the files", why=str(error))
        manifest = rebuild(store, topic, partition, hour, next_offset)
        store.put(manifest.path, dump(manifest))
    known = {FILE, *(entry.name for entry in manifest.files)} if manifest else set()
    for name in names:
        if name not in known:
            store.delete(f"{path}/{name}")
    return manifest


def rebuild(store: Store, topic: str, partition: int, hour: str, next_offset: int | None) -> Manifest:
    """A manifest of the intact files of an hour, up to the first offset that none of them holds."""
    path = folder(topic, partition, hour)
    found: list[tuple[FileEntry, set[int]]] = []
    for name in store.files(path):
        if name.endswith(".avro"):
            try:
                found.append(_inspect(store.get(f"{path}/{name}"), f"{path}/{name}"))
            except ArchiveError as error:
                log.warning("a damaged file is left out", why=str(error))
    # Of a whole hour and its parts the larger counts.
    found.sort(key=lambda each: -each[0].records)
    kept: list[tuple[FileEntry, set[int]]] = []
    for entry, offsets in found:
        if not any(offsets & others for _, others in kept):
            kept.append((entry, offsets))
    first = next_offset if next_offset is not None else min((min(o) for _, o in kept), default=0)
    while True:
        held = set().union(*(offsets for _, offsets in kept))
        end = first
        while end in held:
            end += 1
        if all(max(offsets) < end for _, offsets in kept):
            break
        kept = [each for each in kept if max(each[1]) < end]
    files = sorted((entry for entry, _ in kept), key=lambda entry: entry.first_offset)
    return Manifest(topic, "", partition, hour, first, end, files)


def _inspect(data: bytes, path: str) -> tuple[FileEntry, set[int]]:
    """The entry of a file, and the offsets in it."""
    head = read_head(data, path)
    offsets: list[int] = []
    timestamps: list[int] = []
    for count, block in read_blocks(data, head, path):
        for row in read_rows(block, count, path):
            offsets.append(row.offset)
            timestamps.append(varint(row.data, varint(row.data, 0)[1])[0])
    if not offsets:
        raise damaged(path, "the file is empty")
    name = path.rpartition("/")[2]
    entry = FileEntry(
        name, head.schema_id, len(offsets), min(offsets), max(offsets), min(timestamps), max(timestamps),
        len(data), checksum(data),
    )  # fmt: skip
    return entry, set(offsets)


def close(store: Store, manifest: Manifest, history: History) -> Manifest:
    """Join the parts of an hour that is over: one file a schema. Killed at any point, it is done again."""
    by_schema: dict[int | None, list[FileEntry]] = {}
    for entry in manifest.files:
        by_schema.setdefault(entry.schema_id, []).append(entry)
    files = [_join(store, manifest, parts, history) for parts in by_schema.values()]
    closed = Manifest(
        manifest.topic, manifest.topic_id, manifest.partition, manifest.hour, manifest.first_offset,
        manifest.next_offset, files, manifest.absent, closed=True,
    )  # fmt: skip
    store.put(closed.path, dump(closed))
    kept = {entry.name for entry in files}
    for entry in manifest.files:
        if entry.name not in kept:
            try:
                store.delete(f"{manifest.folder}/{entry.name}")
            except StoreError as error:
                log.warning("a part that was joined is left over", why=str(error))
    return closed


def _join(store: Store, manifest: Manifest, parts: list[FileEntry], history: History) -> FileEntry:
    """One file of the parts of one schema."""
    first, schema_id = parts[0], parts[0].schema_id
    if len(parts) == 1:
        return first
    # Each part was written whole before the next: of one schema they follow each other, row by row.
    parts = sorted(parts, key=lambda entry: entry.first_offset)
    counts: list[int] = []
    blocks: list[bytes] = []
    for entry in parts:
        path, data = f"{manifest.folder}/{entry.name}", read_file(store, manifest, entry)
        for count, block in read_blocks(data, read_head(data, path), path):
            counts.append(count)
            blocks.append(block)
    value = None if schema_id is None else history.schemas[schema_id]
    joined = write_file(
        manifest.topic, manifest.partition, schema_id, value, blocks, counts=counts, level=TIGHT
    )
    # Not the name of any file that is there: that one counts until the manifest speaks of this one.
    first_offset, last_offset = parts[0].first_offset, parts[-1].last_offset
    name = file_name(first_offset, schema_id, last_offset)
    store.put(f"{manifest.folder}/{name}", joined)
    return FileEntry(
        name, schema_id, sum(counts), first_offset, last_offset,
        min(entry.first_timestamp for entry in parts), max(entry.last_timestamp for entry in parts),
        len(joined), checksum(joined),
    )  # fmt: skip


def remove(store: Store, topic: str, partition: int, hour: str) -> None:
    """Delete an hour, its manifest first: what is left of it if this is killed counts no more."""
    path = folder(topic, partition, hour)
    store.delete(f"{path}/{FILE}")
    for name in store.files(path):
        store.delete(f"{path}/{name}")
