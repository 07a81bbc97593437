from collections.abc import Iterator
from typing import Any

import pytest

from schemas import sources
from schemas.errors import IncompatibleSchemaError
from schemas.history import History, Version
from tests.topics.registry_server import FIRST_ID, Server, registry_server
from topics import ids
from topics.catalogue import ALL
from topics.ids import Registered
from topics.registry import Address, Registry, RegistryError

SUBJECT = "racing.scratches-value"
SCRATCH, ALERT = sources.raw("Scratch"), sources.raw("Alert")
TWO = {SUBJECT: SCRATCH, "racing.alerts-value": ALERT}
EMPTY = History({}, {})


def with_field(name: str, **attributes: Any) -> dict[str, Any]:
    return {**SCRATCH, "fields": [*SCRATCH["fields"], {"name": name, "type": "string", **attributes}]}


@pytest.fixture
def server() -> Iterator[Server]:
    with registry_server() as running:
        yield running


@pytest.fixture
def registry(server: Server) -> Registry:
    return Registry(Address(server.url))


def test_every_topic_of_the_catalogue_has_a_subject() -> None:
    assert ids.wanted("test.") == {f"test.{topic.name}-value": sources.raw(topic.schema) for topic in ALL}


def test_what_is_not_known_is_registered(server: Server, registry: Registry) -> None:
    server.give(SUBJECT, SCRATCH)
    assert ids.register(registry, TWO) == [
        Registered(SUBJECT, Version(1, FIRST_ID), new=False),
        Registered("racing.alerts-value", Version(1, FIRST_ID + 1), new=True),
    ]
    assert server.levels == dict.fromkeys(TWO, "FULL_TRANSITIVE")
    assert [one.new for one in ids.register(registry, TWO)] == [False, False]


def test_a_refusal_names_subject_field_and_reason_and_nothing_is_registered(
    server: Server, registry: Registry
) -> None:
    server.give(SUBJECT, with_field("vet"))
    with pytest.raises(IncompatibleSchemaError) as refused:
        ids.register(registry, TWO)
    assert f"{SUBJECT}: vet: reader field missing default value" in str(refused.value)
    assert "version 1" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert list(server.subjects) == [SUBJECT]


def test_the_verdict_is_the_registry_s(server: Server, registry: Registry) -> None:
    server.give(SUBJECT, with_field("vet"))
    # The level of this subject is not that of the test above: the registry finds nothing wrong.
    assert ids.refusals(registry, SUBJECT, SCRATCH) == []


def test_a_reason_that_only_the_registry_knows_is_told(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.add(SUBJECT, SCRATCH)
    monkeypatch.setattr(Registry, "refusal", lambda *_: "no field may be called vet")
    found = ids.refusals(registry, SUBJECT, with_field("vet", default=""))
    assert found == ["no field may be called vet (version 1)"]


def test_all_versions_are_fetched_with_their_ids(server: Server, registry: Registry) -> None:
    older = with_field("vet", default="")
    server.give(SUBJECT, older)
    ids.register(registry, TWO)
    assert ids.fetch(registry, TWO) == History(
        {SUBJECT: (Version(1, 1001), Version(2, 1002)), "racing.alerts-value": (Version(1, 1003),)},
        {1001: older, 1002: SCRATCH, 1003: ALERT},
    )


def test_what_the_registry_has_not_is_named(server: Server, registry: Registry) -> None:
    server.give(SUBJECT, SCRATCH)
    with pytest.raises(RegistryError, match=r"of racing\.alerts-value: run `hpr schemas register`"):
        ids.fetch(registry, TWO)


def test_ids_suffice_when_each_subject_has_its_schema() -> None:
    whole = History({SUBJECT: (Version(1, 5),)}, {5: SCRATCH})
    assert ids.holds(whole, {SUBJECT: SCRATCH})
    assert not ids.holds(whole, {f"test.{SUBJECT}": SCRATCH})
    assert not ids.holds(whole, {SUBJECT: with_field("vet", default="")})
    assert not ids.holds(EMPTY, {SUBJECT: SCRATCH})
