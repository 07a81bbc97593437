"""The Avro schemas as committed: one .avsc file an event, the single source of every record type.

`raw` is what registries publish. `plain` is the same without logical types, which our own codec
reads and writes: times stay integers (microseconds) and ids stay text, on the same wire bytes.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any, cast

import fastavro
from fastavro.types import Schema

NAMESPACE = "horseracepro"
HEADER = ("event_id", "source", "race_id", "event_time", "recorded_time", "sequence")

Json = dict[str, Any]


@cache
def names() -> tuple[str, ...]:
    """Names of all events, sorted."""
    folder = files("schemas").joinpath("avro")
    return tuple(sorted(f.name.removesuffix(".avsc") for f in folder.iterdir() if f.name.endswith(".avsc")))


@cache
def raw(name: str) -> Json:
    """The schema of event `name` as committed."""
    return cast(Json, json.loads(files("schemas").joinpath("avro", f"{name}.avsc").read_text("utf-8")))


def canonical(schema: Json) -> str:
    """One text for one schema, docs included, whatever the white space of its file."""
    return json.dumps(schema, separators=(",", ":"), ensure_ascii=False)


def plain(schema: Json) -> Schema:
    """`schema` without logical types, parsed for fastavro."""
    return fastavro.parse_schema(_strip(schema))


def _strip(node: Any) -> Any:
    if isinstance(node, list):
        return [_strip(item) for item in node]
    if isinstance(node, dict):
        if "logicalType" in node:
            return node["type"]
        return {key: value if key == "default" else _strip(value) for key, value in node.items()}
    return node
