"""What was viewed, tracked and ticketed becomes events by consent only, under a pseudonym."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from gateway import interactions
from gateway.accounts.tables import Preferences
from gateway.app import create_app
from gateway.interactions import Done, events
from gateway.site import Site
from tests.gateway.accounts.conftest import Person, Visitor
from tests.integration.services import read_all
from topics.embedded import EmbeddedBroker

NOON = 1_690_000_000_000_000
VIEWED = {"kind": "VIEWED", "subject": "RACE", "key": "BEL-20230715-01"}
TICKETED = {"kind": "TICKETED", "subject": "RUNNER", "key": "BEL-20230715-01/7"}
TRACKED = {"kind": "TRACKED", "subject": "HORSE", "key": "Sea Hero (IRE)"}
PATH = "/v1/interactions"


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as embedded:
        embedded.touch(["users.interactions"])
        yield embedded


@pytest.fixture
def app(site: Site, broker: EmbeddedBroker) -> FastAPI:
    return create_app(broker.bootstrap, site=site)


async def _consent(ann: Person, given: bool) -> None:
    assert (await ann.client.patch("/v1/preferences", json={"interactions": given})).status_code == 200


async def _tell(ann: Person, *done: dict[str, str]) -> httpx.Response:
    return await ann.post(PATH, {"interactions": list(done)})


def _published(broker: EmbeddedBroker) -> list[dict[str, Any]]:
    return sorted(read_all(broker.bootstrap, "users.interactions"), key=lambda each: each["recorded_time"])


async def test_nothing_is_published_before_consent_and_after_it_is_withdrawn(
    ann: Person, broker: EmbeddedBroker, site: Site
) -> None:
    refused = await _tell(ann, VIEWED)
    assert (refused.status_code, refused.json()["title"]) == (403, "Consent needed")
    await _consent(ann, True)
    told = await _tell(ann, VIEWED, TICKETED)
    assert (told.status_code, told.json()) == (202, {"published": 2})
    async with site.database.read() as session:
        pseudonym = str((await session.scalars(select(Preferences.pseudonym))).one())
    await _consent(ann, False)
    assert (await _tell(ann, TRACKED)).status_code == 403
    await _consent(ann, True)
    await _tell(ann, TRACKED)
    first, second, third = _published(broker)
    assert [first["pseudonym"], second["pseudonym"]] == [pseudonym] * 2
    assert [first["race_id"], second["race_id"], third["race_id"]] == ["BEL-20230715-01"] * 2 + [""]
    assert (second["kind"], second["subject"], second["key"]) == tuple(TICKETED.values())
    # Another consent is another pseudonym, and neither leads to the account.
    assert third["pseudonym"] != pseudonym
    assert not any(said in str([first, second, third]) for said in (ann.email, ann.state["user_id"]))


async def test_a_key_needs_the_scope_and_tickets_are_withheld_in_a_pause(
    ann: Person, visitor: Visitor
) -> None:
    await _consent(ann, True)
    for scope, status in (("read:races", 403), ("write:interactions", 202)):
        key = (await ann.key(scope))["key"]
        program = visitor(headers={"authorization": f"Bearer {key}"})
        assert (await program.post(PATH, json={"interactions": [VIEWED]})).status_code == status
    await ann.post("/v1/play/pause", {"hours": 1})
    assert (await _tell(ann, TICKETED)).json()["title"] == "Withheld"
    assert (await _tell(ann, VIEWED)).status_code == 202


@pytest.mark.parametrize(
    "wrong",
    [
        {**VIEWED, "kind": "BET"},
        {**TICKETED, "key": "BEL-20230715-01"},
        {**VIEWED, "key": "<script>"},
        {**VIEWED, "user_id": "x"},
    ],
)
async def test_what_cannot_be_is_a_problem(ann: Person, wrong: dict[str, str]) -> None:
    assert (await _tell(ann, wrong)).status_code == 422
    assert (await _tell(ann)).status_code == 422
    assert (await _tell(ann, *[VIEWED] * 101)).status_code == 422


def test_the_same_report_has_the_same_ids() -> None:
    done, who = [Done(**VIEWED), Done(**TICKETED)], uuid4()  # type: ignore[arg-type]
    first = events(who, done, NOON)
    assert first == events(who, done, NOON)
    assert len({each["event_id"] for each in first}) == 2
    assert [each["sequence"] for each in first] == [0, 1]
    assert events(uuid4(), done, NOON)[0]["event_id"] != first[0]["event_id"]


async def test_while_the_broker_is_away_it_says_so(
    site: Site, monkeypatch: pytest.MonkeyPatch, newcomer: Any, visitor: Visitor
) -> None:
    monkeypatch.setattr(interactions, "PATIENCE_SECONDS", 0.6)
    ann = await newcomer("ann")
    await _consent(ann, True)
    away = create_app("127.0.0.1:9", site=site)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(away), base_url="http://gateway", headers=ann.client.headers,
        cookies=ann.client.cookies,
    ) as client:  # fmt: skip
        answer = await client.post(PATH, json={"interactions": [VIEWED]})
    assert (answer.status_code, answer.json()["title"]) == (503, "Not published")
