"""Files of an archive, read: their beginning, their blocks, and the records in them."""

import sys
from collections.abc import Iterator
from typing import NamedTuple

from schemas.codec import MAGIC
from schemas.errors import ArchiveError
from streams.archive.container import CODEC, MAGIC_BYTES, RAW, SYNC_BYTES, Headers, Record

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


class Head(NamedTuple):
    """What the beginning of a file says: its schema id (None of raw values), and where blocks begin."""

    topic: str
    partition: int
    schema_id: int | None
    sync: bytes
    blocks_at: int


class Row(NamedTuple):
    """A record as it stands in a block: its offset, and where its bytes are."""

    offset: int
    data: bytes


def read_head(data: bytes, name: str) -> Head:
    """The beginning of a file; raises ArchiveError for what is no file of an archive."""
    try:
        if data[:4] != MAGIC_BYTES:
            raise damaged(name, "it does not begin as an Avro file does")
        meta: dict[str, bytes] = {}
        count, at = varint(data, 4)
        while count:
            for _ in range(count):
                key, at = _octets(data, at)
                meta[key.decode()], at = _octets(data, at)
            count, at = varint(data, at)
        if meta["avro.codec"] != CODEC:
            raise damaged(name, f"its codec is {meta['avro.codec'].decode()}, not {CODEC.decode()}")
        id = meta["hpr.schema_id"].decode()
        topic, partition = meta["hpr.topic"].decode(), int(meta["hpr.partition"])
    except (ValueError, LookupError) as error:
        raise damaged(name, f"no file of an archive: {error}") from error
    schema_id = None if id == RAW else int(id)
    return Head(topic, partition, schema_id, data[at : at + SYNC_BYTES], at + SYNC_BYTES)


def read_blocks(data: bytes, head: Head, name: str) -> Iterator[tuple[int, bytes]]:
    """Number of rows and bytes of each block; raises ArchiveError where a file is cut off or altered."""
    at = head.blocks_at
    while at < len(data):
        try:
            count, at = varint(data, at)
            packed, at = _octets(data, at)
            block = zstd.decompress(packed)
        except (ValueError, LookupError, zstd.ZstdError) as error:
            raise damaged(name, f"a block is cut off or altered: {error}") from error
        if data[at : at + SYNC_BYTES] != head.sync:
            raise damaged(name, "the mark behind a block is not there")
        at += SYNC_BYTES
        yield count, block


def read_rows(block: bytes, count: int, name: str) -> Iterator[Row]:
    """The rows of a block, not taken apart further."""
    at = 0
    try:
        for _ in range(count):
            begin = at
            offset, at = varint(block, at)
            at = _after_headers(block, _after_key(block, varint(block, at)[1]))
            size, at = varint(block, at)
            at += size
            yield Row(offset, block[begin:at])
    except LookupError as error:
        raise damaged(name, "a row is cut off") from error
    _check_end(at, block, name)


def records(block: bytes, count: int, head: Head, name: str, key: bytes | None = None) -> Iterator[Record]:
    """The records of a block as they lay on Kafka, or only those under `key`; ArchiveError if damaged."""
    prefix = b"" if head.schema_id is None else bytes([MAGIC]) + head.schema_id.to_bytes(4, "big")
    at = 0
    try:
        for _ in range(count):
            offset, at = varint(block, at)
            timestamp, at = varint(block, at)
            found, at = _optional(block, at)
            headers_at = at
            at = at + 1 if not block[at] else _after_headers(block, at)
            size, body_at = varint(block, at)
            at = body_at + size
            if key is not None and found != key:
                continue
            body = block[body_at:at]
            value = prefix + body if prefix else _optional(body, 0)[0]
            headers = _read_headers(block, headers_at) if block[headers_at] else ()
            yield Record(head.topic, head.partition, offset, timestamp, found, value, headers)
    except (LookupError, UnicodeDecodeError) as error:
        raise damaged(name, "a row is cut off") from error
    _check_end(at, block, name)


def _check_end(at: int, block: bytes, name: str) -> None:
    if at != len(block):
        raise damaged(name, "its rows do not end where their block does")


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A long and where it ends.

    >>> varint(b"\\x80\\x01", 0)
    (64, 2)
    """
    byte = data[at]
    at += 1
    value, shift = byte & 127, 7
    while byte & 128:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
    return value >> 1 ^ -(value & 1), at


def _octets(data: bytes, at: int) -> tuple[bytes, int]:
    size, at = varint(data, at)
    if size < 0 or at + size > len(data):
        raise ValueError("it is cut off")
    return data[at : at + size], at + size


def _optional(data: bytes, at: int) -> tuple[bytes | None, int]:
    if not data[at]:
        return None, at + 1
    size, at = varint(data, at + 1)
    return data[at : at + size], at + size


def _after_key(data: bytes, at: int) -> int:
    return _optional(data, at)[1]


def _after_headers(data: bytes, at: int) -> int:
    count, at = varint(data, at)
    while count:
        for _ in range(count):
            size, at = varint(data, at)
            at = _after_key(data, at + size)
        count, at = varint(data, at)
    return at


def _read_headers(data: bytes, at: int) -> Headers:
    found: list[tuple[str, bytes | None]] = []
    count, at = varint(data, at)
    for _ in range(count):
        size, at = varint(data, at)
        name = data[at : at + size].decode()
        value, at = _optional(data, at + size)
        found.append((name, value))
    return tuple(found)


def damaged(name: str, why: str) -> ArchiveError:
    """What is said of a damaged file."""
    return ArchiveError(f"{name}: {why}; `hpr archive verify` lists all that is damaged")
