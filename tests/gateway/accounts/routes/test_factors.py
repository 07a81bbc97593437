import time
from typing import Any

import pyotp
import pytest

from gateway.accounts import second_factor
from gateway.accounts.credentials import Totp
from gateway.site import Site
from tests.gateway.accounts.conftest import Person, Visitor


async def _with_app(person: Person) -> tuple[pyotp.TOTP, list[str]]:
    offer = (await person.post("/v1/account/totp")).json()
    assert offer["uri"].startswith("otpauth://totp/HorseRacePro:ann%40example.org?secret=")
    app = pyotp.TOTP(offer["secret"])
    done = await person.post("/v1/account/totp/confirmation", {"code": _code(app, -1)})
    assert done.status_code == 200, done.text
    return app, done.json()["recovery_codes"]


def _code(app: pyotp.TOTP, steps: int = 0) -> str:
    return app.at(int(time.time()) + steps * 30)


async def test_an_app_is_in_force_once_a_code_is_confirmed(ann: Person, visitor: Visitor) -> None:
    await ann.post("/v1/account/totp")
    assert (await Person(visitor(), ann.email).sign_in()).json()["second_factors"] == []
    assert (await ann.post("/v1/account/totp/confirmation", {"code": "000000"})).status_code == 422
    await _with_app(ann)
    assert (await ann.get("/v1/account")).json()["second_factors"] == ["totp", "recovery_code"]
    assert (await ann.post("/v1/account/totp")).status_code == 409


async def test_the_second_factor_gives_the_session_another_token(ann: Person, visitor: Visitor) -> None:
    app, _ = await _with_app(ann)
    other = Person(visitor(), ann.email)
    half = (await other.sign_in()).json()
    before = other.client.cookies["hpr"]
    assert half["second_factors"] == ["totp", "recovery_code"]
    assert (await other.get("/v1/session")).json() == half
    assert (await other.get("/v1/keys")).status_code == 401
    whole = await other.post("/v1/session/second-factor", {"totp": _code(app)})
    other.take(whole)
    assert (whole.status_code, whole.json()["second_factors"]) == (200, [])
    assert other.client.cookies["hpr"] != before
    assert (await other.get("/v1/keys")).status_code == 200
    assert (await other.post("/v1/session/second-factor", {"totp": _code(app)})).status_code == 422


async def test_a_code_counts_once(ann: Person, visitor: Visitor) -> None:
    app, _ = await _with_app(ann)
    statuses = []
    for _ in range(2):
        other = Person(visitor(), ann.email)
        await other.sign_in()
        statuses.append((await other.post("/v1/session/second-factor", {"totp": _code(app)})).status_code)
    assert statuses == [200, 401]


async def test_a_recovery_code_counts_once_and_new_ones_replace_them(ann: Person, visitor: Visitor) -> None:
    _, codes = await _with_app(ann)
    assert len(set(codes)) == 10
    statuses = []
    for _ in range(2):
        other = Person(visitor(), ann.email)
        await other.sign_in()
        given = {"recovery_code": codes[0].upper()}
        statuses.append((await other.post("/v1/session/second-factor", given)).status_code)
    assert statuses == [200, 401]
    newer = (await ann.post("/v1/account/recovery-codes")).json()["recovery_codes"]
    other = Person(visitor(), ann.email)
    await other.sign_in()
    assert (await other.post("/v1/session/second-factor", {"recovery_code": codes[1]})).status_code == 401
    assert (await other.post("/v1/session/second-factor", {"recovery_code": newer[0]})).status_code == 200


async def test_guesses_of_codes_are_throttled(ann: Person, visitor: Visitor) -> None:
    await _with_app(ann)
    other = Person(visitor(), ann.email)
    await other.sign_in()
    answers = [await other.post("/v1/session/second-factor", {"totp": f"{n:06}"}) for n in range(12)]
    assert answers[-1].status_code == 429


async def test_without_the_app_there_are_no_codes_and_the_password_is_enough(
    ann: Person, visitor: Visitor
) -> None:
    await _with_app(ann)
    assert (await ann.client.delete("/v1/account/totp")).status_code == 204
    assert (await ann.client.delete("/v1/account/totp")).status_code == 404
    assert (await ann.post("/v1/account/recovery-codes")).status_code == 409
    assert (await Person(visitor(), ann.email).sign_in()).json()["second_factors"] == []


async def test_the_secret_is_encrypted_in_the_database(ann: Person, site: Site) -> None:
    offer = (await ann.post("/v1/account/totp")).json()
    async with site.database.read() as session:
        from sqlalchemy import select

        (row,) = await session.scalars(select(Totp))
    assert offer["secret"].encode() not in row.secret
    assert second_factor.unsealed(site.key("totp"), row.secret) == offer["secret"]


@pytest.mark.parametrize("form", [{}, {"totp": "1", "recovery_code": "2"}, {"pin": "1"}])
async def test_one_factor_is_given_at_a_time(ann: Person, form: dict[str, Any]) -> None:
    assert (await ann.post("/v1/session/second-factor", form)).status_code == 422
