from collections.abc import Callable
from io import BytesIO
from typing import Any, cast
from uuid import UUID

import fastavro
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas import sources
from schemas.codec import Codec, default_codec
from schemas.errors import CorruptRecordError, SchemaError, UnknownSchemaError
from schemas.history import History, Version, load
from schemas.sources import Json

NOON = 1_690_000_000_000_000
STATUS: dict[str, Any] = {
    "event_id": "0f1e2d3c-4b5a-5978-8697-a5b4c3d2e1f0",
    "source": "betfair",
    "race_id": "BEL-20230715-01",
    "event_time": NOON,
    "recorded_time": NOON + 1,
    "sequence": 7,
    "market_id": "1.2",
    "status": "IN_PLAY",
    "scheduled_off": None,
    "off_time": NOON,
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "int": st.integers(-(1 << 31), (1 << 31) - 1),
    "long": st.integers(-(1 << 63), (1 << 63) - 1),
    "float": st.floats(width=32, allow_nan=False),
    "double": st.floats(allow_nan=False),
    "bytes": st.binary(max_size=20),
    "string": st.text(max_size=12),
}


def values(node: Any, named: dict[str, Json]) -> st.SearchStrategy[Any]:
    """Values that fit an Avro schema; `named` collects the types that are written out once."""
    if isinstance(node, list):
        return st.one_of([values(item, named) for item in node])
    if isinstance(node, str):
        return VALUES[node] if node in VALUES else values(named[node.rpartition(".")[2]], named)
    if "name" in node:
        named[node["name"]] = node
    if node["type"] not in COMPOUND:
        return values(node["type"], named)
    return COMPOUND[node["type"]](node, named)


COMPOUND: dict[str, Callable[[Json, dict[str, Json]], st.SearchStrategy[Any]]] = {
    "record": lambda node, named: st.fixed_dictionaries(
        {field["name"]: values(field["type"], named) for field in node["fields"]}
    ),
    "enum": lambda node, named: st.sampled_from(node["symbols"]),
    "array": lambda node, named: st.lists(values(node["items"], named), max_size=3),
    "map": lambda node, named: st.dictionaries(VALUES["string"], values(node["values"], named), max_size=3),
}
EVENTS = {name: values(sources.raw(name), {}) for name in sources.names()}
NAMED_EVENTS = st.sampled_from(sources.names()).flatmap(
    lambda name: st.tuples(st.just(name), EVENTS[name]),
)


def history_of(*schemas: Json) -> History:
    """A history of one subject with these versions and ids from 1."""
    versions = tuple(Version(n, n) for n in range(1, len(schemas) + 1))
    return History({"racing.status-value": versions}, dict(enumerate(schemas, 1)))


def without(schema: Json, field: str) -> Json:
    return schema | {"fields": [f for f in schema["fields"] if f["name"] != field]}


@given(NAMED_EVENTS)
def test_what_is_encoded_is_decoded_again(event: tuple[str, dict[str, Any]]) -> None:
    name, record = event
    assert default_codec().decode(default_codec().encode(name, record)) == (name, record)


@given(NAMED_EVENTS)
def test_the_bytes_are_plain_confluent_that_any_avro_library_reads(
    event: tuple[str, dict[str, Any]],
) -> None:
    name, record = event
    data = default_codec().encode(name, record)
    schema = load().schemas[int.from_bytes(data[1:5], "big")]
    without_logical = fastavro.schemaless_reader(BytesIO(data[5:]), sources.plain(schema), None)
    assert without_logical == record


def test_logical_types_are_on_the_wire_for_others() -> None:
    data = default_codec().encode("RaceStatus", STATUS)
    schema = load().schemas[int.from_bytes(data[1:5], "big")]
    seen = fastavro.schemaless_reader(BytesIO(data[5:]), fastavro.parse_schema(schema), None)
    assert isinstance(seen, dict)
    assert seen["event_id"] == UUID(STATUS["event_id"])
    assert seen["event_time"].isoformat() == "2023-07-22T04:26:40+00:00"


def test_the_prefix_is_a_zero_byte_and_the_schema_id_in_four() -> None:
    id = load().id_of(sources.raw("RaceStatus"))
    assert id is not None
    data = default_codec().encode("RaceStatus", STATUS)
    assert data[:5] == b"\0" + id.to_bytes(4, "big")
    assert data[5:6] == bytes([36 * 2])  # Avro writes the length of the id's text as a zigzag number


def test_a_field_with_a_default_may_be_left_out() -> None:
    short = {key: value for key, value in STATUS.items() if key not in ("status", "off_time")}
    _, record = default_codec().decode(default_codec().encode("RaceStatus", short))
    assert record["status"] == "SCHEDULED"
    assert record["off_time"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"event_id": None},
        {"source": 5},
        {"source": b"betfair"},
        {"source": "\ud800"},
        {"event_time": "noon"},
        {"sequence": 1 << 63},
        {"off_time": 2.5},
        {"off_time": "noon"},
        {"status": "GONE"},
        {"status": None},
    ],
)
def test_a_record_that_does_not_fit_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SchemaError, match="RaceStatus record does not fit its schema"):
        default_codec().encode("RaceStatus", STATUS | change)


def test_a_record_without_a_field_that_has_no_default_is_refused_by_the_field_s_name() -> None:
    with pytest.raises(SchemaError, match="race_id"):
        default_codec().encode("RaceStatus", {k: v for k, v in STATUS.items() if k != "race_id"})


def test_an_event_that_the_history_lacks_is_refused() -> None:
    with pytest.raises(SchemaError, match="hpr schemas commit"):
        Codec(History({}, {})).encode("RaceStatus", STATUS)
    with pytest.raises(SchemaError, match="Nonsense is not in the schema history"):
        default_codec().encode("Nonsense", STATUS)


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\0\0", b"\1\0\0\0\1abc", b'{"json": true}'])
def test_what_is_not_in_the_wire_format_is_corrupt(data: bytes) -> None:
    with pytest.raises(CorruptRecordError, match="Confluent wire format"):
        default_codec().decode(data)


def test_an_unknown_schema_id_is_named() -> None:
    with pytest.raises(UnknownSchemaError, match="schema id 4711"):
        default_codec().decode(b"\0" + (4711).to_bytes(4, "big") + b"abc")


def test_a_record_cut_short_anywhere_is_corrupt() -> None:
    data = default_codec().encode("RaceStatus", STATUS)
    for length in range(5, len(data)):
        with pytest.raises(CorruptRecordError, match="RaceStatus"):
            default_codec().decode(data[:length])


def test_bytes_after_a_record_are_counted() -> None:
    with pytest.raises(CorruptRecordError, match="3 bytes too many"):
        default_codec().decode(default_codec().encode("RaceStatus", STATUS) + b"abc")


def test_an_enum_index_out_of_range_is_corrupt() -> None:
    data = bytearray(default_codec().encode("RaceStatus", STATUS | {"off_time": None}))
    assert data[-3] == 3 * 2  # IN_PLAY, then two nulls
    data[-3] = 40 * 2
    with pytest.raises(CorruptRecordError):
        default_codec().decode(bytes(data))


@given(st.integers(1, len(sources.names())), st.binary(max_size=60))
@example(1, b"\xff" * 10)
def test_rubbish_after_a_known_prefix_is_a_record_or_corrupt_and_nothing_else(id: int, body: bytes) -> None:
    try:
        name, record = default_codec().decode(b"\0" + id.to_bytes(4, "big") + body)
    except CorruptRecordError:
        return
    assert name in sources.names()
    assert record["event_id"] is not None


def test_a_record_of_an_older_schema_is_read_into_the_newest() -> None:
    newest = sources.raw("RaceStatus")
    older = without(newest, "off_time")
    codec = Codec(history_of(older, newest))
    out = BytesIO(b"\0" + (1).to_bytes(4, "big"))
    out.seek(5)
    fastavro.schemaless_writer(out, sources.plain(older), STATUS)
    assert codec.decode(out.getvalue()) == ("RaceStatus", STATUS | {"off_time": None})
    assert codec.encode("RaceStatus", STATUS)[:5] == b"\0" + (2).to_bytes(4, "big")


def test_a_record_of_a_newer_schema_is_read_without_what_is_not_known_here() -> None:
    known = sources.raw("RaceStatus")
    later = known | {"fields": [*known["fields"], {"name": "flag", "type": "string", "default": ""}]}
    codec = Codec(history_of(known, later))
    out = BytesIO(b"\0" + (2).to_bytes(4, "big"))
    out.seek(5)
    fastavro.schemaless_writer(out, sources.plain(later), STATUS | {"flag": "green"})
    assert codec.decode(out.getvalue()) == ("RaceStatus", STATUS)


def test_a_symbol_added_later_is_read_as_the_enum_s_default() -> None:
    newest = sources.raw("RaceStatus")
    status = next(f for f in newest["fields"] if f["name"] == "status")
    wider = status | {"type": status["type"] | {"symbols": [*status["type"]["symbols"], "POSTPONED"]}}
    later = newest | {"fields": [wider if f is status else f for f in newest["fields"]]}
    codec = Codec(history_of(newest, later))
    out = BytesIO(b"\0" + (2).to_bytes(4, "big"))
    out.seek(5)
    fastavro.schemaless_writer(out, sources.plain(later), STATUS | {"status": "POSTPONED"})
    assert codec.decode(out.getvalue()) == ("RaceStatus", STATUS | {"status": "SCHEDULED"})


def reordered(node: Any) -> Any:
    """The same schema with its attributes in another order, as registries write them."""
    if isinstance(node, list):
        return [reordered(item) for item in node]
    if isinstance(node, dict):
        return {key: reordered(node[key]) for key in sorted(node, reverse=True)}
    return node


def in_the_words_of(id: int, schema: Json, record: dict[str, Any]) -> bytes:
    out = BytesIO()
    fastavro.schemaless_writer(out, sources.plain(schema), record)
    return b"\0" + id.to_bytes(4, "big") + out.getvalue()


def test_an_id_that_the_history_lacks_is_asked_for_once() -> None:
    asked: list[int] = []

    def find(id: int) -> Json:
        asked.append(id)
        return cast(Json, reordered(sources.raw("RaceStatus")))

    codec = Codec(history_of(sources.raw("RaceStatus")), find)
    data = in_the_words_of(1001, sources.raw("RaceStatus"), STATUS)
    assert [codec.decode(data) for _ in range(3)] == [("RaceStatus", STATUS)] * 3
    assert asked == [1001]
    assert codec.encode("RaceStatus", STATUS)[:5] == b"\0\0\0\0\1"


def test_an_id_that_nobody_knows_is_asked_for_again() -> None:
    asked: list[int] = []

    def find(id: int) -> Json:
        asked.append(id)
        raise UnknownSchemaError("the registry is away")

    codec = Codec(history_of(sources.raw("RaceStatus")), find)
    for _ in range(2):
        with pytest.raises(UnknownSchemaError, match="away"):
            codec.decode(in_the_words_of(1001, sources.raw("RaceStatus"), STATUS))
    assert asked == [1001, 1001]


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "record", "name": "horseracepro.Unicorn", "fields": []}, "Unicorn"),
        ({"type": "string"}, "no Avro record"),
        (
            {"type": "record", "name": "RaceStatus", "fields": [{"name": "a", "type": "other.Type"}]},
            "of its own",
        ),
    ],
)
def test_an_id_of_what_is_no_event_is_unknown(schema: Json, said: str) -> None:
    codec = Codec(History({}, {7: schema}))
    with pytest.raises(UnknownSchemaError, match=f"schema id 7 .*{said}"):
        codec.decode(b"\0\0\0\0\7abc")
