"""Manifests: one an hour of a partition, which says what files there are and which offsets they hold.

A file is in the archive when its hour's manifest names it. Hours follow Kafka's timestamps and never go back.
"""

from datetime import UTC, datetime
from hashlib import sha256

from msgspec import DecodeError, Struct, json

from schemas.errors import ArchiveError
from streams.archive.container import RAW

FILE = "manifest.json"
FORMAT = 1
HOUR_MS = 3_600_000
HOUR = "%Y-%m-%dT%H"


class FileEntry(Struct, frozen=True):
    """A file of an hour. Timestamps are Kafka's, in milliseconds; `schema_id` is None of raw values."""

    name: str
    schema_id: int | None
    records: int
    first_offset: int
    last_offset: int
    first_timestamp: int
    last_timestamp: int
    bytes: int
    sha256: str


class Manifest(Struct):
    """An hour of a partition: offsets from `first_offset` up to and without `next_offset`."""

    topic: str
    topic_id: str
    partition: int
    hour: str
    first_offset: int
    next_offset: int
    files: list[FileEntry] = []
    absent: list[tuple[int, int]] = []
    """Offsets, the second not included, which the broker no longer had or never gave to a record."""
    closed: bool = False
    """Whether the hour is over and its files are one a schema."""
    format: int = FORMAT

    @property
    def folder(self) -> str:
        """Path of the hour."""
        return folder(self.topic, self.partition, self.hour)

    @property
    def path(self) -> str:
        """Path of the manifest itself."""
        return f"{self.folder}/{FILE}"

    def problems(self) -> list[str]:
        """What does not add up between offsets, files and what is absent."""
        held = sum(entry.records for entry in self.files) + sum(end - start for start, end in self.absent)
        said = self.next_offset - self.first_offset
        return [] if held == said else [f"{self.path}: {said} offsets, but {held} in files or absent"]


def folder(topic: str, partition: int, hour: str) -> str:
    """Path of an hour.

    >>> folder("racing.odds", 3, "2026-11-25T21")
    'racing.odds/003/2026-11-25T21'
    """
    return f"{partition_folder(topic, partition)}/{hour}"


def partition_folder(topic: str, partition: int) -> str:
    """Path of a partition."""
    return f"{topic}/{partition:03d}"


def hour_of(timestamp: int) -> str:
    """The hour (UTC) of a Kafka timestamp in milliseconds.

    >>> hour_of(0)
    '1970-01-01T00'
    """
    return datetime.fromtimestamp(max(timestamp, 0) // HOUR_MS * 3600, UTC).strftime(HOUR)


def end_of(hour: str) -> int:
    """The timestamp, in milliseconds, at which an hour is over.

    >>> end_of("1970-01-01T00")
    3600000
    """
    return int(datetime.strptime(hour, HOUR).replace(tzinfo=UTC).timestamp()) * 1000 + HOUR_MS


def file_name(first_offset: int, schema_id: int | None, last_offset: int | None = None) -> str:
    """Name of a part of an hour; with `last_offset` of a file that parts were joined to."""
    kind = RAW if schema_id is None else f"s{schema_id}"
    joined = "" if last_offset is None else f"-{last_offset:020d}"
    return f"{first_offset:020d}{joined}-{kind}.avro"


def checksum(data: bytes) -> str:
    """SHA-256 of a file, as hexadecimal."""
    return sha256(data).hexdigest()


def dump(manifest: Manifest) -> bytes:
    """The manifest as JSON, for people too."""
    return json.format(json.encode(manifest), indent=1) + b"\n"


def load(data: bytes, path: str) -> Manifest:
    """The manifest of bytes; ArchiveError if they are none, or of a later release."""
    try:
        manifest = json.decode(data, type=Manifest)
    except DecodeError as error:
        raise ArchiveError(
            f"{path}: no manifest ({error}); the sink makes it anew from the files when it starts"
        ) from error
    if manifest.format != FORMAT:
        raise ArchiveError(f"{path}: format {manifest.format}, this release reads {FORMAT}: use a later one")
    return manifest
