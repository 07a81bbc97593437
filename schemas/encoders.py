"""Avro encoders compiled from schemas into Python functions, several times faster than walking the schema.

Specification: https://avro.apache.org/docs/1.12.0/specification/#binary-encoding
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from struct import Struct, pack
from typing import Any, TypeVar

from fastavro.types import Schema

from schemas.errors import SchemaError

T = TypeVar("T")

Encode = Callable[[Any], bytes]

DOUBLE = Struct("<d").pack
FLOAT = Struct("<f").pack
SMALL = [bytes([n]) for n in range(128)]
MOST_STRINGS = 4_096
NULL, SECOND = b"\x00", b"\x02"
"""Branches of a union, as they are written."""


def long(value: int) -> bytes:
    """An int or long: zigzag, then seven bits a byte. Raises OverflowError beyond 64 bits.

    >>> long(-1), long(64)
    (b'\\x01', b'\\x80\\x01')
    """
    left = (value << 1) ^ (value >> 63)
    if left < 128:
        return SMALL[left]
    if left >> 64:
        raise OverflowError(f"{value} is no long")
    out = bytearray()
    while left > 127:
        out.append(left & 127 | 128)
        left >>= 7
    out.append(left)
    return bytes(out)


def integer(value: int) -> bytes:
    """An int. Raises OverflowError beyond 32 bits, which other readers of Avro hold to."""
    if not -(1 << 31) <= value < 1 << 31:
        raise OverflowError(f"{value} is no int")
    return long(value)


def boolean(value: bool) -> bytes:
    """A boolean; TypeError for what is none."""
    if value is not True and value is not False:
        raise TypeError(f"{value!r} is no boolean")
    return b"\x01" if value else b"\x00"


@lru_cache(maxsize=MOST_STRINGS)
def string(value: str) -> bytes:
    """A string: its length in bytes, and UTF-8. Names and ids come again and again, hence kept."""
    data = value.encode()
    return long(len(data)) + data


def octets(value: bytes) -> bytes:
    """Bytes: their length, and they."""
    return long(len(value)) + value


class Lasting(list[T]):
    """A list that changes no more: its bytes are made once, however many records it stands in."""

    __slots__ = ("_kept",)

    def __init__(self, items: Iterable[T]) -> None:
        super().__init__(items)
        self._kept: dict[Encode, bytes] = {}

    def encoded(self, encode: Encode) -> bytes:
        """The array of its items, each by `encode`."""
        if encode not in self._kept:
            self._kept[encode] = _block(encode, self)
        return self._kept[encode]


def array(encode: Encode, items: list[Any]) -> bytes:
    """An array that is not empty as one block."""
    return items.encoded(encode) if type(items) is Lasting else _block(encode, items)


def _block(encode: Encode, items: list[Any]) -> bytes:
    return b"".join((long(len(items)), *[encode(item) for item in items], NULL))


def numbers(letter: str, items: list[float]) -> bytes:
    """An array of floats (letter f) or doubles (d) as one block."""
    return b"".join((long(len(items)), pack(f"<{len(items)}{letter}", *items), NULL)) if len(items) else NULL


def mapping(encode: Encode, items: Mapping[str, Any]) -> bytes:
    """A map as one block."""
    parts = [string(key) + encode(item) for key, item in items.items()]
    return b"".join((long(len(parts)), *parts, NULL)) if parts else NULL


PRIMITIVES = {
    "string": "string({})",
    "long": "long({})",
    "int": "integer({})",
    "double": "DOUBLE({})",
    "float": "FLOAT({})",
    "boolean": "boolean({})",
    "bytes": "octets({})",
}


LETTERS = {"float": "f", "double": "d"}


def compiled(schema: Schema) -> Encode:
    """A function that encodes a record of `schema`, one that fastavro has parsed.

    It takes what fits and raises whatever Python does on what does not. Raises SchemaError for a schema
    with a type it does not know: unions are of null and one other.
    """
    compiler = _Compiler()
    name = compiler.function(schema)
    exec("\n".join(compiler.source), compiler.names)
    encode: Encode = compiler.names[name]
    return encode


class _Compiler:
    """Writes a function for each record of a schema; `names` is what their text refers to."""

    def __init__(self) -> None:
        self.source: list[str] = []
        self.names: dict[str, Any] = {
            "string": string, "long": long, "integer": integer, "boolean": boolean, "octets": octets,
            "DOUBLE": DOUBLE, "FLOAT": FLOAT, "NULL": NULL, "array": array, "numbers": numbers,
            "mapping": mapping,
        }  # fmt: skip
        self._known: dict[str, str] = {}
        """Expressions of the named types met so far, with a place for the value."""

    def function(self, node: Any) -> str:
        """The name of a function that encodes a value of type `node`."""
        name = f"encode_{len(self.names)}"
        self.names[name] = None
        if isinstance(node, dict) and node["type"] == "record":
            self._known[node["name"]] = name + "({})"
            fields = ",\n        ".join(
                self.expression(field["type"], f"value[{field['name']!r}]") for field in node["fields"]
            )
            body = f"b''.join((\n        {fields},\n    ))"
        else:
            body = self.expression(node, "value")
        self.source.append(f"def {name}(value):\n    return {body}")
        return name

    def expression(self, node: Any, value: str) -> str:
        """An expression that encodes the value that the expression `value` gives."""
        if isinstance(node, list):
            return self._union(node, value)
        if isinstance(node, str):
            return PRIMITIVES[node].format(value) if node in PRIMITIVES else self._named(node, value)
        return self._compound(node, value)

    def _compound(self, node: dict[str, Any], value: str) -> str:
        match node["type"]:
            case "record":
                return f"{self.function(node)}({value})"
            case "enum":
                table = f"symbols_{len(self.names)}"
                self.names[table] = {symbol: long(n) for n, symbol in enumerate(node["symbols"])}
                self._known[node["name"]] = table + "[{}]"
                return f"{table}[{value}]"
            case "array" if isinstance(node["items"], str) and node["items"] in LETTERS:
                return f"numbers({LETTERS[node['items']]!r}, {value})"
            case "array":
                return self._array(node["items"], value)
            case "map":
                return f"mapping({self.function(node['values'])}, {value})"
            case other:
                return self.expression(other, value)

    def _union(self, node: list[Any], value: str) -> str:
        if len(node) != 2 or node[0] != "null":
            raise SchemaError(f"union {node} is not one of null and one other type")
        held = self._local()
        return f"({NULL!r} if ({held} := {value}) is None else {SECOND!r} + {self.expression(node[1], held)})"

    def _array(self, items: Any, value: str) -> str:
        """Empty ones, which are many, are not worth a call."""
        held = self._local()
        return f"(array({self.function(items)}, {held}) if len({held} := {value}) else NULL)"

    def _local(self) -> str:
        name = f"held_{len(self.names)}"
        self.names[name] = None
        return name

    def _named(self, name: str, value: str) -> str:
        if name not in self._known:
            raise SchemaError(f"Avro type {name} is not known")
        return self._known[name].format(value)
