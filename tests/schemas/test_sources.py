import re
from collections.abc import Iterator
from typing import Any

import pytest

from schemas import sources
from schemas.sources import HEADER, Json

UNITS = {
    "_furlongs": "furlongs",
    "_seconds": "seconds",
    "_fahrenheit": "Fahrenheit",
    "_usd": "US dollars",
    "_lbs": "pounds",
}
"""Ends of field names, and the word their doc must hold."""


def nodes(node: object) -> Iterator[Json]:
    """Every record, enum and array of a schema, the outermost first."""
    if isinstance(node, list):
        for item in node:
            yield from nodes(item)
    elif isinstance(node, dict):
        yield node
        inner = [field["type"] for field in node.get("fields", [])]
        yield from nodes([*inner, node.get("items"), node.get("values"), node["type"]])


def fields(name: str) -> list[Json]:
    return [field for node in nodes(sources.raw(name)) for field in node.get("fields", [])]


def in_words(name: str) -> str:
    return " ".join(field["doc"] for field in fields(name))


@pytest.mark.parametrize("name", sources.names())
def test_every_event_starts_with_the_same_header(name: str) -> None:
    header = sources.raw(name)["fields"][: len(HEADER)]
    assert tuple(field["name"] for field in header) == HEADER
    assert header == sources.raw("RaceCard")["fields"][: len(HEADER)]


def test_the_header_is_an_id_and_times_of_microseconds_in_utc() -> None:
    types = {field["name"]: field["type"] for field in sources.raw("RaceCard")["fields"]}
    assert types["event_id"] == {"type": "string", "logicalType": "uuid"}
    assert types["source"] == types["race_id"] == "string"
    assert types["event_time"] == {"type": "long", "logicalType": "timestamp-micros"}
    assert types["recorded_time"] == {"type": "long", "logicalType": "timestamp-micros"}
    assert types["sequence"] == "long"


@pytest.mark.parametrize("name", sources.names())
def test_every_field_record_and_enum_says_what_it_is(name: str) -> None:
    for node in nodes(sources.raw(name)):
        if node["type"] in ("record", "enum"):
            assert node["doc"].strip().endswith((".", "…")), node["name"]
    for field in fields(name):
        assert field["doc"].strip().endswith((".", "…")), field["name"]


@pytest.mark.parametrize("name", sources.names())
def test_a_unit_in_a_name_stands_in_the_doc_too(name: str) -> None:
    for field in fields(name):
        for end, unit in UNITS.items():
            if field["name"].endswith(end):
                assert unit in field["doc"], field["name"]


@pytest.mark.parametrize("name", sources.names())
def test_money_odds_and_reductions_name_their_unit(name: str) -> None:
    for field in fields(name):
        if field["name"] in ("morning_line_odds", "fair_odds"):
            assert "decimal odds" in field["doc"]
        if field["name"] == "reduction_factor":
            assert "percent" in field["doc"]
        if field["name"].startswith("movement_"):
            assert "Relative change" in field["doc"]


@pytest.mark.parametrize("name", sources.names())
def test_every_enumeration_has_a_default_among_its_symbols(name: str) -> None:
    for node in nodes(sources.raw(name)):
        if node["type"] == "enum":
            assert node["default"] in node["symbols"], node["name"]


@pytest.mark.parametrize("name", sources.names())
def test_what_may_be_null_is_null_where_it_is_left_out(name: str) -> None:
    for field in fields(name):
        if isinstance(field["type"], list):
            assert field["type"][0] == "null", field["name"]
            assert field["default"] is None, field["name"]


def test_an_enumeration_of_one_name_is_the_same_in_all_schemas() -> None:
    seen: dict[str, Any] = {}
    for name in sources.names():
        for node in nodes(sources.raw(name)):
            if node["type"] == "enum":
                meaning = node["symbols"], node["default"]
                assert seen.setdefault(node["name"], meaning) == meaning


def test_names_are_those_of_the_trade_and_of_avro() -> None:
    entry = {field["name"] for field in fields("RaceCard")}
    assert {"track_code", "distance_furlongs", "purse_usd", "program_number", "weight_carried_lbs"} <= entry
    for name in sources.names():
        assert re.fullmatch(r"[A-Z][A-Za-z]+", name)
        assert sources.raw(name)["name"] == name
        assert sources.raw(name)["namespace"] == sources.NAMESPACE
        assert all(re.fullmatch(r"[a-z][a-z0-9_]*", field["name"]) for field in fields(name))


def test_prices_say_that_they_are_decimal_odds() -> None:
    assert "in the market's currency" in in_words("OddsUpdate")
    record = next(n for n in nodes(sources.raw("OddsUpdate")) if n.get("name") == "RunnerPrice")
    assert "decimal odds" in record["doc"]


def test_plain_drops_logical_types_and_nothing_else() -> None:
    plain = sources.plain(sources.raw("RaceStatus"))
    assert isinstance(plain, dict)
    types = {field["name"]: field["type"] for field in plain["fields"]}
    assert types["event_id"] == "string"
    assert types["event_time"] == "long"
    assert types["off_time"] == ["null", "long"]


def test_plain_keeps_a_default_as_it_is() -> None:
    schema = {
        "type": "record",
        "name": "Kept",
        "fields": [
            {
                "name": "box",
                "type": {"type": "map", "values": "string"},
                "default": {"logicalType": "uuid", "type": "x"},
            }
        ],
    }
    plain = sources.plain(schema)
    assert isinstance(plain, dict)
    assert plain["fields"][0]["default"] == {"logicalType": "uuid", "type": "x"}


def test_canonical_text_does_not_depend_on_white_space() -> None:
    assert sources.canonical({"type": "string", "doc": "é"}) == '{"type":"string","doc":"é"}'
