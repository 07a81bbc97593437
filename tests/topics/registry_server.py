"""A schema registry for tests, on a port of its own: Confluent's REST interface with ids from 1001."""

import base64
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI, Request, Response

from gateway.app import listen
from schemas.history import incompatibilities

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
FIRST_ID = 1001
ORDER = ("type", "name", "namespace", "doc", "fields", "symbols", "items", "values", "default", "logicalType")
Next = Callable[[Request], Awaitable[Response]]


@dataclass
class Server:
    """What the registry holds, and what tests may turn: a password, a fault, a delay."""

    url: str = ""
    schemas: dict[int, Any] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    subjects: dict[str, list[int]] = field(default_factory=dict)
    levels: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    password: str | None = None
    fault: tuple[int, str | bytes] | None = None
    delay: float = 0.0
    verbose: bool = True
    next_id: int = FIRST_ID
    stop: Callable[[], None] = lambda: None

    def id_of(self, schema: Any) -> int | None:
        return next((id for id, known in self.schemas.items() if known == schema), None)

    def give(self, subject: str, schema: Any, kind: str = "AVRO") -> int:
        """Register without any check, as another user of the registry might have."""
        id = self.id_of(schema)
        if id is None:
            id, self.next_id = self.next_id, self.next_id + 1
            self.schemas[id], self.kinds[id] = schema, kind
        if id not in self.subjects.setdefault(subject, []):
            self.subjects[subject].append(id)
        return id

    def problems(self, subject: str, schema: Any, version: int) -> list[str]:
        if self.levels.get(subject, "BACKWARD") != "FULL_TRANSITIVE":
            return []
        return incompatibilities(self.schemas[self.subjects[subject][version - 1]], schema, version)

    def described(self, subject: str, version: int) -> dict[str, Any]:
        id = self.subjects[subject][version - 1]
        kind = {} if self.kinds[id] == "AVRO" else {"schemaType": self.kinds[id]}
        return {"subject": subject, "version": version, "id": id, "schema": text(self.schemas[id]), **kind}


def text(schema: Any) -> str:
    """A schema as Java's library writes it: the same, with its attributes in another order."""
    return json.dumps(_ordered(schema), separators=(",", ":"))


def _ordered(node: Any) -> Any:
    if isinstance(node, list):
        return [_ordered(item) for item in node]
    if not isinstance(node, dict):
        return node
    ranked = sorted(node, key=lambda key: ORDER.index(key) if key in ORDER else len(ORDER))
    return {key: _ordered(node[key]) for key in ranked}


def answer(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status, media_type=MEDIA_TYPE)


def refused(code: int, message: str) -> Response:
    return answer({"error_code": code, "message": message}, int(str(code)[:3]))


async def posted(request: Request) -> Any:
    return json.loads(json.loads(await request.body())["schema"])


def application(server: Server) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def gate(request: Request, go_on: Next) -> Response:
        server.asked.append(f"{request.method} {request.url.path}")
        time.sleep(server.delay)  # noqa: ASYNC251  # all is to wait
        if server.fault is not None:
            status, body = server.fault
            return Response(body, status, media_type=MEDIA_TYPE)
        wanted = server.password and "Basic " + base64.b64encode(server.password.encode()).decode()
        if wanted and request.headers.get("authorization") != wanted:
            return answer({"error_code": 401, "message": "Unauthorized"}, 401)
        return await go_on(request)

    app.include_router(_subjects(server))
    app.include_router(_rest(server))
    return app


def _subjects(server: Server) -> APIRouter:
    router = APIRouter()

    @router.post("/subjects/{subject}")
    async def look_up(subject: str, request: Request) -> Response:
        if subject not in server.subjects:
            return refused(40401, f"Subject '{subject}' not found.")
        id = server.id_of(await posted(request))
        if id not in server.subjects[subject]:
            return refused(40403, "Schema not found")
        return answer(server.described(subject, server.subjects[subject].index(id) + 1))

    @router.get("/subjects/{subject}/versions")
    async def versions(subject: str) -> Response:
        if subject not in server.subjects:
            return refused(40401, f"Subject '{subject}' not found.")
        return answer(list(range(1, len(server.subjects[subject]) + 1)))

    @router.get("/subjects/{subject}/versions/{version}")
    async def version(subject: str, version: int) -> Response:
        return answer(server.described(subject, version))

    @router.post("/subjects/{subject}/versions")
    async def register(subject: str, request: Request) -> Response:
        schema = await posted(request)
        for version in range(1, len(server.subjects.get(subject, [])) + 1):
            if server.problems(subject, schema, version):
                return answer({"error_code": 409, "message": "Schema being registered is incompatible"}, 409)
        return answer({"id": server.give(subject, schema)})

    return router


def _rest(server: Server) -> APIRouter:
    router = APIRouter()

    @router.post("/compatibility/subjects/{subject}/versions/{version}")
    async def compatibility(subject: str, version: int, request: Request) -> Response:
        problems = server.problems(subject, await posted(request), version)
        said = {"messages": [f"{{errorType:'ANY', description:'{p}'}}" for p in problems]}
        return answer({"is_compatible": not problems, **(said if server.verbose else {})})

    @router.get("/schemas/ids/{id}")
    async def by_id(id: int) -> Response:
        if id not in server.schemas:
            return refused(40403, f"Schema {id} not found")
        kind = {} if server.kinds[id] == "AVRO" else {"schemaType": server.kinds[id]}
        return answer({"schema": text(server.schemas[id]), **kind})

    @router.get("/config/{subject}")
    async def level(subject: str) -> Response:
        if subject not in server.levels:
            return refused(40408, f"Subject '{subject}' does not have subject-level compatibility configured")
        return answer({"compatibilityLevel": server.levels[subject]})

    @router.put("/config/{subject}")
    async def set_level(subject: str, request: Request) -> Response:
        server.levels[subject] = json.loads(await request.body())["compatibility"]
        return answer({"compatibility": server.levels[subject]})

    return router


@contextmanager
def served(app: FastAPI) -> Iterator[tuple[str, Callable[[], None]]]:
    """An application at a URL, until the block ends or the function beside the URL is called."""
    bound = listen("127.0.0.1", 0)
    config = uvicorn.Config(app, log_config=None, log_level="critical", access_log=False, lifespan="off")
    serving = uvicorn.Server(config)
    thread = threading.Thread(target=serving.run, kwargs={"sockets": [bound]})

    def stop() -> None:
        serving.should_exit = True
        thread.join()
        bound.close()

    thread.start()
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}", stop
    finally:
        stop()


@contextmanager
def registry_server() -> Iterator[Server]:
    """An empty registry at `.url`, until the block ends or `.stop()` is called."""
    server = Server()
    with served(application(server)) as (server.url, server.stop):
        yield server
