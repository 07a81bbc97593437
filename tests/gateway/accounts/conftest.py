"""A site on both databases, its mails, and people who use it."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from gateway.accounts import passwords, users
from gateway.app import create_app
from gateway.database import Database
from gateway.mail import Message
from gateway.rates import Rates
from gateway.site import Site

NOBODY = "127.0.0.1:9"
URL = "http://gateway"
PASSWORD = "a long way to the off"


_QUICK = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """argon2 with little memory: what it takes in earnest, test_passwords.py says."""
    monkeypatch.setattr(passwords, "_hasher", _QUICK)


@cache
def password_hash() -> str:
    return _QUICK.hash(PASSWORD)


@dataclass
class Mailbox:
    """Takes every mail."""

    mails: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        self.mails.append(message)

    def token(self, kind: str) -> str:
        """The token of the newest mail's link."""
        found = re.search(rf"/#{kind}=(\S+)", self.mails[-1].text)
        assert found is not None, self.mails[-1].text
        return found[1]


@dataclass
class Person:
    """Somebody with a browser of their own; changes carry the token against forgery."""

    client: httpx.AsyncClient
    email: str
    state: dict[str, Any] = field(default_factory=dict)

    async def sign_in(self, password: str = PASSWORD) -> httpx.Response:
        answer = await self.client.post("/v1/sessions", json={"email": self.email, "password": password})
        self.take(answer)
        return answer

    def take(self, answer: httpx.Response) -> None:
        if answer.is_success:
            self.state = answer.json()
            self.client.headers["x-csrf-token"] = self.state["csrf_token"]

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def post(self, path: str, json: Any = None, **more: Any) -> httpx.Response:
        return await self.client.post(path, json=json, **more)

    async def key(self, *scopes: str) -> dict[str, Any]:
        made = await self.post("/v1/keys", {"name": "mine", "scopes": list(scopes)})
        assert made.status_code == 201, made.text
        shown: dict[str, Any] = made.json()
        return shown


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@cache
def _shared() -> tuple[Site, FastAPI]:
    """One application for all tests, because making one takes longer than most of them."""
    site = Site(Database("sqlite:////dev/null"), Mailbox(), Rates(), URL, b"a secret of these tests")
    return site, create_app(NOBODY, site=site)


@pytest.fixture
def site(database: Database, mailbox: Mailbox) -> Site:
    site, _ = _shared()
    for name, value in (("database", database), ("mailer", mailbox), ("rates", Rates())):
        object.__setattr__(site, name, value)
    return site


@pytest.fixture
def app(site: Site) -> FastAPI:
    _, made = _shared()
    return made


Visitor = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def visitor(app: FastAPI) -> AsyncIterator[Visitor]:
    """Opens a browser: `visitor(address)`."""
    opened: list[httpx.AsyncClient] = []

    def open_one(address: str = "192.0.2.1", **options: Any) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app, client=(address, 1))
        opened.append(httpx.AsyncClient(transport=transport, base_url=URL, **options))
        return opened[-1]

    yield open_one
    for client in opened:
        await client.aclose()


@pytest.fixture
def newcomer(visitor: Visitor, site: Site) -> Callable[..., Any]:
    """Makes somebody with a confirmed account who is signed in: `await newcomer(name)`."""

    async def make(name: str = "ann", tier: str = "free", **options: Any) -> Person:
        async with site.database.write() as session:
            user = await users.make(session, f"{name}@example.org", password_hash(), tier)
            user.confirmed_at = datetime.now(UTC)
        person = Person(visitor(**options), f"{name}@example.org")
        answer = await person.sign_in()
        assert answer.status_code == 201, answer.text
        return person

    return make


@pytest.fixture
async def ann(newcomer: Callable[..., Any]) -> Person:
    person: Person = await newcomer("ann")
    return person
