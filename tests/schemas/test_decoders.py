"""Compiled decoders: the values of fastavro, or an error or a wrong end that lets fastavro say why."""

from io import BytesIO
from typing import Any

import fastavro
import pytest
from fastavro.utils import generate_many
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import sources
from schemas.decoders import compiled, length, long
from schemas.encoders import compiled as encoder
from schemas.encoders import long as encoded
from schemas.errors import SchemaError


def walked(schema: Any, data: bytes) -> tuple[Any, int]:
    source = BytesIO(data)
    return fastavro.schemaless_reader(source, schema, None), source.tell()


@pytest.mark.parametrize("name", sources.names())
def test_records_made_at_random_are_those_of_fastavro(name: str) -> None:
    schema = sources.plain(sources.raw(name))
    encode, decode = encoder(schema), compiled(schema)
    for record in generate_many(schema, 200):
        data = encode(record)
        found, end = decode(b"12345" + data, 5)
        assert (found, end - 5) == walked(schema, data)
        assert list(found) == list(record)


@given(st.integers(-(1 << 63), (1 << 63) - 1), st.binary(max_size=10))
def test_a_long_is_read_whatever_follows(value: int, more: bytes) -> None:
    data = encoded(value)
    assert long(data + more, 0) == (value, len(data))


@pytest.mark.parametrize("data", [b"\xff" * 10, b"\xff" * 11 + b"\x00", b"\xff" * 9 + b"\x7f"])
def test_a_long_without_end_or_beyond_64_bits_is_none(data: bytes) -> None:
    with pytest.raises(ValueError, match="a long"):
        long(data, 0)


def test_a_negative_length_is_for_fastavro() -> None:
    with pytest.raises(ValueError, match="negative"):
        length(b"\x01", 0)


TWICE = fastavro.parse_schema(
    {
        "type": "record",
        "name": "Twice",
        "fields": [
            {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}},
            {"name": "others", "type": {"type": "map", "values": "Kind"}},
            {"name": "last", "type": ["null", "Kind"]},
            {"name": "bytes", "type": "bytes"},
            {"name": "singles", "type": {"type": "array", "items": "float"}},
            {"name": "flags", "type": {"type": "array", "items": "boolean"}},
            {"name": "nested", "type": ["null", "Twice"]},
        ],
    }
)


def test_named_types_may_come_again_also_within_themselves() -> None:
    inner: dict[str, Any] = {
        "kind": "A", "others": {"x": "A", "y": "B"}, "last": "B", "bytes": b"\x00" * 99, "singles": [0.5] * 3,
        "flags": [True, False], "nested": None,
    }  # fmt: skip
    record = {**inner, "kind": "B", "last": None, "others": {}, "singles": [], "nested": inner}
    data = encoder(TWICE)(record)
    assert compiled(TWICE)(data, 0) == (record, len(data)) == walked(TWICE, data)


@settings(deadline=None)
@given(st.integers(0, 400), st.integers(0, 255), st.integers(0, 400))
def test_what_is_altered_or_cut_off_is_never_read_as_something_else(at: int, byte: int, end: int) -> None:
    data = bytearray(DATA)
    data[at % len(data)] = byte
    damaged = bytes(data[: max(end, 1)])
    try:
        found, stop = DECODE(damaged, 0)
    except Exception:
        return
    if stop == len(damaged):
        assert repr((found, stop)) == repr(walked(ODDS, damaged))


ODDS = sources.plain(sources.raw("OddsUpdate"))
DECODE = compiled(ODDS)
DATA = encoder(ODDS)(next(iter(generate_many(ODDS, 1))))


def test_a_schema_beyond_the_projects_means_is_refused() -> None:
    two = {"type": "record", "name": "R", "fields": [{"name": "a", "type": ["null", "string", "long"]}]}
    with pytest.raises(SchemaError, match="null and one other"):
        compiled(fastavro.parse_schema(two))
