from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway.accounts.credentials import ApiKey
from gateway.site import Site
from tests.gateway.accounts.conftest import Person, Visitor


def _bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


async def test_a_key_is_shown_once_and_kept_as_a_hash(ann: Person, site: Site) -> None:
    shown = await ann.key("read:preferences")
    assert shown["key"].startswith(shown["prefix"] + "_")
    (listed,) = (await ann.get("/v1/keys")).json()["items"]
    assert listed == {name: value for name, value in shown.items() if name != "key"}
    async with site.database.read() as session:
        (row,) = await session.scalars(select(ApiKey))
    assert all(shown["key"].rpartition("_")[2] not in str(value) for value in vars(row).values())


async def test_a_key_does_what_its_scopes_say_and_manages_no_account(ann: Person, visitor: Visitor) -> None:
    key = (await ann.key("read:preferences"))["key"]
    client = visitor(headers=_bearer(key))
    assert (await client.get("/v1/preferences")).status_code == 200
    refused = await client.patch("/v1/preferences", json={"locale": "de"})
    assert (refused.status_code, "write:preferences" in refused.json()["detail"]) == (403, True)
    for path in ("/v1/account", "/v1/keys", "/v1/sessions", "/v1/play", "/v1/account/export"):
        assert (await client.get(path)).status_code == 403
    races = await client.get("/v1/races")
    assert (races.status_code, "read:races" in races.json()["detail"]) == (403, True)


async def test_its_last_use_is_shown(ann: Person, visitor: Visitor) -> None:
    shown = await ann.key("read:preferences")
    assert shown["used_at"] is None
    await visitor(headers=_bearer(shown["key"])).get("/v1/preferences")
    (listed,) = (await ann.get("/v1/keys")).json()["items"]
    assert listed["used_at"] is not None


async def test_rotated_the_old_one_opens_nothing(ann: Person, visitor: Visitor) -> None:
    old = await ann.key("read:preferences")
    new = (await ann.post(f"/v1/keys/{old['id']}/rotation")).json()
    assert (new["id"], new["name"], new["scopes"]) == (old["id"], old["name"], old["scopes"])
    statuses = [
        (await visitor(headers=_bearer(shown["key"])).get("/v1/preferences")).status_code
        for shown in (old, new)
    ]
    assert statuses == [401, 200]


async def test_deleted_or_over_it_opens_nothing_and_the_answer_says_so(
    ann: Person, visitor: Visitor, site: Site
) -> None:
    gone, over = await ann.key("read:preferences"), await ann.key("read:preferences")
    assert (await ann.client.delete(f"/v1/keys/{gone['id']}")).status_code == 204
    async with site.database.write() as session:
        await session.execute(update(ApiKey).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    for shown in (gone, over):
        refused = await visitor(headers=_bearer(shown["key"])).get("/v1/races")
        assert refused.status_code == 401
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]


@pytest.mark.parametrize("key", ["", "hpr_", "hpr_000000000000_x", "Ωλ", "hpr_" + "0" * 500, "a\0b"])
async def test_what_is_no_key_is_nobody_s(visitor: Visitor, key: str) -> None:
    given = {b"authorization": f"Bearer {key}".encode()}
    answer = await visitor().get("/v1/preferences", headers=given)
    assert answer.status_code == 401


async def test_a_tier_has_so_many_keys(newcomer: Callable[..., Any]) -> None:
    ann = await newcomer("ann")
    statuses = [
        (await ann.post("/v1/keys", {"name": "k", "scopes": ["read:races"]})).status_code for _ in range(3)
    ]
    assert statuses == [201, 201, 409]


@pytest.mark.parametrize(
    "form",
    [
        {"name": "", "scopes": ["read:races"]},
        {"name": "a\nb", "scopes": ["read:races"]},
        {"name": "k", "scopes": []},
        {"name": "k", "scopes": ["write:everything"]},
        {"name": "k", "scopes": ["read:races"], "expires_in_days": 0},
    ],
)
async def test_a_key_that_cannot_be_is_a_problem(ann: Person, form: dict[str, Any]) -> None:
    assert (await ann.post("/v1/keys", form)).status_code == 422
