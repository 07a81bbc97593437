import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
import pytest
import structlog

from hpr.codec import codec, connect, kept_in
from hpr.settings import Settings, settings
from schemas import sources
from schemas.codec import default_codec
from schemas.errors import SettingsError, UnknownSchemaError
from tests.topics.registry_server import FIRST_ID, Server, registry_server
from topics import ids
from topics.registry import Address, Registry, RegistryError

STATUS: dict[str, Any] = {
    "event_id": "0f1e2d3c-4b5a-5978-8697-a5b4c3d2e1f0",
    "source": "betfair",
    "race_id": "BEL-20230715-01",
    "event_time": 1_690_000_000_000_000,
    "recorded_time": 1_690_000_000_000_001,
    "sequence": 7,
    "market_id": "1.2",
    "status": "IN_PLAY",
    "scheduled_off": None,
    "off_time": None,
}


@pytest.fixture(autouse=True)
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No HPR_ variable and no hpr.toml."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("HPR_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def server() -> Iterator[Server]:
    with registry_server() as running:
        yield running


@pytest.fixture
def chosen(server: Server) -> Settings:
    """Settings with the registry, at which every schema is registered."""
    ids.register(Registry(Address(server.url)), ids.wanted())
    return settings(registry=server.url)


def id_in(data: bytes) -> int:
    return int.from_bytes(data[1:5], "big")


def with_flag() -> dict[str, Any]:
    """RaceStatus as a later release might have it."""
    schema = sources.raw("RaceStatus")
    return {**schema, "fields": [*schema["fields"], {"name": "flag", "type": "string", "default": ""}]}


def in_later_words(id: int) -> bytes:
    out = BytesIO()
    fastavro.schemaless_writer(out, sources.plain(with_flag()), {**STATUS, "flag": "green"})
    return b"\0" + id.to_bytes(4, "big") + out.getvalue()


def test_without_a_registry_the_ids_are_those_built_in() -> None:
    assert codec(settings()) is default_codec()


def test_ids_are_those_of_the_registry(server: Server, chosen: Settings) -> None:
    data = codec(chosen).encode("RaceStatus", STATUS)
    assert server.schemas[id_in(data)] == sources.raw("RaceStatus")
    assert id_in(data) >= FIRST_ID
    assert data[5:] == default_codec().encode("RaceStatus", STATUS)[5:]
    assert codec(chosen).decode(data) == ("RaceStatus", STATUS)


def test_an_id_means_what_the_registry_says_and_nothing_else(chosen: Settings) -> None:
    with pytest.raises(UnknownSchemaError, match=r"schema id \d+ is not known at http"):
        codec(chosen).decode(default_codec().encode("RaceStatus", STATUS))


def test_once_the_ids_are_kept_the_registry_is_not_asked(server: Server, chosen: Settings) -> None:
    data = codec(chosen).encode("RaceStatus", STATUS)
    server.asked.clear()
    assert codec(chosen).decode(data) == ("RaceStatus", STATUS)
    assert server.asked == []
    server.stop()
    assert codec(chosen).encode("RaceStatus", STATUS) == data


def test_an_id_met_at_run_time_is_known_from_then_on(server: Server, chosen: Settings) -> None:
    running = codec(chosen)
    id = server.give("racing.status-value", with_flag())
    assert running.decode(in_later_words(id)) == ("RaceStatus", STATUS)
    server.stop()
    assert running.decode(in_later_words(id)) == ("RaceStatus", STATUS)
    assert codec(chosen).decode(in_later_words(id)) == ("RaceStatus", STATUS)


def test_an_id_met_while_the_registry_is_away_is_unknown(server: Server, chosen: Settings) -> None:
    running = codec(chosen)
    server.stop()
    with pytest.raises(
        UnknownSchemaError, match=r"schema id 4711 is not among those kept.*cannot be reached"
    ):
        running.decode(in_later_words(4711))


def test_the_first_start_needs_the_registry(server: Server, chosen: Settings) -> None:
    server.stop()
    with pytest.raises(RegistryError, match="cannot be reached"):
        codec(chosen)


def test_ids_that_cannot_be_kept_are_used_all_the_same(chosen: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    blocked = chosen.model_copy(update={"registry_cache": "file/registry"})
    with structlog.testing.capture_logs() as said:
        assert codec(blocked).decode(codec(chosen).encode("RaceStatus", STATUS)) == ("RaceStatus", STATUS)
    assert [(one["log_level"], one["event"]) for one in said] == [("warning", "schema ids not kept")]


def test_what_is_not_registered_is_said_at_the_start(server: Server) -> None:
    chosen = settings(registry=server.url, topic_prefix="test.")
    with pytest.raises(RegistryError, match=r"test\.racing\.cards-value.*run `hpr schemas register`"):
        codec(chosen)


def test_a_registry_has_to_be_set_to_connect_to_one() -> None:
    with pytest.raises(SettingsError, match="no schema registry is set"):
        connect(settings())


def test_a_password_is_in_no_text() -> None:
    chosen = settings(registry="http://me:secret@127.0.0.1:1")
    assert "me:secret" not in repr(chosen)
    assert "secret" not in str(kept_in(chosen, connect(chosen)))
    with pytest.raises(RegistryError) as refused:
        codec(chosen)
    assert "secret" not in str(refused.value)
