"""Fields that a producer has nothing to say of: each record type's defaults, as the schemas give them."""

from copy import copy
from functools import cache
from typing import Any, TypeVar, cast

from schemas import sources
from schemas.sources import Json

T = TypeVar("T")


def defaults(kind: type[T]) -> T:
    """A new record of `kind` with every field that has a default, and no other: unpack it first.

    >>> from schemas.records import Finisher
    >>> {**defaults(Finisher), "runner_id": "1"}["finish_position"] is None
    True
    """
    return cast(T, {name: copy(value) for name, value in _all()[kind.__name__].items()})


@cache
def _all() -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name in sources.names():
        _collect(sources.raw(name), found)
    return found


def _collect(node: Any, found: dict[str, Json]) -> None:
    if isinstance(node, list):
        for item in node:
            _collect(item, found)
    elif isinstance(node, dict):
        if node.get("type") == "record":
            found[node["name"]] = {f["name"]: f["default"] for f in node["fields"] if "default" in f}
        for value in node.values():
            _collect(value, found)
