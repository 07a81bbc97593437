"""Two users, every route of the description: nobody reads or changes another's anything."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings

from gateway import openapi
from gateway.accounts import export
from gateway.site import Site
from tests.gateway.accounts.conftest import Person, Visitor
from tests.gateway.accounts.test_passkeys import Authenticator, _add

DESCRIBED: dict[str, Any] = orjson.loads(openapi.described())
SCHEMA = schemathesis.openapi.from_dict(DESCRIBED)
METHODS = [
    (path, method)
    for path, item in DESCRIBED["paths"].items()
    for method in item
    if path.startswith("/v1/") and not {"races", "history"} & set(item[method]["tags"])
]
MARK = "belongs-to-ann"
EXAMPLES = 3


def _bodies(path: str, method: str) -> list[Any]:
    """Some bodies that the description allows, or None where it knows none."""
    found: list[Any] = []

    @settings(max_examples=EXAMPLES, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(SCHEMA[path][method].as_strategy())
    def draw(case: schemathesis.Case[Any]) -> None:
        found.append(case.body if isinstance(case.body, dict) else None)

    draw()
    return found[:EXAMPLES]


async def _things(ann: Person) -> dict[str, str]:
    """One of everything that has an id, by the name of the parameter that takes it."""
    key = (await ann.post("/v1/keys", {"name": MARK, "scopes": ["read:preferences"]})).json()
    passkey = (await _add(ann, Authenticator())).json()
    here = (await ann.get("/v1/sessions")).json()["items"][0]
    await ann.client.put(f"/v1/tracked/horse/{MARK}", json={"name": MARK})
    rule = (await ann.post("/v1/rules", {"kind": "SCRATCH", "name": MARK})).json()
    channel = (await ann.post("/v1/channels", {"kind": "mail", "name": MARK})).json()
    webhook = (await ann.post("/v1/webhooks", {"url": "https://hooks.example.org/x", "name": MARK})).json()
    delivery = (await ann.post(f"/v1/webhooks/{webhook['id']}/test")).json()
    return {
        "rule_id": rule["id"],
        "channel_id": channel["id"],
        "webhook_id": webhook["id"],
        "delivery_id": delivery["id"],
        "key_id": key["id"],
        "passkey_id": passkey["id"],
        "session_id": here["id"],
        "kind": "horse",
        "key": MARK,
    }


async def _all_of(site: Site, person: Person) -> dict[str, Any]:
    async with site.database.read() as session:
        told: dict[str, Any] = orjson.loads(await export.everything(session, UUID(person.state["user_id"])))
    for row in told["sessions"] + told["api_keys"]:
        row.pop("seen_at", None)
        row.pop("used_at", None)
    return told


def _address(path: str, things: dict[str, str]) -> str:
    for name in DESCRIBED["paths"][path][next(iter(DESCRIBED["paths"][path]))].get("parameters", []):
        if name["in"] == "path":
            path = path.replace(f"{{{name['name']}}}", things.get(name["name"], str(uuid4())))
    return path


async def test_nobody_reads_or_changes_another_s_anything(
    newcomer: Callable[..., Any], visitor: Visitor, site: Site, app: FastAPI
) -> None:
    ann, bob = await newcomer("ann", "pro"), await newcomer("bob", "pro")
    things = await _things(ann)
    before = await _all_of(site, ann)
    secrets = [MARK, ann.email, ann.state["user_id"], *(things[name] for name in things if "_id" in name)]
    key = await bob.post("/v1/keys", {"name": "bob", "scopes": ["read:preferences", "write:preferences"]})
    by_key = {"authorization": f"Bearer {key.json()['key']}"}
    for path, method in METHODS:
        address = _address(path, things)
        for body in _bodies(path, method):
            for who in (bob.client, visitor(headers=by_key), visitor()):
                answer = await who.request(method, address, json=body)
                said = f"{method} {address} {body} {answer.status_code} {answer.text}"
                assert answer.status_code < 500, said
                shown = answer.text.replace(address, "")
                # Whoever follows a thing of the same name has made it their own.
                mine = path.startswith("/v1/tracked")
                assert mine or not any(secret in shown for secret in secrets), said
                if "_id}" in path:
                    assert answer.status_code in {401, 403, 404, 409, 422, 429}, said
        if (await bob.get("/v1/session")).status_code != 200:
            bob = await newcomer(f"bob{uuid4().hex[:6]}", "pro")
    assert await _all_of(site, ann) == before
    assert (await ann.get("/v1/account")).status_code == 200


@pytest.fixture
def nobody(visitor: Visitor) -> httpx.AsyncClient:
    return visitor()


OPEN = {
    ("/v1/accounts", "post"),
    ("/v1/accounts/confirmation", "post"),
    ("/v1/password-resets", "post"),
    ("/v1/password-resets/confirmation", "post"),
    ("/v1/account/address/confirmation", "post"),
    ("/v1/sessions", "post"),
    ("/v1/sessions/passkey", "post"),
    ("/v1/sessions/passkey/options", "post"),
    ("/v1/rules/schema", "get"),
    ("/v1/webhooks/events", "get"),
    ("/v1/push/key", "get"),
    ("/v1/unsubscribe/{token}", "get"),
    ("/v1/unsubscribe/{token}", "post"),
}
"""What nobody in particular may ask for, beside the races. A route that is added here was thought about."""


async def test_every_other_route_wants_to_know_who_asks(nobody: httpx.AsyncClient) -> None:
    for path, method in METHODS:
        if (path, method) in OPEN:
            continue
        body = _bodies(path, method)[0]
        address = _address(path, {"kind": "horse", "key": "h"})
        answer = await nobody.request(method, address, json=body)
        assert answer.status_code == 401, f"{method} {address} {answer.text}"
