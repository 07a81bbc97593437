from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from gateway.accounts.tables import User
from gateway.database import Base
from gateway.site import Site
from tests.gateway.accounts.conftest import PASSWORD, Mailbox, Person, Visitor


async def test_the_account_says_what_its_tier_gives(newcomer: Callable[..., Any]) -> None:
    ann = await newcomer("ann", "plus")
    account = (await ann.get("/v1/account")).json()
    assert (account["email"], account["tier"]) == ("ann@example.org", "plus")
    assert account["entitlements"]["requests_a_minute"] == 1200


async def test_changing_the_password_needs_the_old_one_and_signs_out_elsewhere(
    ann: Person, visitor: Visitor, mailbox: Mailbox
) -> None:
    other = Person(visitor(), ann.email)
    await other.sign_in()
    path, new = "/v1/account/password", "another long one"
    assert (await ann.client.put(path, json={"current": "a guess", "new": new})).status_code == 403
    assert (await ann.client.put(path, json={"current": PASSWORD, "new": "short"})).status_code == 422
    assert (await ann.client.put(path, json={"current": PASSWORD, "new": new})).status_code == 204
    assert (await ann.get("/v1/account")).status_code == 200
    assert (await other.get("/v1/account")).status_code == 401
    assert mailbox.mails[-1].subject == "Your account: the password was changed"


async def test_another_address_counts_when_it_is_confirmed_and_the_old_one_hears_of_it(
    ann: Person, mailbox: Mailbox, newcomer: Callable[..., Any]
) -> None:
    await newcomer("bob")
    assert (await ann.post("/v1/account/address", {"email": "anna@example.org"})).status_code == 202
    token = mailbox.token("address")
    assert (await ann.get("/v1/account")).json()["email"] == "ann@example.org"
    assert (await ann.post("/v1/account/address/confirmation", {"token": token})).status_code == 200
    assert (await ann.get("/v1/account")).json()["email"] == "anna@example.org"
    assert mailbox.mails[-1].to == "ann@example.org"
    await ann.post("/v1/account/address", {"email": "bob@example.org"})
    assert mailbox.mails[-1].subject == "You have an account already"


async def test_the_export_has_everything_and_no_secret(ann: Person) -> None:
    key = await ann.key("read:races")
    await ann.post("/v1/account/totp")
    await ann.client.put("/v1/tracked/horse/h1", json={"name": "Arrogate"})
    answer = await ann.get("/v1/account/export")
    told = answer.json()
    assert "attachment" in answer.headers["content-disposition"]
    assert told["users"][0]["email"] == ann.email
    assert told["tracked"][0]["name"] == "Arrogate"
    assert told["api_keys"][0]["prefix"] == key["prefix"]
    assert set(told) >= {"preferences", "play", "sessions", "totp", "passkeys"}
    assert "hash" not in answer.text
    assert "argon2" not in answer.text


async def test_deleted_nothing_is_left_of_it(newcomer: Callable[..., Any], site: Site) -> None:
    ann, bob = await newcomer("ann"), await newcomer("bob")
    await ann.key("read:races")
    await ann.client.put("/v1/tracked/horse/h1", json={"name": "Arrogate"})
    assert (await ann.client.delete("/v1/account")).status_code == 204
    assert (await ann.get("/v1/account")).status_code == 401
    assert (await ann.sign_in()).status_code == 401
    async with site.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 1
        for table in Base.metadata.sorted_tables:
            if "user_id" in table.c:
                whose = {str(id) for id in await session.scalars(select(table.c.user_id))}
                assert whose <= {bob.state["user_id"]}
