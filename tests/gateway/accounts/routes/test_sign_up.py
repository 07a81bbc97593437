from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from gateway.accounts import users
from gateway.accounts.tables import Exclusion
from gateway.site import Site
from tests.gateway.accounts.conftest import PASSWORD, Mailbox, Person, Visitor


async def _sign_up(
    client: httpx.AsyncClient, email: str = "new@example.org", password: str = PASSWORD
) -> None:
    answer = await client.post("/v1/accounts", json={"email": email, "password": password})
    assert answer.status_code == 202, answer.text


async def test_sign_up_then_confirm_then_sign_in(visitor: Visitor, mailbox: Mailbox) -> None:
    client = visitor()
    await _sign_up(client)
    form = {"email": "new@example.org", "password": PASSWORD}
    early = await client.post("/v1/sessions", json=form)
    assert (early.status_code, early.json()["title"]) == (403, "Address not confirmed")
    token = mailbox.token("confirm")
    assert (await client.post("/v1/accounts/confirmation", json={"token": token})).status_code == 200
    assert (await client.post("/v1/sessions", json=form)).status_code == 201
    again = await client.post("/v1/accounts/confirmation", json={"token": token})
    assert (again.status_code, again.json()["title"]) == (422, "Token not valid")


async def test_nobody_learns_who_has_an_account(ann: Person, visitor: Visitor, mailbox: Mailbox) -> None:
    client = visitor()
    answers = [
        await client.post("/v1/accounts", json={"email": email, "password": PASSWORD})
        for email in ("ANN@example.org", "new@example.org")
    ]
    assert answers[0].content == answers[1].content
    assert [mail.subject for mail in mailbox.mails] == ["You have an account already", "Confirm your address"]
    resets = [
        await client.post("/v1/password-resets", json={"email": email})
        for email in ("ann@example.org", "who@example.org")
    ]
    assert resets[0].content == resets[1].content
    assert [mail.to for mail in mailbox.mails[2:]] == ["ann@example.org"]


async def test_the_last_one_to_sign_up_for_an_unproved_address_sets_its_password(
    visitor: Visitor, mailbox: Mailbox
) -> None:
    await _sign_up(visitor(), password="the squatter's choice")
    first = mailbox.token("confirm")
    await _sign_up(visitor(), password="the owner's choice")
    client = visitor()
    assert (await client.post("/v1/accounts/confirmation", json={"token": first})).status_code == 422
    await client.post("/v1/accounts/confirmation", json={"token": mailbox.token("confirm")})
    for password, status in (("the squatter's choice", 401), ("the owner's choice", 201)):
        answer = await client.post("/v1/sessions", json={"email": "new@example.org", "password": password})
        assert answer.status_code == status


async def test_weak_passwords_and_strange_fields_are_refused(visitor: Visitor, mailbox: Mailbox) -> None:
    client = visitor()
    for form in (
        {"email": "new@example.org", "password": "short"},
        {"email": "new@example.org", "password": "aaaaaaaaaaaaa"},
        {"email": "longaddress@example.org", "password": "LongAddress"},
        {"email": "no address", "password": PASSWORD},
        {"email": "new@example.org", "password": PASSWORD, "tier": "pro"},
        {"email": "new@example.org", "password": "nothing\0at all here"},
    ):
        assert (await client.post("/v1/accounts", json=form)).status_code == 422
    assert mailbox.mails == []


async def test_a_forgotten_password_is_chosen_anew_and_every_device_signed_out(
    ann: Person, visitor: Visitor, mailbox: Mailbox
) -> None:
    client = visitor()
    await client.post("/v1/password-resets", json={"email": ann.email})
    form = {"token": mailbox.token("reset"), "password": "another long one"}
    assert (await client.post("/v1/password-resets/confirmation", json=form)).status_code == 200
    assert mailbox.mails[-1].subject.startswith("Your account: the password was changed")
    assert (await ann.get("/v1/account")).status_code == 401
    assert (await ann.sign_in()).status_code == 401
    assert (await ann.sign_in("another long one")).status_code == 201
    assert (await client.post("/v1/password-resets/confirmation", json=form)).status_code == 422


async def test_a_weak_choice_does_not_use_the_token_up(ann: Person, mailbox: Mailbox) -> None:
    await ann.post("/v1/password-resets", {"email": ann.email})
    token = mailbox.token("reset")
    for password, status in (("short", 422), ("another long one", 200)):
        answer = await ann.post("/v1/password-resets/confirmation", {"token": token, "password": password})
        assert answer.status_code == status, answer.text


async def test_a_mailbox_gets_five_mails_an_hour_at_most(
    visitor: Visitor, ann: Person, mailbox: Mailbox
) -> None:
    for number in range(8):
        client = visitor(f"192.0.2.{number}")
        assert (await client.post("/v1/password-resets", json={"email": ann.email})).status_code == 202
    assert len(mailbox.mails) == 5


async def test_an_excluded_address_gets_no_new_account(
    visitor: Visitor, site: Site, mailbox: Mailbox
) -> None:
    until = datetime.now(UTC) + timedelta(days=30)
    async with site.database.write() as session:
        session.add(Exclusion(address_hash=users.address_hash(site, "new@example.org"), until=until))
    await _sign_up(visitor(), "New@example.org")
    assert mailbox.mails[-1].subject == "No new account before your exclusion is over"


async def test_addresses_that_were_never_confirmed_are_forgotten(
    visitor: Visitor, site: Site, newcomer: Callable[..., Any]
) -> None:
    await newcomer("ann")
    await _sign_up(visitor())
    async with site.database.write() as session:
        await users.sweep(session, datetime.now(UTC) + timedelta(days=8))
    async with site.database.read() as session:
        assert await users.by_email(session, "new@example.org") is None
        assert await users.by_email(session, "ann@example.org") is not None
