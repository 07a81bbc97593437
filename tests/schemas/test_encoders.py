"""Compiled encoders: the bytes of fastavro, or an error that lets fastavro say why."""

from io import BytesIO
from typing import Any

import fastavro
import pytest
from fastavro.utils import generate_many
from hypothesis import given
from hypothesis import strategies as st

from schemas import sources
from schemas.codec import MISFITS
from schemas.encoders import Lasting, compiled, long
from schemas.errors import SchemaError


def walked(schema: Any, value: Any) -> bytes:
    out = BytesIO()
    fastavro.schemaless_writer(out, schema, value)
    return out.getvalue()


@pytest.mark.parametrize("name", sources.names())
def test_records_made_at_random_have_the_bytes_of_fastavro(name: str) -> None:
    schema = sources.plain(sources.raw(name))
    encode = compiled(schema)
    for record in generate_many(schema, 200):
        assert encode(record) == walked(schema, record)


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_a_long_is_zigzag_in_seven_bits_a_byte(value: int) -> None:
    assert long(value) == walked("long", value)


@pytest.mark.parametrize("value", [1 << 63, -(1 << 63) - 1, 1 << 80])
def test_beyond_64_bits_there_is_no_long(value: int) -> None:
    with pytest.raises(OverflowError):
        long(value)


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
            {"name": "nested", "type": ["null", "Twice"]},
        ],
    }
)


def test_named_types_may_come_again_also_within_themselves() -> None:
    inner: dict[str, Any] = {
        "kind": "A",
        "others": {},
        "last": None,
        "bytes": b"",
        "singles": [],
        "nested": None,
    }
    outer = {
        "kind": "B", "others": {"ä": "A", "b": "B"}, "last": "B", "bytes": b"\x00\x01", "singles": [1.5, 2.0],
        "nested": inner,
    }  # fmt: skip
    assert compiled(TWICE)(outer) == walked(TWICE, outer)


@pytest.mark.parametrize(
    "kind", [["null", "long", "string"], ["string", "null"], {"type": "fixed", "name": "Four", "size": 4}]
)
def test_a_type_that_is_not_known_is_an_error(kind: Any) -> None:
    schema = {"type": "record", "name": "Strange", "fields": [{"name": "field", "type": kind}]}
    with pytest.raises(SchemaError):
        compiled(fastavro.parse_schema(schema))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("boolean", "x"),
        ("boolean", 1),
        ("int", 1 << 40),
        ("int", 1.5),
        ("long", "1"),
        ("double", "1.5"),
        ("string", b"text"),
        ("string", 5),
        ("bytes", "text"),
        (["null", "double"], "1.5"),
        ({"type": "enum", "name": "Sort", "symbols": ["A"]}, "B"),
        ({"type": "array", "items": "string"}, None),
        ({"type": "array", "items": "string"}, 0),
        ({"type": "array", "items": "double"}, None),
        ({"type": "array", "items": "double"}, ["x"]),
        ({"type": "map", "values": "string"}, None),
    ],
)
def test_what_does_not_fit_is_an_error(kind: Any, value: Any) -> None:
    schema = {"type": "record", "name": "Strict", "fields": [{"name": "field", "type": kind}]}
    with pytest.raises(MISFITS):
        compiled(fastavro.parse_schema(schema))({"field": value})


def test_a_lasting_list_is_encoded_once_and_as_any_other() -> None:
    schema = fastavro.parse_schema({"type": "array", "items": TWICE})
    encode, asked = compiled(schema), 0

    class Counted(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            nonlocal asked
            asked += 1
            return super().__getitem__(key)

    plain: dict[str, Any] = {
        "kind": "B",
        "others": {},
        "last": None,
        "bytes": b"",
        "singles": [],
        "nested": None,
    }
    lasting = Lasting([Counted(plain)])
    assert encode(lasting) == encode([plain]) == encode(lasting) == walked(schema, [plain])
    assert asked == len(plain)
    assert lasting == [Counted(plain)]


def test_a_lasting_list_may_stand_in_arrays_of_several_kinds() -> None:
    item = {"left": 1, "right": 2}
    fields = [{"name": name, "type": "int"} for name in item]
    one, other = (
        compiled(
            fastavro.parse_schema({"type": "array", "items": {"type": "record", "name": "R", "fields": f}})
        )
        for f in (fields, fields[::-1])
    )
    lasting = Lasting([item])
    assert one(lasting) == b"\x02\x02\x04\x00"
    assert other(lasting) == b"\x02\x04\x02\x00"
