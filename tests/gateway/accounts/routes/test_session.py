from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from gateway.accounts.credentials import Session
from gateway.rates import Rates
from gateway.site import Site
from tests.gateway.accounts.conftest import PASSWORD, Person, Visitor


async def test_the_cookie_is_for_the_browser_alone_and_kept_as_a_hash(ann: Person, site: Site) -> None:
    cookies = (await ann.sign_in()).headers.get_list("set-cookie")
    session = next(cookie for cookie in cookies if cookie.startswith("hpr="))
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    assert "Path=/" in session


async def test_behind_tls_cookies_are_secure_and_bound_to_the_host(site: Site) -> None:
    from starlette.responses import Response

    from gateway.accounts import cookies

    secure = Site(site.database, site.mailer, Rates(), "https://races.example.org", site.master)
    response = Response()
    cookies.give_session(secure, response, "token")
    assert response.headers["set-cookie"].startswith("__Host-hpr=token; HttpOnly")
    assert "Secure" in response.headers["set-cookie"]


async def test_who_is_signed_in_and_who_is_not(ann: Person, visitor: Visitor) -> None:
    state = (await ann.get("/v1/session")).json()
    assert state == ann.state
    assert (state["email"], state["tier"], state["second_factors"]) == ("ann@example.org", "free", [])
    nobody = await visitor().get("/v1/session")
    assert nobody.status_code == 401
    assert nobody.headers["www-authenticate"] == 'Bearer realm="hpr"'


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    ann: Person, visitor: Visitor
) -> None:
    client = visitor()
    answers = [
        await client.post("/v1/sessions", json={"email": email, "password": "not this one"})
        for email in ("ann@example.org", "who@example.org")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].content == answers[1].content


async def test_a_change_without_the_token_against_forgery_is_refused(ann: Person) -> None:
    del ann.client.headers["x-csrf-token"]
    refused = await ann.client.put("/v1/play/reminders", json={"remind_minutes": 60, "remind_stake": None})
    assert (refused.status_code, refused.json()["title"]) == (403, "Not proved to be yours")


async def test_a_change_from_another_site_s_page_is_refused(ann: Person, visitor: Visitor) -> None:
    forged = await ann.post("/v1/play/pause", {"hours": 1}, headers={"origin": "https://evil.example"})
    assert (forged.status_code, forged.json()["title"]) == (403, "Another site")
    form = {"email": ann.email, "password": PASSWORD}
    other = await visitor().post("/v1/sessions", json=form, headers={"origin": "null"})
    assert other.status_code == 403
    own = await visitor().post("/v1/sessions", json=form, headers={"origin": "http://gateway"})
    assert own.status_code == 201


async def test_sign_out_here_there_and_everywhere(ann: Person, visitor: Visitor) -> None:
    phone = Person(visitor(headers={"user-agent": "phone"}), ann.email)
    await phone.sign_in()
    listed = (await ann.get("/v1/sessions")).json()["items"]
    assert listed[0]["agent"] == "phone"
    assert [item["current"] for item in listed] == [False, True]
    assert (await ann.client.delete(f"/v1/sessions/{listed[0]['id']}")).status_code == 204
    assert (await phone.get("/v1/account")).status_code == 401
    await phone.sign_in()
    assert (await ann.client.delete("/v1/sessions")).status_code == 204
    assert [(await who.get("/v1/account")).status_code for who in (ann, phone)] == [401, 401]
    await ann.sign_in()
    assert (await ann.client.delete("/v1/session")).status_code == 204
    assert (await ann.get("/v1/account")).status_code == 401


@pytest.mark.parametrize("late", ["seen_at", "expires_at"])
async def test_a_session_ends_when_it_is_not_used_and_at_its_end(ann: Person, site: Site, late: str) -> None:
    past = datetime.now(UTC) - timedelta(days=15)
    async with site.database.write() as session:
        await session.execute(update(Session).values({late: past}))
    assert (await ann.get("/v1/account")).status_code == 401


async def test_what_could_cost_the_account_needs_a_proof_of_the_last_ten_minutes(
    ann: Person, site: Site
) -> None:
    async with site.database.write() as session:
        await session.execute(update(Session).values(proved_at=datetime.now(UTC) - timedelta(minutes=11)))
    refused = await ann.post("/v1/account/totp")
    assert (refused.status_code, refused.json()["title"]) == (403, "Proof needed")
    assert (await ann.post("/v1/session/proof", {"password": "not this one"})).status_code == 403
    assert (await ann.post("/v1/session/proof", {"password": PASSWORD})).status_code == 204
    assert (await ann.post("/v1/account/totp")).status_code == 201


async def test_tries_are_throttled_and_the_owner_s_own_device_still_signs_in(
    ann: Person, visitor: Visitor
) -> None:
    statuses = []
    for number in range(20):
        stranger = visitor(f"192.0.2.{number}")
        answer = await stranger.post("/v1/sessions", json={"email": ann.email, "password": "a wrong guess"})
        statuses.append(answer.status_code)
    assert statuses[:14] == [401] * 14
    assert statuses[-1] == 429
    assert int(answer.headers["retry-after"]) > 0
    ann.client.cookies.delete("hpr")
    assert (await ann.sign_in()).status_code == 201


async def test_tries_from_one_address_are_throttled_whatever_the_account(
    visitor: Visitor, site: Site
) -> None:
    from gateway.accounts import throttle

    for _ in range(throttle.ADDRESS.quota):
        await throttle.check(site, throttle.ADDRESS, "192.0.2.9")
    answer = await visitor("192.0.2.9").post("/v1/sessions", json={"email": "a@example.org", "password": "b"})
    assert answer.status_code == 429


async def test_a_mark_of_a_device_is_of_one_account(newcomer: Callable[..., Any], site: Site) -> None:
    from gateway.accounts import cookies

    ann = await newcomer("ann")
    header = "; ".join(f"{name}={value}" for name, value in ann.client.cookies.items())
    assert cookies.known_device(site, header, "ann@example.org")
    assert cookies.known_device(site, header, "bob@example.org") is None
    assert cookies.known_device(site, "hpr-device=forged", "ann@example.org") is None
