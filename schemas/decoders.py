"""Avro decoders compiled from schemas into Python functions, a third faster than walking the schema.

They take what was written well, and raise or go wrong in length on all else: fastavro then says what it is.
"""

from collections.abc import Callable
from functools import lru_cache
from struct import Struct
from struct import unpack_from as unpack
from typing import Any

from fastavro.types import Schema

from schemas.errors import SchemaError

Decode = Callable[[bytes, int], tuple[Any, int]]
"""The value that begins at a place, and where it ends; the end may lie behind that of data cut off."""

DOUBLE = Struct("<d").unpack_from
FLOAT = Struct("<f").unpack_from
LONGEST = 10
"""Bytes of a long, at most."""


def long(data: bytes, at: int) -> tuple[int, int]:
    """A long and where it ends; ValueError for one that does not end.

    >>> long(b"\\x80\\x01", 0)
    (64, 2)
    """
    first = data[at]
    if first < 128:
        return first >> 1 ^ -(first & 1), at + 1
    second = data[at + 1]
    if second < 128:
        value, end = first & 127 | second << 7, at + 2
    elif (third := data[at + 2]) < 128:
        value, end = first & 127 | (second & 127) << 7 | third << 14, at + 3
    elif (found := _of_eight(data[at : at + 8])) is not None:
        return found, at + 8
    else:
        value, end = _of_any(data, at)
    return value >> 1 ^ -(value & 1), end


def _of_any(data: bytes, at: int) -> tuple[int, int]:
    """The bits of a long of any length, and where it ends."""
    value = 0
    for shift in range(0, LONGEST * 7, 7):
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            if value >> 64:
                raise ValueError("a long beyond 64 bits")
            return value, at
    raise ValueError("a long of more than ten bytes")


@lru_cache(maxsize=4096)
def _of_eight(data: bytes) -> int | None:
    """The long of exactly eight bytes, such as a time in microseconds, which comes more than once.

    Its eight times seven bits are moved together two by two.
    """
    bits = int.from_bytes(data, "little")
    if bits & 0x80808080_80808080 != 0x00808080_80808080:
        return None
    bits = bits & 0x007F007F_007F007F | (bits & 0x7F007F00_7F007F00) >> 1
    bits = bits & 0x00003FFF_00003FFF | (bits & 0x3FFF0000_3FFF0000) >> 2
    bits = bits & 0x00000000_0FFFFFFF | (bits & 0x0FFFFFFF_00000000) >> 4
    return bits >> 1 ^ -(bits & 1)


def length(data: bytes, at: int) -> tuple[int, int]:
    """A length, or a place in a list; ValueError for a negative one, which is for fastavro to read."""
    value, at = long(data, at)
    if value < 0:
        raise ValueError("a negative length")
    return value, at


def misfit(byte: int) -> None:
    """What is neither of two: raises ValueError."""
    raise ValueError(f"byte {byte} is neither")


def compiled(schema: Schema) -> Decode:
    """A function that decodes a record of `schema`, one that fastavro has parsed.

    Raises SchemaError for a schema with a type it does not know: unions are of null and one other.
    """
    compiler = _Compiler()
    name = compiler.function(schema)
    exec("\n".join(compiler.source), compiler.names)
    decode: Decode = compiler.names[name]
    return decode


class _Compiler:
    """Writes a function for each record of a schema; `names` is what their text refers to."""

    def __init__(self) -> None:
        self.source: list[str] = []
        self.names: dict[str, Any] = {
            "long": long, "length": length, "misfit": misfit, "DOUBLE": DOUBLE, "FLOAT": FLOAT,
            "unpack": unpack,
        }  # fmt: skip
        self._known: dict[str, Any] = {}
        """Types by name."""
        self._functions: dict[str, str] = {}
        """Functions of records by name."""

    def function(self, node: Any) -> str:
        """The name of a function that decodes a record."""
        if node["name"] in self._functions:
            return self._functions[node["name"]]
        name = self._functions[node["name"]] = f"decode_{len(self.names)}"
        self.names[name] = None
        self._known[node["name"]] = node
        lines, pairs = [f"def {name}(data, at):"], []
        for place, field in enumerate(node["fields"]):
            lines += self.lines(field["type"], f"v{place}", "    ")
            pairs.append(f"{field['name']!r}: v{place}")
        self.source += [*lines, f"    return {{{', '.join(pairs)}}}, at"]
        return name

    def lines(self, node: Any, to: str, indent: str) -> list[str]:
        """Statements that decode a value at `at` into the variable `to`, and move `at` behind it."""
        if isinstance(node, list):
            return self._union(node, to, indent)
        if isinstance(node, str) and node not in PRIMITIVES:
            if node not in self._known:
                raise SchemaError(f"Avro type {node} is not known")
            node = self._known[node]
        if isinstance(node, str):
            return [indent + line.format(to=to) for line in PRIMITIVES[node]]
        return self._compound(node, to, indent)

    def _compound(self, node: dict[str, Any], to: str, indent: str) -> list[str]:
        match node["type"]:
            case "record":
                return [f"{indent}{to}, at = {self.function(node)}(data, at)"]
            case "enum":
                table = f"symbols_{len(self.names)}"
                self.names[table] = tuple(node["symbols"])
                self._known[node["name"]] = node
                return [indent + line for line in (*LENGTH, f"{to} = {table}[n]")]
            case "array":
                return self._blocks(self._items(node["items"], to), f"{to} = []", indent)
            case "map":
                key, item = f"{to}_key", f"{to}_item"
                each = [line.format(to=key) for line in PRIMITIVES["string"]]
                each += [*self.lines(node["values"], item, ""), f"{to}[{key}] = {item}"]
                return self._blocks(_times(each), f"{to} = {{}}", indent)
            case other:
                return self.lines(other, to, indent)

    def _items(self, items: Any, to: str) -> list[str]:
        if isinstance(items, str) and items in LETTERS:
            letter, size = LETTERS[items]
            return [f"{to} += unpack(f'<{{n}}{letter}', data, at)", f"at += n * {size}"]
        return _times([*self.lines(items, f"{to}_item", ""), f"{to}.append({to}_item)"])

    @staticmethod
    def _blocks(each: list[str], empty: str, indent: str) -> list[str]:
        """An array or map: blocks of a number and so many items, the last of none."""
        more = ["n = data[at]", "at += 1"]
        inner = [*CHECKED, *each, *more]
        return [indent + line for line in (empty, *more, "while n:", *("    " + line for line in inner))]

    def _union(self, node: list[Any], to: str, indent: str) -> list[str]:
        if len(node) != 2 or node[0] != "null":
            raise SchemaError(f"union {node} is not one of null and one other type")
        return [
            f"{indent}{to} = None", f"{indent}n = data[at]", f"{indent}at += 1", f"{indent}if n == 2:",
            *self.lines(node[1], to, indent + "    "), f"{indent}elif n:", f"{indent}    misfit(n)",
        ]  # fmt: skip


def _times(each: list[str]) -> list[str]:
    return ["for _ in range(n):", *("    " + line for line in each)]


CHECKED = ("if n & 129:", "    n, at = length(data, at - 1)", "else:", "    n >>= 1")
"""A length whose first byte has been read: of one byte and not negative, or what `length` says."""
LENGTH = ("n = data[at]", "at += 1", *CHECKED)
OCTETS = (*LENGTH, "end = at + n")
LONG = (
    "n = data[at]",
    "if n & 128:",
    "    {to}, at = long(data, at)",
    "else:",
    "    {to} = n >> 1 ^ -(n & 1)",
    "    at += 1",
)
PRIMITIVES: dict[str, tuple[str, ...]] = {
    "string": (*OCTETS, "{to} = data[at:end].decode()", "at = end"),
    "bytes": (*OCTETS, "{to} = data[at:end]", "at = end"),
    "long": LONG,
    "int": LONG,
    "double": ("({to},) = DOUBLE(data, at)", "at += 8"),
    "float": ("({to},) = FLOAT(data, at)", "at += 4"),
    "boolean": ("n = data[at]", "{to} = n == 1", "at += 1", "if n > 1:", "    misfit(n)"),
    "null": ("{to} = None",),
}
LETTERS = {"float": ("f", 4), "double": ("d", 8)}
