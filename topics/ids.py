"""The ids of an external registry: schemas of the catalogue registered there, and fetched with their ids."""

from collections.abc import Mapping
from typing import NamedTuple

from schemas import sources
from schemas.errors import IncompatibleSchemaError
from schemas.history import History, Version, incompatibilities
from schemas.sources import Json
from topics.catalogue import ALL
from topics.registry import Registry, RegistryError


class Registered(NamedTuple):
    """What became of a subject; `new` says that its schema was registered just now."""

    subject: str
    version: Version
    new: bool


def wanted(prefix: str = "") -> dict[str, Json]:
    """The schema of each subject of the catalogue, topics under `prefix`."""
    return {prefix + topic.subject: sources.raw(topic.schema) for topic in ALL}


def register(registry: Registry, schemas: Mapping[str, Json]) -> list[Registered]:
    """Register each subject's schema that the registry lacks; all subjects become FULL_TRANSITIVE.

    Raises IncompatibleSchemaError, naming subjects, fields and reasons, before any is registered.
    """
    known: dict[str, Version | None] = {}
    problems: list[str] = []
    for subject, schema in schemas.items():
        registry.demand_full(subject)
        known[subject] = registry.known(subject, schema)
        if known[subject] is None:
            problems += [f"{subject}: {reason}" for reason in refusals(registry, subject, schema)]
    if problems:
        raise IncompatibleSchemaError(f"{registry.url} refuses " + "; ".join(problems))
    return [
        Registered(subject, version or registry.add(subject, schemas[subject]), version is None)
        for subject, version in known.items()
    ]


def refusals(registry: Registry, subject: str, schema: Json) -> list[str]:
    """Why `schema` may not follow the versions of `subject`, by the registry's verdict; empty if it may.

    The words are those of our own check, which names fields, or the registry's where that finds nothing.
    """
    problems: list[str] = []
    for version, known in registry.versions(subject):
        said = registry.refusal(subject, version.version, schema)
        if said is not None:
            problems += _differences(known, schema, version) or [f"{said} (version {version.version})"]
    return problems


def _differences(known: Json, schema: Json, version: Version) -> list[str]:
    try:
        return incompatibilities(known, schema, version.version)
    except Exception:  # what avro raises on foreign schemas is of many kinds
        return []


def fetch(registry: Registry, schemas: Mapping[str, Json]) -> History:
    """All versions of these subjects with the registry's ids.

    Raises RegistryError naming the subjects that have not the schema given.
    """
    subjects: dict[str, tuple[Version, ...]] = {}
    texts: dict[int, Json] = {}
    missing: list[str] = []
    for subject, schema in schemas.items():
        version = registry.known(subject, schema)
        if version is None:
            missing.append(subject)
            continue
        found = registry.versions(subject)
        texts |= {known.id: text for known, text in found}
        # Our own text, by which it is found again: registries may write it differently.
        texts[version.id] = schema
        subjects[subject] = tuple(known for known, _ in found)
    if missing:
        raise RegistryError(
            f"{registry.url} has not the schemas of {', '.join(missing)}: run `hpr schemas register`"
        )
    return History(subjects, texts)


def holds(history: History, schemas: Mapping[str, Json]) -> bool:
    """Whether `history` has an id for each subject's schema."""
    return all(
        any(history.schemas.get(version.id) == schema for version in history.subjects.get(subject, ()))
        for subject, schema in schemas.items()
    )
