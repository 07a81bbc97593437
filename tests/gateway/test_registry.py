import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from fastapi import FastAPI

from gateway import registry
from schemas import sources
from schemas.codec import Codec
from schemas.history import History
from topics.catalogue import ALL
from topics.embedded import EmbeddedBroker

KIND = "application/vnd.schemaregistry.v1+json"
SUBJECT = "racing.scratches-value"


def _with_field(default: bool) -> dict[str, Any]:
    added = {"name": "latency_ms", "type": "long", "doc": "How long a feed takes, in milliseconds."}
    field = added | ({"default": 0} if default else {})
    schema = sources.raw("Scratch")
    return {**schema, "fields": [*schema["fields"], field]}


@pytest.fixture(scope="module")
def committed() -> History:
    """Every topic's schema at version 1, and a second version of the feeds' status."""
    known = History({}, {})
    for topic in ALL:
        known = known.add(topic.subject, sources.raw(topic.schema))
    return known.add(SUBJECT, _with_field(default=True))


@pytest.fixture
async def client(committed: History) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    registry.install(app, committed)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://registry") as opened:
        yield opened


def _body(schema: object) -> dict[str, Any]:
    return {"content": json.dumps({"schema": json.dumps(schema)}), "headers": {"content-type": KIND}}


async def test_subjects_versions_and_schemas_are_listed_in_confluent_s_media_type(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/subjects")
    assert answer.headers["content-type"] == KIND
    assert answer.json() == sorted(topic.subject for topic in ALL)
    assert (await client.get("/subjects?subjectPrefix=racing.scr")).json() == [SUBJECT]
    assert (await client.get(f"/subjects/{SUBJECT}/versions")).json() == [1, 2]


async def test_a_version_is_found_by_number_or_as_the_latest(
    client: httpx.AsyncClient, committed: History
) -> None:
    first = (await client.get(f"/subjects/{SUBJECT}/versions/1")).json()
    latest = (await client.get(f"/subjects/{SUBJECT}/versions/latest")).json()
    assert first["id"] == committed.id_of(sources.raw("Scratch"))
    assert json.loads(first["schema"]) == sources.raw("Scratch")
    assert (latest["subject"], latest["version"]) == (SUBJECT, 2)
    assert (await client.get(f"/subjects/{SUBJECT}/versions/1/schema")).json() == sources.raw("Scratch")


async def test_a_schema_is_found_by_its_id_with_all_that_use_it(
    client: httpx.AsyncClient, committed: History
) -> None:
    id = committed.id_of(sources.raw("Scratch"))
    assert json.loads((await client.get(f"/schemas/ids/{id}")).json()["schema"]) == sources.raw("Scratch")
    assert (await client.get(f"/schemas/ids/{id}/schema")).json() == sources.raw("Scratch")
    assert (await client.get(f"/schemas/ids/{id}/subjects")).json() == [SUBJECT]
    assert (await client.get(f"/schemas/ids/{id}/versions")).json() == [{"subject": SUBJECT, "version": 1}]


async def test_kinds_compatibility_and_mode_are_told(client: httpx.AsyncClient) -> None:
    assert (await client.get("/schemas/types")).json() == ["AVRO"]
    assert (await client.get("/config")).json() == {"compatibilityLevel": "FULL_TRANSITIVE"}
    assert (await client.get(f"/config/{SUBJECT}")).json() == {"compatibilityLevel": "FULL_TRANSITIVE"}
    assert (await client.get("/mode")).json() == {"mode": "READONLY"}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/subjects/none/versions", 404, 40401),
        ("/subjects/none/versions/1", 404, 40401),
        (f"/subjects/{SUBJECT}/versions/9", 404, 40402),
        (f"/subjects/{SUBJECT}/versions/first", 422, 42202),
        ("/schemas/ids/999", 404, 40403),
        ("/schemas/ids/x", 404, 40403),
        ("/schemas/ids/999/versions", 404, 40403),
    ],
)
async def test_what_is_unknown_has_confluent_s_code(
    client: httpx.AsyncClient, path: str, status: int, code: int
) -> None:
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == KIND
    assert answer.json()["error_code"] == code


async def test_a_schema_is_looked_up_under_its_subject(client: httpx.AsyncClient) -> None:
    found = (await client.post(f"/subjects/{SUBJECT}", **_body(sources.raw("Scratch")))).json()
    assert (found["subject"], found["version"]) == (SUBJECT, 1)
    other = await client.post(f"/subjects/{SUBJECT}", **_body(sources.raw("RaceCard")))
    assert (other.status_code, other.json()["error_code"]) == (404, 40403)


async def test_registering_what_is_registered_answers_its_id(
    client: httpx.AsyncClient, committed: History
) -> None:
    answer = await client.post(f"/subjects/{SUBJECT}/versions", **_body(sources.raw("Scratch")))
    assert answer.json() == {"id": committed.id_of(sources.raw("Scratch"))}


async def test_registering_something_new_is_refused_and_says_how_it_is_done(
    client: httpx.AsyncClient,
) -> None:
    field = {"name": "region", "type": "string", "default": "", "doc": "Where the feed runs."}
    schema = _with_field(default=True)
    fits = await client.post(
        f"/subjects/{SUBJECT}/versions", **_body({**schema, "fields": [*schema["fields"], field]})
    )
    assert (fits.status_code, fits.json()["error_code"]) == (422, 42205)
    assert "hpr schemas commit" in fits.json()["message"]
    breaks = await client.post(f"/subjects/{SUBJECT}/versions", **_body(_with_field(default=False)))
    assert (breaks.status_code, breaks.json()["error_code"]) == (409, 409)
    assert "latency_ms" in breaks.json()["message"]


@pytest.mark.parametrize(
    "body", ["", "{}", "[]", '{"schema": "not avro"}', '{"schema": "{}"}', '{"schema": 1}']
)
async def test_what_is_no_schema_is_refused(client: httpx.AsyncClient, body: str) -> None:
    answer = await client.post(f"/subjects/{SUBJECT}", content=body, headers={"content-type": KIND})
    assert (answer.status_code, answer.json()["error_code"]) == (422, 42201)


async def test_nothing_is_set_by_request(client: httpx.AsyncClient) -> None:
    answer = await client.put("/config", json={"compatibility": "NONE"})
    assert (answer.status_code, answer.json()["error_code"]) == (422, 42205)


@pytest.mark.parametrize("version", ["/1", "/latest", ""])
async def test_compatibility_is_judged_in_both_directions(client: httpx.AsyncClient, version: str) -> None:
    path = f"/compatibility/subjects/{SUBJECT}/versions{version}?verbose=true"
    fits = (await client.post(path, **_body(_with_field(default=True)))).json()
    assert fits == {"is_compatible": True, "messages": []}
    narrowed = {**sources.raw("Scratch"), "fields": sources.raw("Scratch")["fields"][1:]}
    breaks = (await client.post(path, **_body(narrowed))).json()
    assert breaks["is_compatible"] is False
    assert "event_id" in breaks["messages"][0]


def _sample(kind: Any) -> Any:
    """Some value of an Avro type: what has a default takes it, the rest something plain."""
    if isinstance(kind, list):
        return _sample(kind[0])
    name = kind if isinstance(kind, str) else kind["type"]
    if name == "record":
        return {f["name"]: f["default"] if "default" in f else _sample(f["type"]) for f in kind["fields"]}
    if name == "enum":
        return kind["symbols"][0]
    if isinstance(kind, dict) and kind.get("logicalType") == "uuid":
        return "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
    plain = {"string": "x", "long": 1, "int": 1, "double": 1.5, "float": 1.5, "boolean": True, "bytes": b"x"}
    return {**plain, "array": [], "map": {}, "null": None}[name]


def test_confluent_s_own_client_decodes_every_event_by_the_gateway_s_registry(
    run_gateway: Callable[..., AbstractContextManager[Any]], broker: EmbeddedBroker, committed: History
) -> None:
    codec = Codec(committed)
    with (
        run_gateway(broker.bootstrap, committed=committed) as running,
        SchemaRegistryClient({"url": f"http://{running.address}"}) as client,
    ):
        deserialize = AvroDeserializer(client)
        for topic in ALL:
            wire = codec.encode(topic.schema, _sample(sources.raw(topic.schema)))
            decoded = deserialize(wire, SerializationContext(topic.name, MessageField.VALUE))
            assert decoded is not None
            assert str(decoded["event_id"]) == "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
            assert decoded["sequence"] == 1
