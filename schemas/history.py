"""The committed history of every schema, with the ids that records on the wire carry.

`history/index.json` maps a subject to its versions and ids; `history/ID.avsc` is the text of an id.
An id is never given twice and its text never changes.
"""

import json
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import cast

from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.schema import parse as parse_avro

from schemas import sources
from schemas.errors import IncompatibleSchemaError, SchemaError
from schemas.sources import Json


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a subject: its number counted from 1, and the id of its schema."""

    version: int
    id: int


@dataclass(frozen=True, slots=True)
class History:
    """All subjects with their versions, and all schemas by id."""

    subjects: dict[str, tuple[Version, ...]]
    schemas: dict[int, Json]

    def id_of(self, schema: Json) -> int | None:
        """Id under which exactly this schema is known, or None."""
        text = sources.canonical(schema)
        return next((id for id, known in self.schemas.items() if sources.canonical(known) == text), None)

    def check(self, subject: str, schema: Json) -> list[str]:
        """Why `schema` may not follow all versions of `subject`; FULL_TRANSITIVE, empty if it may."""
        return [
            problem
            for known in self.subjects.get(subject, ())
            for problem in incompatibilities(self.schemas[known.id], schema, known.version)
        ]

    def add(self, subject: str, schema: Json) -> "History":
        """The history with `schema` as the newest version of `subject`; itself if it is that already.

        Raises IncompatibleSchemaError, naming field and reason, if an older version forbids it.
        """
        versions = self.subjects.get(subject, ())
        id = self.id_of(schema)
        if versions and versions[-1].id == id:
            return self
        if problems := self.check(subject, schema):
            raise IncompatibleSchemaError(f"{subject}: " + "; ".join(problems))
        if id is None:
            id = max(self.schemas, default=0) + 1
        newest = Version(len(versions) + 1, id)
        return History({**self.subjects, subject: (*versions, newest)}, {**self.schemas, id: schema})


def incompatibilities(old: Json, new: Json, version: int) -> list[str]:
    """What keeps readers of `old` from records of `new`, or the other way round, in words."""
    return [
        f"{difference} ({direction} version {version})"
        for reader, writer, direction in ((new, old, "cannot read"), (old, new, "cannot be read by"))
        for difference in _differences(reader, writer)
    ]


def _differences(reader: Json, writer: Json) -> list[str]:
    """Fields and reasons; one text, because the checker does not say which reason is whose."""
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]  # avro has partial types
    result = checker.get_compatibility(parse_avro(json.dumps(reader)), parse_avro(json.dumps(writer)))
    if result.compatibility is SchemaCompatibilityType.compatible:
        return []
    fields = sorted({_named(reader, location) for location in result.locations} - {""}) or ["/"]
    kinds = sorted({kind.value.replace("_", " ") for kind in result.incompatibilities})
    return [f"{', '.join(fields)}: {', '.join(kinds)}: {', '.join(sorted(result.messages))}"]


def _named(schema: Json, location: str) -> str:
    """The location /fields/3/type in terms of the field's name."""
    parts, node = [], cast(object, schema)
    for step in location.strip("/").split("/"):
        if isinstance(node, list) and step.isdigit() and int(step) < len(node):
            node = node[int(step)]
            if isinstance(node, dict) and "name" in node:
                parts.append(str(node["name"]))
        elif isinstance(node, dict) and step in node:
            node = node[step]
    return ".".join(parts)


def load(folder: Traversable | None = None) -> History:
    """The committed history, or the one in `folder`."""
    root = folder or files("schemas").joinpath("history")
    index_file = root.joinpath("index.json")
    if not index_file.is_file():
        return History({}, {})
    index = json.loads(index_file.read_text("utf-8"))
    subjects = {name: tuple(Version(**v) for v in versions) for name, versions in index.items()}
    ids = {version.id for versions in subjects.values() for version in versions}
    return History(subjects, {id: json.loads(root.joinpath(f"{id}.avsc").read_text("utf-8")) for id in ids})


def save(history: History, folder: Path) -> None:
    """Write `history` to `folder`; refuses to change the text of an id that is there."""
    folder.mkdir(parents=True, exist_ok=True)
    for id, schema in sorted(history.schemas.items()):
        file = folder / f"{id}.avsc"
        if file.exists() and json.loads(file.read_text("utf-8")) != schema:
            raise SchemaError(f"{file.name} holds another schema: an id is never given twice")
        file.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", "utf-8")
    index = {
        subject: [{"version": v.version, "id": v.id} for v in versions]
        for subject, versions in sorted(history.subjects.items())
    }
    (folder / "index.json").write_text(json.dumps(index, indent=2) + "\n", "utf-8")
