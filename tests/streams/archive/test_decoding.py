"""Blocks decoded whole give what their records decoded one by one give, or nothing."""

from typing import Any

import pytest
from fastavro.utils import generate_one
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import default_codec
from schemas.encoders import compiled
from schemas.sources import plain
from streams.archive.blocks import Head, records
from streams.archive.container import Record, encode_row
from streams.archive.decoding import BlockDecoder
from tests.streams.events import odds, price

CODEC = default_codec()
DECODER = BlockDecoder(CODEC)
TOPIC, PARTITION = "racing.odds", 2


def wires(count: int) -> list[bytes]:
    return [CODEC.encode("OddsUpdate", odds([price("1", 3.0 + n), price("2", 4.0)], n)) for n in range(count)]


def block_of(values: list[bytes], offsets: list[int] | None = None) -> tuple[bytes, int, Head]:
    found = [
        Record(
            TOPIC, PARTITION, offset, 1_700_000_000_000 + offset, b"BEL", value, (("a", b"1"), ("b", None))
        )
        for offset, value in zip(offsets or range(10, 10 + len(values)), values, strict=True)
    ]
    id = int.from_bytes(values[0][1:5], "big")
    rows = [encode_row(record, False) for record in found]
    return b"".join(rows), len(rows), Head(TOPIC, PARTITION, id, b"", 0)


def one_by_one(block: bytes, count: int, head: Head) -> list[tuple[int, Any]]:
    return [(r.offset, CODEC.decode(r.value or b"")[1]) for r in records(block, count, head, "file")]


def test_a_block_is_what_its_records_are() -> None:
    block = block_of(wires(50))
    decoded = DECODER.decode(*block)
    assert decoded is not None
    assert decoded.name == "OddsUpdate"
    assert list(zip(decoded.offsets, decoded.events, strict=True)) == one_by_one(*block)


@pytest.mark.parametrize("subject", ["racing.odds-value", "racing.results-value", "racing.cards-value"])
def test_an_older_schema_is_read_into_the_newest(subject: str) -> None:
    for version in CODEC.history.subjects[subject]:
        schema = plain(CODEC.history.schemas[version.id])
        made: Any = generate_one(schema)
        block = block_of([b"\x00" + version.id.to_bytes(4, "big") + compiled(schema)(made)] * 3)
        decoded = DECODER.decode(*block)
        assert decoded is not None
        assert list(zip(decoded.offsets, decoded.events, strict=True)) == one_by_one(*block)


@settings(deadline=None)
@given(st.integers(0, 9), st.binary(min_size=1, max_size=40), st.integers(0, 200))
def test_a_value_with_other_bytes_than_its_schema_has_is_never_read_over(
    at: int, more: bytes, less: int
) -> None:
    values = wires(10)
    values[at] = values[at][: len(values[at]) - less if less < 200 else 5] + (more if less % 2 else b"")
    decoded = DECODER.decode(*block_of(values))
    if values != wires(10):
        assert decoded is None


def test_offsets_that_do_not_grow_and_values_of_no_known_schema_are_for_reading_one_by_one() -> None:
    assert DECODER.decode(*block_of(wires(3), [4, 4, 5])) is None
    block, count, head = block_of(wires(3))
    assert DECODER.decode(block, count, head._replace(schema_id=None)) is None
    assert DECODER.decode(block, count, head._replace(schema_id=4095)) is None
    assert DECODER.decode(block[:-3], count, head) is None
    assert DECODER.decode(block, count - 1, head) is None
