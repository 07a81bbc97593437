"""Avro object container files of Kafka records, written: the Avro bytes of values stand in them as they came.

A row is the record's offset, timestamp, key and headers, the size of its value, and the value without the
five bytes before it on the wire. Specification: https://avro.apache.org/docs/1.12.0/specification/
"""

import json
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import md5
from itertools import repeat

from msgspec import Struct

from schemas.codec import MAGIC, PREFIX_BYTES
from schemas.encoders import long, octets, string
from schemas.sources import Json

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAGIC_BYTES = b"Obj\x01"
SYNC_BYTES = 16
CODEC = b"zstandard"
BLOCK_BYTES = 1 << 20
"""Bytes of a block before it is compressed."""
FAST, TIGHT = 3, 6
"""Levels of Zstandard: the second takes three times as long and a fourteenth less room."""
RAW = "raw"
"""In place of a schema id: values that are not of a known schema, whole."""

Headers = tuple[tuple[str, bytes | None], ...]


class Record(Struct, frozen=True, gc=False):
    """A record as it lay on Kafka; `timestamp` is in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


def schema_of(record: Record, known: Iterable[int]) -> int | None:
    """The schema id of a record's value; None if it has to be kept raw."""
    if record.value is None:
        return None
    id = _id_of(record.value[:PREFIX_BYTES])
    return id if id is not None and id in known else None


@lru_cache(maxsize=256)
def _id_of(prefix: bytes) -> int | None:
    """The schema id in what stands before a value on the wire; None if that is something else."""
    if len(prefix) < PREFIX_BYTES or prefix[0] != MAGIC:
        return None
    return int.from_bytes(prefix[1:], "big")


def encode_row(record: Record, raw: bool) -> bytes:
    """One row of a block."""
    body = _whole(record.value) if raw else (record.value or b"")[PREFIX_BYTES:]
    headers = _headers(record.headers) if record.headers else b"\x00"
    return b"".join(
        (
            _growing(record.offset), _growing(record.timestamp), _key(record.key), headers,
            _growing(len(body)), body,
        )
    )  # fmt: skip


def _whole(value: bytes | None) -> bytes:
    return b"\x00" if value is None else b"\x02" + octets(value)


SHORT = [long(n) for n in range(1 << 13)]
LOWEST = [bytes((n & 127 | 128, n >> 7 | 128)) for n in range(1 << 14)]
"""The first two bytes of longs that have more, by their lowest 14 bits."""


def _growing(value: int) -> bytes:
    """A long as `long` writes it, faster where what is above its lowest bits stays: in offsets and times."""
    if value < 1 << 13:
        return SHORT[value] if value >= 0 else long(value)
    left = value << 1
    return LOWEST[left & 0x3FFF] + _above(left >> 14)


@lru_cache(maxsize=4096)
def _above(left: int) -> bytes:
    return long(left >> 1 ^ -(left & 1))


@lru_cache(maxsize=4096)
def _key(key: bytes | None) -> bytes:
    return _whole(key)


def _headers(headers: Headers) -> bytes:
    rows = [string(name) + (b"\x00" if value is None else b"\x02" + octets(value)) for name, value in headers]
    return b"".join((long(len(rows)), *rows, b"\x00"))


def file_schema(value: Json | None) -> Json:
    """The schema of a file whose values have the schema `value`, or are kept raw."""
    header = {
        "type": "record",
        "name": "Header",
        "fields": [{"name": "name", "type": "string"}, {"name": "value", "type": ["null", "bytes"]}],
    }
    return {
        "type": "record",
        "name": "Archived",
        "namespace": "horseracepro.archive",
        "doc": "A Kafka record; offset and timestamp (milliseconds since 1970) are the broker's.",
        "fields": [
            {"name": "offset", "type": "long"},
            {"name": "timestamp", "type": {"type": "long", "logicalType": "timestamp-millis"}},
            {"name": "key", "type": ["null", "bytes"]},
            {"name": "headers", "type": {"type": "array", "items": header}},
            {"name": "size", "type": "long", "doc": "Bytes of the value, so that it can be skipped."},
            {"name": "value", "type": ["null", "bytes"] if value is None else value},
        ],
    }


def write_file(
    topic: str,
    partition: int,
    schema_id: int | None,
    value: Json | None,
    rows: Iterable[bytes],
    *,
    counts: Iterable[int] = repeat(1),
    level: int | None = FAST,
) -> bytes:
    """A whole file; the same rows give the same bytes. Without `level` it is not compressed.

    `rows` may be several in one each, such as the blocks of other files: `counts` says how many.
    """
    meta = {
        "avro.schema": json.dumps(file_schema(value), separators=(",", ":")).encode(),
        "avro.codec": CODEC if level is not None else b"null",
        "hpr.topic": topic.encode(),
        "hpr.partition": str(partition).encode(),
        "hpr.schema_id": RAW.encode() if schema_id is None else str(schema_id).encode(),
    }
    head = MAGIC_BYTES + long(len(meta))
    head += b"".join(string(name) + octets(text) for name, text in meta.items()) + b"\x00"
    blocks = [
        (count, data if level is None else zstd.compress(data, level))
        for count, data in _blocks(rows, counts)
    ]
    # A marker has to be one that no data holds by chance: of a digest of the data that is as good as sure.
    sync = md5(b"".join(data for _, data in blocks), usedforsecurity=False).digest()
    body = b"".join(long(count) + octets(data) + sync for count, data in blocks)
    return head + sync + body


def _blocks(rows: Iterable[bytes], counts: Iterable[int]) -> Iterator[tuple[int, bytes]]:
    held: list[bytes] = []
    number = size = 0
    for row, count in zip(rows, counts, strict=False):
        held.append(row)
        number += count
        size += len(row)
        if size >= BLOCK_BYTES:
            yield number, b"".join(held)
            held, number, size = [], 0, 0
    if held:
        yield number, b"".join(held)
