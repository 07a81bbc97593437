import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import FastAPI, Response

from gateway import registry as built_in
from schemas import history, sources
from schemas.errors import IncompatibleSchemaError, SettingsError
from schemas.history import Version
from tests.topics.registry_server import FIRST_ID, Server, registry_server, served
from topics.registry import LEVEL, Address, Registry, RegistryError, parse

SUBJECT = "racing.scratches-value"
SCRATCH = sources.raw("Scratch")


def with_field(**attributes: Any) -> dict[str, Any]:
    """Scratch with another field called vet."""
    return {**SCRATCH, "fields": [*SCRATCH["fields"], {"name": "vet", "type": "string", **attributes}]}


@pytest.fixture
def server() -> Iterator[Server]:
    with registry_server() as running:
        yield running


def at(server: Server, credentials: str | None = None, timeout: float = 10.0) -> Registry:
    return Registry(Address(server.url, credentials), timeout)


def test_a_url_is_parted_from_its_password() -> None:
    assert parse("https://me:s%40crt@registry.example:8081/apis/ccompat/v7/") == Address(
        "https://registry.example:8081/apis/ccompat/v7", "me:s@crt"
    )
    assert parse("http://[::1]:8081") == Address("http://[::1]:8081")
    assert parse("http://token@host").credentials == "token:"


def test_a_password_is_in_no_text() -> None:
    assert "secret" not in str(parse("http://me:secret@127.0.0.1:8081"))


@pytest.mark.parametrize(
    "text",
    ["", "registry:8081", "ftp://secret@host", "http://", "http://secret:8081:1", "http://a:1,http://b:2",
     "http://secret host", "http://secret@host/?a=b", "http://host:secret", "http://[::1"],
)  # fmt: skip
def test_what_is_no_url_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(SettingsError, match="one URL such as") as refused:
        parse(text)
    assert "secret" not in str(refused.value)


def test_what_is_registered_is_known_by_version_and_id(server: Server) -> None:
    registry = at(server)
    assert registry.known(SUBJECT, SCRATCH) is None
    assert registry.versions(SUBJECT) == []
    assert registry.add(SUBJECT, SCRATCH) == Version(1, FIRST_ID)
    assert registry.add(SUBJECT, with_field(default="")) == Version(2, FIRST_ID + 1)
    assert registry.known(SUBJECT, SCRATCH) == Version(1, FIRST_ID)
    assert registry.versions(SUBJECT) == [
        (Version(1, FIRST_ID), SCRATCH),
        (Version(2, FIRST_ID + 1), with_field(default="")),
    ]


def test_a_schema_is_found_by_its_id(server: Server) -> None:
    id = server.give(SUBJECT, SCRATCH)
    assert at(server).schema(id) == SCRATCH
    assert at(server).schema(id + 1) is None


def test_what_is_not_avro_or_no_record_has_no_name(server: Server) -> None:
    ids = [server.give("other-value", {"title": "A"}, "JSON"), server.give("other-value", "string")]
    assert [at(server).schema(id) for id in ids] == [{"type": "JSON"}, {"type": "AVRO"}]


def test_full_compatibility_is_demanded_once(server: Server) -> None:
    for _ in range(2):
        at(server).demand_full(SUBJECT)
    assert server.levels == {SUBJECT: LEVEL}
    assert server.asked.count(f"PUT /config/{SUBJECT}") == 1


def test_the_registry_says_whether_a_schema_may_follow(server: Server) -> None:
    registry = at(server)
    server.give(SUBJECT, SCRATCH)
    registry.demand_full(SUBJECT)
    assert registry.refusal(SUBJECT, 1, with_field(default="")) is None
    assert "vet" in (registry.refusal(SUBJECT, 1, with_field()) or "")
    server.verbose = False
    assert registry.refusal(SUBJECT, 1, with_field()) == "no reason given"
    with pytest.raises(IncompatibleSchemaError, match=f"^{SUBJECT}: {server.url}: .*is incompatible"):
        registry.add(SUBJECT, with_field())


def test_user_and_password_are_sent(server: Server) -> None:
    server.password = "me:s€cret"
    server.give(SUBJECT, SCRATCH)
    assert at(server, "me:s€cret").known(SUBJECT, SCRATCH) == Version(1, FIRST_ID)
    with pytest.raises(RegistryError, match=r"refuses us \(HTTP 401\).*user and password") as refused:
        at(server, "me:guess").known(SUBJECT, SCRATCH)
    assert "guess" not in str(refused.value)


def test_a_password_does_not_follow_a_redirect(server: Server) -> None:
    server.password = "me:secret"
    app = FastAPI()

    @app.get("/{path:path}")
    async def elsewhere(path: str) -> Response:
        return Response(status_code=302, headers={"location": f"{server.url}/{path}"})

    with served(app) as (url, _), pytest.raises(RegistryError, match="HTTP 401"):
        Registry(Address(url, "me:secret")).schema(FIRST_ID)


FAULTS: dict[str, tuple[tuple[int, str | bytes], str]] = {
    "a failure that says why": (
        (500, '{"error_code": 50001, "message": "Error in the\\n backend"}'),
        r"failed \(HTTP 500\): Error in the backend",
    ),
    "a failure that says nothing": ((503, "<html>busy</html>"), r"failed \(HTTP 503\)$"),
    "a refusal in the registry's terms": (
        (422, '{"error_code": 42205, "message": "read-only"}'),
        r"failed \(HTTP 422\): read-only",
    ),
    "a page": ((200, "<html>hello</html>"), "does not answer as a schema registry does$"),
    "other JSON": ((200, '{"hello": 1}'), "does not answer as a schema registry does$"),
    "no such page": (
        (404, "<html>Not found</html>"),
        r"does not answer as a schema registry does \(HTTP 404\)",
    ),
    "JSON of no such page": ((404, '{"error_code": 404}'), r"\(HTTP 404\): give the registry's own address"),
    "a page that is not UTF-8": ((200, b'{"schema": "\xff"}'), "does not answer as a schema registry does$"),
    "a reason that is not UTF-8": (
        (404, b'{"error_code": 40403, "message": "\xff"}'),
        r"does not answer as a schema registry does \(HTTP 404\)",
    ),
    "JSON without a bottom": ((200, '{"a":' * 100_000), "does not answer as a schema registry does$"),
    "a reason without a bottom": (
        (422, '{"a":' * 100_000),
        r"does not answer as a schema registry does \(HTTP 422\)",
    ),
    "a long reason": ((500, '{"error_code": 1, "message": "' + "x" * 5000 + '"}'), "x{300}…$"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_one_line(server: Server, fault: str) -> None:
    server.fault, said = FAULTS[fault]
    with pytest.raises(RegistryError, match=said) as refused:
        at(server).schema(FIRST_ID)
    assert str(refused.value).startswith(server.url)
    assert "\n" not in str(refused.value)


def test_a_registry_that_is_away_is_named(server: Server) -> None:
    server.stop()
    with pytest.raises(RegistryError, match="cannot be reached: Connection refused"):
        at(server).schema(FIRST_ID)


def test_a_registry_that_is_slow_is_not_waited_for(server: Server) -> None:
    server.delay = 0.5
    with pytest.raises(RegistryError, match=r"does not answer within 0\.1 s"):
        at(server, timeout=0.1).schema(FIRST_ID)


@contextmanager
def saying(answer: bytes, *, hang_up: bool = True) -> Iterator[str]:
    """A server at a URL that says this once, and then hangs up or says no more."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)
                if not hang_up:
                    over.wait(10)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        over.set()
        thread.join()


def test_what_does_not_speak_http_is_said_to() -> None:
    with (
        saying(b"\0\0\0\7hello\n") as url,
        pytest.raises(RegistryError, match="does not speak HTTP"),
    ):
        Registry(Address(url)).schema(FIRST_ID)


@pytest.mark.parametrize("status", [b"200 OK", b"404 Not Found", b"500 Failed"])
def test_an_answer_that_breaks_off_or_stalls_is_one_line(status: bytes) -> None:
    half = b"HTTP/1.1 " + status + b'\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{"error_code":'
    with saying(half) as url, pytest.raises(RegistryError, match=f"^{url} breaks off its answer$"):
        Registry(Address(url)).schema(FIRST_ID)
    with (
        saying(half, hang_up=False) as url,
        pytest.raises(RegistryError, match=r"does not answer within 0\.1 s"),
    ):
        Registry(Address(url), 0.1).schema(FIRST_ID)


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".example"])
def test_a_host_that_can_be_none_is_one_line(host: str) -> None:
    with pytest.raises(RegistryError, match=f"^http://{host} cannot be reached: "):
        Registry(Address(f"http://{host}")).schema(FIRST_ID)


def test_only_the_registrys_own_404_says_that_something_is_absent(server: Server) -> None:
    for code in (40401, 40402, 40403, 40408):
        server.fault = 404, f'{{"error_code": {code}, "message": "not found"}}'
        assert at(server).schema(FIRST_ID) is None
        assert at(server).known(SUBJECT, SCRATCH) is None
    for code in (404, 40400, 40409, 50001):
        server.fault = 404, f'{{"error_code": {code}, "message": "Not Found"}}'
        with pytest.raises(RegistryError, match="give the registry's own address"):
            at(server).demand_full(SUBJECT)


def test_what_is_to_be_written_is_never_absent(server: Server) -> None:
    server.fault = 404, '{"error_code": 40401, "message": "no such subject"}'
    with pytest.raises(RegistryError, match=r"failed \(HTTP 404\): no such subject"):
        at(server).demand_full(SUBJECT)
    with pytest.raises(RegistryError, match=r"failed \(HTTP 404\): no such subject"):
        at(server).add(SUBJECT, SCRATCH)


def test_a_schema_without_a_bottom_has_no_name(server: Server) -> None:
    server.fault = 200, '{"schema": "' + "[" * 100_000 + '"}'
    assert at(server).schema(FIRST_ID) == {"type": "AVRO"}


def test_the_gateway_is_a_registry_as_well() -> None:
    app, committed = FastAPI(), history.load()
    built_in.install(app, committed)
    with served(app) as (url, _):
        registry = Registry(Address(url))
        registry.demand_full(SUBJECT)
        assert registry.known(SUBJECT, SCRATCH) == committed.subjects[SUBJECT][-1]
        assert registry.versions(SUBJECT)[-1] == (committed.subjects[SUBJECT][-1], SCRATCH)
        assert "vet" in (registry.refusal(SUBJECT, 1, with_field()) or "")
        with pytest.raises(RegistryError, match="read-only"):
            registry.add(SUBJECT, with_field(default=""))
