"""The read side of the Confluent Schema Registry's REST interface, over the committed schema history.

Serialisers, ClickHouse and Kafka UIs find the schemas here; new ones come by commit, not by request.
"""

from typing import cast

import msgspec
import orjson
from avro.schema import parse as parse_avro
from fastapi import APIRouter, FastAPI, Request, Response

from schemas import sources
from schemas.history import History, Version, incompatibilities
from schemas.sources import Json

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
LEVEL = "FULL_TRANSITIVE"

SUBJECT_UNKNOWN, VERSION_UNKNOWN, SCHEMA_UNKNOWN = 40401, 40402, 40403
SCHEMA_INVALID, VERSION_INVALID, READ_ONLY = 42201, 42202, 42205
INCOMPATIBLE = 409


class RegistryError(Exception):
    """A refusal in Confluent's terms: its code begins with the HTTP status."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = int(str(code)[:3])


class _Posted(msgspec.Struct):
    schema: str


def install(app: FastAPI, history: History) -> None:
    """Serve `history` on `app` under the paths of a schema registry."""
    app.include_router(_subjects(history))
    app.include_router(_compatibility(history))
    app.include_router(_ids(history))
    app.include_router(_settings())

    @app.exception_handler(RegistryError)
    async def refused(_request: Request, error: RegistryError) -> Response:
        return _json({"error_code": error.code, "message": str(error)}, error.status)


def _subjects(history: History) -> APIRouter:
    router = APIRouter(tags=["schema registry"])

    @router.get("/subjects")
    async def subjects(subjectPrefix: str = "") -> Response:
        """Names of all subjects."""
        return _json(sorted(name for name in history.subjects if name.startswith(subjectPrefix.strip(":*"))))

    @router.get("/subjects/{subject}/versions")
    async def versions(subject: str) -> Response:
        """Version numbers of a subject."""
        return _json([known.version for known in _versions(history, subject)])

    @router.get("/subjects/{subject}/versions/{version}")
    async def version(subject: str, version: str) -> Response:
        """One version of a subject, `latest` for the newest."""
        return _json(_described(history, subject, _find(history, subject, version)))

    @router.get("/subjects/{subject}/versions/{version}/schema")
    async def version_schema(subject: str, version: str) -> Response:
        """The schema of one version alone."""
        return _json(history.schemas[_find(history, subject, version).id])

    @router.post("/subjects/{subject}")
    async def look_up(subject: str, request: Request) -> Response:
        """Under which version and id a subject has a schema."""
        versions, schema = _versions(history, subject), await _posted(request)
        known = _known(history, versions, schema)
        if known is None:
            raise RegistryError(SCHEMA_UNKNOWN, f"Schema not found under subject '{subject}'.")
        return _json(_described(history, subject, known))

    @router.post("/subjects/{subject}/versions")
    async def register(subject: str, request: Request) -> Response:
        """The id of a schema that is registered already; nothing is registered by request."""
        schema = await _posted(request)
        known = _known(history, history.subjects.get(subject, ()), schema)
        if known is not None:
            return _json({"id": known.id})
        if problems := history.check(subject, schema):
            raise RegistryError(
                INCOMPATIBLE, f"Schema is incompatible with '{subject}': " + "; ".join(problems)
            )
        raise RegistryError(
            READ_ONLY,
            f"Subject '{subject}' is read-only: the history is committed, use `hpr schemas commit`.",
        )

    return router


def _compatibility(history: History) -> APIRouter:
    router = APIRouter(tags=["schema registry"])

    @router.post("/compatibility/subjects/{subject}/versions/{version}")
    async def compatibility(subject: str, version: str, request: Request, verbose: bool = False) -> Response:
        """Whether a schema may follow one version of a subject, in both directions."""
        known = _find(history, subject, version)
        problems = incompatibilities(history.schemas[known.id], await _posted(request), known.version)
        return _verdict(problems, verbose)

    @router.post("/compatibility/subjects/{subject}/versions")
    async def compatibility_with_all(subject: str, request: Request, verbose: bool = False) -> Response:
        """Whether a schema may follow all versions of a subject, in both directions."""
        _versions(history, subject)
        return _verdict(history.check(subject, await _posted(request)), verbose)

    return router


def _ids(history: History) -> APIRouter:
    router = APIRouter(tags=["schema registry"])

    @router.get("/schemas/types")
    async def types() -> Response:
        """Kinds of schema."""
        return _json(["AVRO"])

    @router.get("/schemas/ids/{id}")
    async def by_id(id: str) -> Response:
        """The schema of an id."""
        return _json({"schema": sources.canonical(_schema(history, id))})

    @router.get("/schemas/ids/{id}/schema")
    async def by_id_alone(id: str) -> Response:
        """The schema of an id alone."""
        return _json(_schema(history, id))

    @router.get("/schemas/ids/{id}/subjects")
    async def subjects_of(id: str) -> Response:
        """Subjects that use an id."""
        return _json(sorted({subject for subject, _ in _uses(history, id)}))

    @router.get("/schemas/ids/{id}/versions")
    async def versions_of(id: str) -> Response:
        """Subjects and versions that use an id."""
        return _json([{"subject": subject, "version": version} for subject, version in _uses(history, id)])

    return router


def _settings() -> APIRouter:
    router = APIRouter(tags=["schema registry"])

    @router.get("/config")
    @router.get("/config/{subject}")
    async def config() -> Response:
        """The compatibility demanded of every subject."""
        return _json({"compatibilityLevel": LEVEL})

    @router.get("/mode")
    @router.get("/mode/{subject}")
    async def mode() -> Response:
        """New schemas come by commit only."""
        return _json({"mode": "READONLY"})

    @router.put("/config", include_in_schema=False)
    @router.put("/config/{subject}", include_in_schema=False)
    @router.put("/mode", include_in_schema=False)
    @router.put("/mode/{subject}", include_in_schema=False)
    async def change() -> Response:
        """Nothing can be set by request."""
        raise RegistryError(READ_ONLY, "The schema history is committed: nothing is set by request.")

    return router


def _json(body: object, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type=MEDIA_TYPE)


def _verdict(problems: list[str], verbose: bool) -> Response:
    said = {"messages": problems} if verbose else {}
    return _json({"is_compatible": not problems, **said})


async def _posted(request: Request) -> Json:
    """The schema in a request's body; RegistryError if there is none or it is not Avro."""
    body = await request.body()
    try:
        text = msgspec.json.decode(body, type=_Posted).schema
        parse_avro(text)
    except Exception as error:  # what avro raises on foreign input is of many kinds
        raise RegistryError(SCHEMA_INVALID, f"Invalid schema: {error}") from error
    return cast(Json, orjson.loads(text))


def _versions(history: History, subject: str) -> tuple[Version, ...]:
    versions = history.subjects.get(subject)
    if versions is None:
        raise RegistryError(SUBJECT_UNKNOWN, f"Subject '{subject}' not found.")
    return versions


def _find(history: History, subject: str, version: str) -> Version:
    versions = _versions(history, subject)
    if version in ("latest", "-1"):
        return versions[-1]
    if not version.isdecimal() or int(version) < 1:
        raise RegistryError(
            VERSION_INVALID, f"The version '{version}' is neither a positive number nor 'latest'."
        )
    found = next((known for known in versions if known.version == int(version)), None)
    if found is None:
        raise RegistryError(VERSION_UNKNOWN, f"Version {version} not found.")
    return found


def _known(history: History, versions: tuple[Version, ...], schema: Json) -> Version | None:
    id = history.id_of(schema)
    return next((known for known in versions if known.id == id), None)


def _described(history: History, subject: str, version: Version) -> Json:
    schema = sources.canonical(history.schemas[version.id])
    return {"subject": subject, "id": version.id, "version": version.version, "schema": schema}


def _schema(history: History, id: str) -> Json:
    schema = history.schemas.get(int(id)) if id.isdecimal() else None
    if schema is None:
        raise RegistryError(SCHEMA_UNKNOWN, f"Schema {id} not found.")
    return schema


def _uses(history: History, id: str) -> list[tuple[str, int]]:
    _schema(history, id)
    return [
        (subject, known.version)
        for subject, versions in sorted(history.subjects.items())
        for known in versions
        if known.id == int(id)
    ]
