"""How records come into the tables: their Avro bytes land as they are, and views spread them over the tables.

A landing holds nothing: its engine is Null. There is one for each schema id, so that old records come in too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from schemas import sources
from schemas.sources import Json

PRIMITIVES = {
    "string": "String",
    "bytes": "String",
    "long": "Int64",
    "int": "Int32",
    "double": "Float64",
    "float": "Float32",
    "boolean": "Bool",
}
LOGICAL = {
    "uuid": "UUID",
    "timestamp-micros": "DateTime64(6)",
    "timestamp-millis": "DateTime64(3)",
    "date": "Date",
}


@dataclass(frozen=True, slots=True)
class Spread:
    """How records of one event are spread: columns of a table by the paths of fields in the record.

    With `each`, the name of an array, there is a row for each of its items, whose fields are `item.FIELD`;
    an event whose array is empty has one row of an empty item, so that every event is there.
    """

    table: str
    columns: dict[str, str]
    each: str | None = None


def _same(fields: str) -> dict[str, str]:
    return {field: field for field in fields.split()}


def _items(fields: str) -> dict[str, str]:
    return {field: f"item.{field}" for field in fields.split()}


_HEADER = _same("event_id source race_id event_time sequence")

SPREADS: dict[str, Spread] = {
    "OddsUpdate": Spread(
        "odds",
        _HEADER
        | _same("recorded_time market_id market_type pool in_play")
        | _items("runner_id last back back_size lay lay_size traded")
        | _items("near_starting_price far_starting_price starting_price"),
        each="runners",
    ),
    "RaceView": Spread(
        "races",
        _same("race_id revision event_time track_code race_date race_number race_name scheduled_off off_time")
        | _same("status distance_furlongs surface track_condition places_paid overround confidence")
        | _same("result_state winners"),
    ),
    "Prediction": Spread(
        "predictions",
        _same("race_id revision event_id event_time recorded_time status model_versions changed_from")
        | _same("places_paid overround confidence")
        | {
            "why": "why.text",
            "runner_ids": "runners.runner_id",
            "win_probabilities": "runners.win_probability",
            "place_probabilities": "runners.place_probability",
        },
    ),
    "Alert": Spread(
        "alerts",
        _same("race_id event_time event_id kind rule_version runner_id number name headline value threshold")
        | _same("episode expires_at"),
    ),
    "Notice": Spread("notices", _same("user_id event_time event_id race_id")),
    "Result": Spread(
        "results",
        _HEADER
        | _same("market_id state winning_time_seconds")
        | _items("runner_id finish_position placed disqualified outcome starting_price")
        | _items("official_finish_time_seconds lengths_behind_winner"),
        each="finishers",
    ),
    "Scratch": Spread("scratches", _HEADER | _same("runner_id market_id action reduction_factor reason")),
    "PastPerformance": Spread(
        "performances",
        _same("horse_id race_date source event_id race_id horse_name track_code race_number")
        | _same(
            "distance_furlongs surface track_condition race_class_details number_of_runners post_position"
        )
        | _same("jockey_name trainer_name weight_carried_lbs finish_position outcome")
        | _same(
            "official_finish_time_seconds lengths_behind_winner starting_price speed_figure_value comments"
        ),
    ),
    "Workout": Spread(
        "workouts",
        _same("horse_id work_date source event_id horse_name track_code distance_furlongs surface")
        | _same("track_condition seconds manner rank ranked"),
    ),
}
"""How each event that has a table is spread, by name."""

DATES = {"race_date", "work_date"}
"""Text that has to be a date; one that is none is 1970-01-01 or null, and keeps no others out."""

NULL = "NULL"
WITHOUT_KEPT_AT = {"races"}


def name_of(schema_id: int) -> str:
    """The landing of a schema id."""
    return f"landing_{schema_id}"


def statements(name: str, schema_id: int, schema: Json) -> Iterator[str]:
    """The statements that make the landing of an event's schema and its views anew."""
    landing = name_of(schema_id)
    value = column_type(landable(schema), {})
    yield (
        f"CREATE TABLE IF NOT EXISTS {landing} (offset Int64, timestamp DateTime64(3), key Nullable(String), "
        f"headers Array(Tuple(name String, value Nullable(String))), size Int64, value {value}) ENGINE = Null"
    )
    spread = SPREADS[name]
    view = f"{landing}_to_{spread.table}"
    yield f"DROP VIEW IF EXISTS {view}"
    yield f"CREATE MATERIALIZED VIEW {view} TO {spread.table} AS {select(spread, schema, landing)}"


def landable(node: Any) -> Any:
    """A schema without UUIDs, which are text here: one that is none would keep all others out."""
    if isinstance(node, list):
        return [landable(each) for each in node]
    if isinstance(node, dict):
        if node.get("logicalType") == "uuid":
            return node["type"]
        return {key: value if key == "default" else landable(value) for key, value in node.items()}
    return node


def select(spread: Spread, schema: Json, landing: str) -> str:
    """The rows that the records of a landing make; fields that a schema lacks have their default."""
    newest = sources.raw(str(schema["name"]).rpartition(".")[2])
    expressions = {
        column: _expression(path, spread, schema, newest) for column, path in spread.columns.items()
    }
    # A column that is left out is null in the table.
    columns = [f"{text} AS {column}" for column, text in expressions.items() if text != NULL]
    if spread.table not in WITHOUT_KEPT_AT:
        columns.append("timestamp AS kept_at")
    rows = f"SELECT {', '.join(columns)} FROM {landing}"
    if spread.each is None:
        return rows
    return f"{rows} LEFT ARRAY JOIN value.{spread.each} AS item"


def _expression(path: str, spread: Spread, schema: Json, newest: Json) -> str:
    """A path as ClickHouse writes it, or the newest schema's default where this schema has not the field."""
    full = f"{spread.each}.{path.removeprefix('item.')}" if path.startswith("item.") else path
    field = _field(schema, full)
    if field is None:
        found = _field(newest, full)
        return _literal(found.get("default") if found else None)
    if path in DATES:
        return f"{'toDateOrZero' if field['type'] == 'string' else 'toDateOrNull'}(value.{path})"
    return path if path.startswith("item.") else f"value.{path}"


def _field(schema: Any, path: str) -> Json | None:
    """The field of a path through records and arrays of them; None if there is none."""
    field: Json | None = None
    node = schema
    for step in path.split("."):
        while isinstance(node, dict) and node.get("type") in ("array",):
            node = node["items"]
        if not isinstance(node, dict) or "fields" not in node:
            return None
        field = next((each for each in node["fields"] if each["name"] == step), None)
        if field is None:
            return None
        node = field["type"]
    return field


def _literal(default: Any) -> str:
    if isinstance(default, bool):
        return "true" if default else "false"
    if isinstance(default, int | float):
        return repr(default)
    if isinstance(default, str):
        return "'" + default.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return "[]" if isinstance(default, list) else "map()" if isinstance(default, dict) else NULL


def column_type(node: Any, known: dict[str, str]) -> str:
    """The ClickHouse type of an Avro type; `known` collects the named types met so far."""
    if isinstance(node, list):
        inner = column_type(next(each for each in node if each != "null"), known)
        # Arrays, maps and records cannot be null in ClickHouse: absent is empty.
        return inner if inner.startswith(("Array", "Map", "Tuple")) else f"Nullable({inner})"
    if isinstance(node, str):
        return PRIMITIVES.get(node) or known[node]
    if "logicalType" in node:
        return LOGICAL[node["logicalType"]]
    made = _compound_type(node, known)
    if "name" in node:
        known[node["name"]] = made
    return made


def _compound_type(node: Json, known: dict[str, str]) -> str:
    match node["type"]:
        case "record":
            fields = ", ".join(f"{f['name']} {column_type(f['type'], known)}" for f in node["fields"])
            return f"Tuple({fields})"
        case "enum":
            symbols = ", ".join(f"'{symbol}' = {n}" for n, symbol in enumerate(node["symbols"]))
            return f"Enum8({symbols})"
        case "array":
            return f"Array({column_type(node['items'], known)})"
        case "map":
            return f"Map(String, {column_type(node['values'], known)})"
        case other:
            return column_type(other, known)
