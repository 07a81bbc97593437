"""The writer of one partition: records in by offset, parts of the hour out, never a gap, never twice."""

from dataclasses import dataclass, field

from schemas.errors import ArchiveError
from schemas.history import History
from streams.archive import hours
from streams.archive.container import Record, encode_row, schema_of, write_file
from streams.archive.manifest import FileEntry, Manifest, checksum, dump, end_of, file_name, hour_of
from streams.archive.store import Store

LONG_AGO = -(1 << 63)


@dataclass(slots=True)
class Part:
    """Rows of one schema that wait to be written, with what their entry will say."""

    first_offset: int
    last_offset: int
    rows: list[bytes] = field(default_factory=list)
    timestamps: list[int] = field(default_factory=list)


class PartitionWriter:
    """Appends a partition's records to its hours.

    What `flush` has written is durable; what was added since is held. A `flush` that raised StoreError can
    be called again. Opened after a crash, it goes on behind the last record that a manifest speaks of.
    """

    def __init__(self, store: Store, topic: str, topic_id: str, partition: int, history: History) -> None:
        self._store = store
        self._history = history
        self.topic, self.partition, self.topic_id = topic, partition, topic_id
        self._known = history.schemas.keys()
        self._parts: dict[int | None, Part] = {}
        self._absent: list[tuple[int, int]] = []
        self._failed = False
        self.held_bytes = 0
        self.manifest = self._open()
        self._ends = end_of(self.manifest.hour) if self.manifest else LONG_AGO
        """When the hour at hand is over, in milliseconds."""
        self.next_offset: int | None = self.manifest.next_offset if self.manifest else None
        """Offset of the next record that is wanted; None where the archive holds nothing yet."""

    def _open(self) -> Manifest | None:
        """The newest hour, settled; older ones that were not closed are closed."""
        names = hours.hours(self._store, self.topic, self.partition)
        newest: Manifest | None = None
        # More than one hour is open only if killed between them.
        for name in names[-2:]:
            before = newest.next_offset if newest else None
            settled = hours.settle(self._store, self.topic, self.partition, name, before)
            if settled is not None:
                if newest is not None and not newest.closed:
                    hours.close(self._store, newest, self._history)
                newest = settled
        if newest is not None:
            self._check_topic(newest)
        return newest

    def _check_topic(self, manifest: Manifest) -> None:
        if manifest.topic_id and self.topic_id and manifest.topic_id != self.topic_id:
            raise ArchiveError(
                f"{self._store.name}: {self.topic} was deleted and made anew since it was archived: "
                "archive it to another place"
            )

    @property
    def holds(self) -> bool:
        """Whether anything waits to be written."""
        return bool(self._parts or self._absent)

    def begin(self, offset: int) -> None:
        """Where reading begins; offsets between here and what is archived are noted as absent."""
        if self.next_offset is None:
            self.next_offset = offset
        elif offset > self.next_offset:
            self._absent.append((self.next_offset, offset))
            self.next_offset = offset

    def add(self, record: Record) -> None:
        """Take in a record; one that is archived already changes nothing.

        Raises StoreError where a flush has failed and does so again, or an hour cannot be closed: then
        nothing was taken in.
        """
        offset, timestamp = record.offset, record.timestamp
        if offset != self.next_offset or timestamp >= self._ends or self._failed:
            if self.next_offset is not None and offset < self.next_offset:
                return
            if self._failed:
                # What was written of it stands under the same name: nothing may join it.
                self.flush()
            self.begin(offset)
            self._turn_hour(timestamp)
        schema_id = schema_of(record, self._known)
        row = encode_row(record, schema_id is None)
        part = self._parts.get(schema_id)
        if part is None:
            part = self._parts[schema_id] = Part(offset, offset)
        part.rows.append(row)
        part.timestamps.append(timestamp)
        part.last_offset = offset
        self.held_bytes += len(row)
        self.next_offset = offset + 1

    def _turn_hour(self, timestamp: int) -> None:
        """Begin a new hour where the record's is later; an earlier one's record goes to the hour at hand."""
        if self.manifest is not None:
            if timestamp < self._ends:
                return
            self.flush()
            if not self.manifest.closed:
                self.manifest = hours.close(self._store, self.manifest, self._history)
        start = self._absent[0][0] if self._absent else self.next_offset or 0
        hour = hour_of(timestamp)
        self.manifest = Manifest(self.topic, self.topic_id, self.partition, hour, start, start)
        self._ends = end_of(hour)

    def flush(self) -> int | None:
        """Write what is held; returns the next offset that is wanted. Raises StoreError; try again then."""
        manifest = self.manifest
        if manifest is None or not self.holds:
            return self.next_offset
        self._failed = True
        new = [self._write(manifest, schema_id, part) for schema_id, part in self._parts.items()]
        grown = Manifest(
            self.topic, self.topic_id or manifest.topic_id, self.partition, manifest.hour,
            manifest.first_offset, self.next_offset or 0, [*manifest.files, *new],
            [*manifest.absent, *self._absent],
        )  # fmt: skip
        self._store.put(grown.path, dump(grown))
        self.manifest = grown
        self._parts, self._absent, self.held_bytes, self._failed = {}, [], 0, False
        return self.next_offset

    def close_before(self, hour: str) -> None:
        """Close the hour at hand if it is before `hour` and nothing is held: no record has come to do it."""
        manifest = self.manifest
        if manifest is not None and manifest.hour < hour and not manifest.closed and not self.holds:
            self.manifest = hours.close(self._store, manifest, self._history)

    def _write(self, manifest: Manifest, schema_id: int | None, part: Part) -> FileEntry:
        value = None if schema_id is None else self._history.schemas[schema_id]
        data = write_file(self.topic, self.partition, schema_id, value, part.rows)
        name = file_name(part.first_offset, schema_id)
        self._store.put_new(f"{manifest.folder}/{name}", data)
        return FileEntry(
            name, schema_id, len(part.rows), part.first_offset, part.last_offset, min(part.timestamps),
            max(part.timestamps), len(data), checksum(data),
        )  # fmt: skip
