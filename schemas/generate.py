"""Writes schemas/records.py, the typed records, from the Avro schemas: `python -m schemas.generate`.

A test holds the committed file to what this writes, so the two can never part.
"""

import textwrap
from pathlib import Path

from schemas import sources
from schemas.sources import Json

PRIMITIVES = {
    "string": "str",
    "long": "int",
    "int": "int",
    "double": "float",
    "float": "float",
    "boolean": "bool",
    "bytes": "bytes",
    "null": "None",
}
LINE = 111

INTRO = '''"""Typed records of the events, written by schemas/generate.py from schemas/avro: do not edit.

Times are microseconds since 1970 in UTC; every field and its unit is described in the schema.
"""

from typing import Literal, TypedDict

'''


class _Writer:
    """Collects named types in the order in which they are needed."""

    def __init__(self) -> None:
        self.types: dict[str, str] = {}

    def type_of(self, node: object) -> str:
        if isinstance(node, list):
            return " | ".join(sorted((self.type_of(item) for item in node), key=lambda text: text == "None"))
        if isinstance(node, str):
            return PRIMITIVES.get(node, node.rpartition(".")[2])
        assert isinstance(node, dict)
        compound = {"record": self.record, "enum": self.enum, "array": self.array, "map": self.map}
        write = compound.get(node["type"])
        return write(node) if write else self.type_of(node["type"])

    def enum(self, node: Json) -> str:
        symbols = ", ".join(f'"{symbol}"' for symbol in node["symbols"])
        text = f"{node['name']} = Literal[{symbols}]\n"
        if len(text) > LINE:
            each = "".join(f'    "{symbol}",\n' for symbol in node["symbols"])
            text = f"{node['name']} = Literal[\n{each}]\n"
        self.types[node["name"]] = text
        return str(node["name"])

    def array(self, node: Json) -> str:
        return f"list[{self.type_of(node['items'])}]"

    def map(self, node: Json) -> str:
        return f"dict[str, {self.type_of(node['values'])}]"

    def record(self, node: Json) -> str:
        fields = [f"    {field['name']}: {self.type_of(field['type'])}\n" for field in node["fields"]]
        doc = (
            textwrap.fill(f'"""{node["doc"]}"""', 105, initial_indent="    ", subsequent_indent="    ")
            + "\n\n"
        )
        self.types[node["name"]] = f"\nclass {node['name']}(TypedDict):\n{doc}{''.join(fields)}"
        return str(node["name"])


def render() -> str:
    """The text of schemas/records.py."""
    writer = _Writer()
    for name in sources.names():
        writer.record(sources.raw(name))
    enums = [text for text in writer.types.values() if not text.startswith("\n")]
    records = [text for text in writer.types.values() if text.startswith("\n")]
    union = "\n    | ".join(sources.names())
    return INTRO + "".join(enums) + "\n" + "\n".join(records) + f"\n\nEvent = (\n    {union}\n)\n"


if __name__ == "__main__":
    Path(__file__).with_name("records.py").write_text(render(), "utf-8")
