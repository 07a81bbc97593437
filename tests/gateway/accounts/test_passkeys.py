"""Passkeys, with an authenticator in software: P-256 keys, CBOR and client data as a browser makes them."""

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from tests.gateway.accounts.conftest import URL, Person, Visitor

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One passkey; `flags` is whether a user was there and verified."""

    origin: str = URL
    flags: int = PRESENT | VERIFIED
    count: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _data(self, rp_id: str, flags: int) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _credential(self, response: dict[str, bytes]) -> dict[str, Any]:
        coded = {name: bytes_to_base64url(value) for name, value in response.items()}
        id = bytes_to_base64url(self.id)
        return {"id": id, "rawId": id, "type": "public-key", "response": coded, "clientExtensionResults": {}}

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        numbers = self.private.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cose
        data = self._data(options["rp"]["id"], self.flags | ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        return self._credential({"clientDataJSON": client, "attestationObject": attestation})

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        self.count += 1
        client = self._client("webauthn.get", options["challenge"])
        data = self._data(options["rpId"], self.flags)
        signature = self.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._credential({"clientDataJSON": client, "authenticatorData": data, "signature": signature})


async def _add(person: Person, device: Authenticator) -> Any:
    options = (await person.post("/v1/account/passkeys/options")).json()
    form = {"name": "phone", "passkey": device.create(options)}
    return await person.post("/v1/account/passkeys", form)


async def _use(client: Any, device: Authenticator) -> Any:
    options = (await client.post("/v1/sessions/passkey/options")).json()
    return await client.post("/v1/sessions/passkey", json={"passkey": device.get(options)})


async def test_a_passkey_signs_in_alone_and_its_use_is_shown(ann: Person, visitor: Visitor) -> None:
    device = Authenticator()
    added = await _add(ann, device)
    assert added.status_code == 201, added.text
    assert len(added.json()["recovery_codes"]) == 10
    signed_in = await _use(visitor(), device)
    assert (signed_in.status_code, signed_in.json()["email"]) == (201, ann.email)
    assert signed_in.json()["second_factors"] == []
    (listed,) = (await ann.get("/v1/account/passkeys")).json()["items"]
    assert (listed["name"], listed["used_at"] is not None) == ("phone", True)


async def test_with_a_passkey_the_password_alone_does_not_sign_in(ann: Person, visitor: Visitor) -> None:
    device = Authenticator()
    await _add(ann, device)
    other = Person(visitor(), ann.email)
    half = await other.sign_in()
    assert half.json()["second_factors"] == ["passkey", "recovery_code"]
    assert (await other.get("/v1/account")).status_code == 401
    options = (await other.post("/v1/sessions/passkey/options")).json()
    whole = await other.post("/v1/session/second-factor", {"passkey": device.get(options)})
    assert whole.status_code == 200, whole.text
    assert (await other.get("/v1/account")).status_code == 200


async def test_an_answer_counts_once(ann: Person, visitor: Visitor) -> None:
    device, client = Authenticator(), visitor()
    await _add(ann, device)
    options = (await client.post("/v1/sessions/passkey/options")).json()
    answer = {"passkey": device.get(options)}
    assert (await client.post("/v1/sessions/passkey", json=answer)).status_code == 201
    again = await visitor().post("/v1/sessions/passkey", json=answer)
    assert (again.status_code, "unknown, used, or over" in again.json()["detail"]) == (401, True)


@pytest.mark.parametrize(
    "wrong",
    [{"origin": "https://evil.example"}, {"flags": PRESENT}, {"flags": 0}, {"id": b"another id here!"}],
)
async def test_what_was_not_made_for_this_site_by_its_user_does_not_count(
    ann: Person, visitor: Visitor, wrong: dict[str, Any]
) -> None:
    device = Authenticator()
    await _add(ann, device)
    for name, value in wrong.items():
        setattr(device, name, value)
    assert (await _use(visitor(), device)).status_code == 401
    if "id" not in wrong:
        assert (await _add(ann, Authenticator(**wrong))).status_code == 422


async def test_a_copy_whose_counter_goes_back_does_not_count(ann: Person, visitor: Visitor) -> None:
    device = Authenticator()
    await _add(ann, device)
    for _ in range(2):
        assert (await _use(visitor(), device)).status_code == 201
    device.count = 0
    assert (await _use(visitor(), device)).status_code == 401


async def test_another_one_s_challenge_or_passkey_cannot_be_added(newcomer: Callable[..., Any]) -> None:
    ann, bob, device = await newcomer("ann"), await newcomer("bob"), Authenticator()
    options = (await ann.post("/v1/account/passkeys/options")).json()
    form = {"name": "x", "passkey": device.create(options)}
    assert (await bob.post("/v1/account/passkeys", form)).status_code == 422
    assert (await _add(ann, device)).status_code == 201
    taken = await _add(bob, device)
    assert (taken.status_code, "registered already" in taken.json()["detail"]) == (422, True)


async def test_taking_the_last_one_out_makes_the_password_enough_again(ann: Person, visitor: Visitor) -> None:
    added = (await _add(ann, Authenticator())).json()
    assert (await ann.client.delete(f"/v1/account/passkeys/{added['id']}")).status_code == 204
    assert (await Person(visitor(), ann.email).sign_in()).json()["second_factors"] == []
    assert (await ann.client.delete(f"/v1/account/passkeys/{added['id']}")).status_code == 404


@pytest.mark.parametrize(
    "answer", [{}, {"response": 1}, {"response": {"clientDataJSON": "!"}}, {"rawId": "x"}]
)
async def test_what_is_no_credential_is_a_problem(ann: Person, answer: dict[str, Any]) -> None:
    assert (await ann.post("/v1/sessions/passkey", {"passkey": answer})).status_code == 401
    assert (await ann.post("/v1/account/passkeys", {"name": "x", "passkey": answer})).status_code == 422


def test_base64_is_that_of_browsers() -> None:
    assert base64url_to_bytes(bytes_to_base64url(b"\xff\xfe")) == b"\xff\xfe"
