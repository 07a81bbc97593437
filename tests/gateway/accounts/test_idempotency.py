import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.accounts.credentials import ApiKey
from gateway.accounts.tables import Kept
from gateway.site import Site
from tests.gateway.accounts.conftest import Person

FORM = {"name": "mine", "scopes": ["read:races"]}


def _with(key: str) -> dict[str, Any]:
    return {"headers": {"idempotency-key": key}}


async def _keys(site: Site) -> int:
    async with site.database.read() as session:
        return await session.scalar(select(func.count()).select_from(ApiKey)) or 0


async def test_sent_again_it_gets_the_first_answer_and_changes_nothing_more(ann: Person, site: Site) -> None:
    first, again = [await ann.post("/v1/keys", FORM, **_with("one")) for _ in range(2)]
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert again.headers["content-type"] == "application/json"
    assert await _keys(site) == 1


async def test_another_request_under_the_same_key_is_refused(ann: Person, site: Site) -> None:
    await ann.post("/v1/keys", FORM, **_with("one"))
    other = await ann.post("/v1/keys", FORM | {"name": "other"}, **_with("one"))
    assert (other.status_code, other.json()["title"]) == (422, "Idempotency-Key not usable")
    assert await _keys(site) == 1


async def test_at_once_one_is_worked_and_the_others_wait(ann: Person, site: Site) -> None:
    sent = [ann.post("/v1/keys", FORM, **_with("one")) for _ in range(5)]
    statuses = {answer.status_code for answer in await asyncio.gather(*sent)}
    assert statuses <= {201, 409}
    assert await _keys(site) == 1


async def test_keys_of_different_people_are_different(ann: Person, newcomer: Any) -> None:
    bob = await newcomer("bob")
    made = [await who.post("/v1/keys", FORM, **_with("one")) for who in (ann, bob)]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json()["id"] != made[1].json()["id"]


async def test_what_is_kept_is_encrypted(ann: Person, site: Site) -> None:
    key = (await ann.post("/v1/keys", FORM, **_with("one"))).json()["key"]
    async with site.database.read() as session:
        (row,) = await session.scalars(select(Kept))
    assert row.answer is not None
    assert key.encode() not in row.answer
    assert "one" not in row.key_hash


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_a_key_that_is_none_is_refused(ann: Person, key: str) -> None:
    assert (await ann.post("/v1/keys", FORM, **_with(key))).status_code == 422


async def test_a_refusal_is_kept_too_and_empty_answers_stay_empty(ann: Person) -> None:
    for form, status in (({"hours": 0}, 422), ({"hours": 1}, 200)):
        answers = [await ann.post("/v1/play/pause", form, **_with(f"pause {status}")) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [status] * 2
        assert answers[0].content == answers[1].content
    made = await ann.key("read:races")
    gone = [await ann.client.delete(f"/v1/keys/{made['id']}", **_with("gone")) for _ in range(2)]
    assert [(answer.status_code, answer.content) for answer in gone] == [(204, b"")] * 2
