import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas import sources
from schemas.errors import SchemaError, UnknownSchemaError
from schemas.history import History, Version
from tests.topics.registry_server import FIRST_ID, Server, registry_server
from topics import id_cache, ids
from topics.id_cache import Finder
from topics.registry import Address, Registry

SUBJECT = "racing.scratches-value"
SCRATCH, ALERT = sources.raw("Scratch"), sources.raw("Alert")
EMPTY = History({}, {})


@pytest.fixture
def server() -> Iterator[Server]:
    with registry_server() as running:
        yield running


@pytest.fixture
def registry(server: Server) -> Registry:
    return Registry(Address(server.url))


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "new" / "ids.json"
    kept = History({SUBJECT: (Version(1, 1001),)}, {1001: SCRATCH, 1009: ALERT})
    id_cache.write(file, "http://a", kept)
    assert id_cache.read(file, "http://a") == kept
    assert [found.name for found in file.parent.iterdir()] == ["ids.json"]


def test_an_id_means_what_its_own_registry_says(tmp_path: Path) -> None:
    id_cache.write(tmp_path / "ids.json", "http://a", History({}, {1001: SCRATCH}))
    assert id_cache.read(tmp_path / "ids.json", "http://b") == EMPTY
    assert id_cache.read(tmp_path / "none.json", "http://a") == EMPTY


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b'{"registry": "http://a"', b'{"registry": "http://a"}', b'{"registry": "\xff"}',
        b"\0" * 64, b'{"a":' * 100_000,
    ],
)  # fmt: skip
def test_a_broken_file_is_named_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ids.json").write_bytes(content)
    with pytest.raises(SchemaError, match=r"ids\.json holds no schema ids .*run `hpr schemas fetch`"):
        id_cache.read(tmp_path / "ids.json", "http://a")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"cannot be read: Is a directory; give HPR_REGISTRY_CACHE another"):
        id_cache.read(tmp_path, "http://a")


def test_others_may_read_what_is_kept(tmp_path: Path) -> None:
    id_cache.write(tmp_path / "ids.json", "http://a", EMPTY)
    assert (tmp_path / "ids.json").stat().st_mode & 0o777 == 0o644


def test_a_file_for_each_registry_and_prefix() -> None:
    urls = [("http://a.example:8081", ""), ("http://a.example:8081", "test."), ("https://a.example/x", "")]
    names = [id_cache.cache_file(Path("kept"), *url).as_posix() for url in urls]
    assert names == ["kept/a.example-8081.json", "kept/a.example-8081-test.json", "kept/a.example-x.json"]


def test_an_id_that_was_met_is_asked_for_once_and_kept(
    server: Server, registry: Registry, tmp_path: Path
) -> None:
    file = tmp_path / "ids.json"
    id_cache.write(file, registry.url, History({SUBJECT: (Version(1, 5),)}, {5: SCRATCH}))
    id = server.give("other-value", ALERT)
    finder = Finder(registry, file)
    assert [finder.find(id) for _ in range(3)] == [ALERT] * 3
    assert server.asked == [f"GET /schemas/ids/{id}"]
    assert id_cache.read(file, registry.url) == History({SUBJECT: (Version(1, 5),)}, {5: SCRATCH, id: ALERT})


def test_a_registry_that_is_away_is_left_alone_for_longer_and_longer(
    server: Server, registry: Registry, tmp_path: Path
) -> None:
    now = [0.0]
    id = server.give(SUBJECT, SCRATCH)
    server.fault = (503, "busy")
    finder = Finder(registry, tmp_path / "ids.json", lambda: now[0])
    tries = []
    for second in range(200):
        now[0] = float(second)
        with pytest.raises(UnknownSchemaError, match=f"schema id {second} is not among those kept.*HTTP 503"):
            finder.find(second)
        tries.append(len(server.asked))
    asked = [second for second in range(1, 200) if tries[second] > tries[second - 1]]
    assert asked == [1, 3, 7, 15, 31, 63, 123, 183]
    server.fault, now[0] = None, 300.0
    assert finder.find(id) == SCRATCH


def test_an_id_that_the_registry_does_not_know_is_asked_for_again_after_a_minute(
    server: Server, registry: Registry, tmp_path: Path
) -> None:
    now = [0.0]
    finder = Finder(registry, tmp_path / "ids.json", lambda: now[0])
    for now[0] in (0.0, 1.0, 59.0, 61.0):
        with pytest.raises(UnknownSchemaError, match=f"schema id 1001 is not known at {server.url}"):
            finder.find(FIRST_ID)
    assert len(server.asked) == 2
    server.give(SUBJECT, SCRATCH)
    now[0] = 125.0
    assert finder.find(FIRST_ID) == SCRATCH


def test_a_folder_that_cannot_be_written_stops_nothing(
    server: Server, registry: Registry, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    id = server.give(SUBJECT, SCRATCH)
    assert Finder(registry, tmp_path / "file" / "ids.json").find(id) == SCRATCH


def test_no_password_is_kept(server: Server, tmp_path: Path) -> None:
    server.password = "me:secret"
    registry = Registry(Address(server.url, "me:secret"))
    ids.register(registry, {SUBJECT: SCRATCH})
    file = id_cache.cache_file(tmp_path, registry.url)
    id_cache.write(file, registry.url, ids.fetch(registry, {SUBJECT: SCRATCH}))
    assert "secret" not in file.name + file.read_text()
    assert json.loads(file.read_text())["registry"] == server.url
