"""OWASP's API Security Top 10 (2023), a test for each item by its name; and where no token may show."""

import hmac
import logging
import re
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import httpx
import orjson
import pyotp
import pytest
import structlog
from aiohttp import web
from fastapi import FastAPI
from websockets.sync.client import connect

from gateway import openapi
from gateway.accounts import throttle
from gateway.accounts.export import SECRET
from gateway.accounts.principal import Scope
from gateway.app import create_app
from gateway.delivery.notices import TopicNotices
from gateway.delivery.parcels import Parcel
from gateway.delivery.push import Vapid
from gateway.delivery.senders import KEPT_RESPONSE, Senders
from gateway.edge import LARGEST_BODY
from gateway.rates import Policy
from gateway.reader import RaceRecord, Run
from gateway.site import Site, SiteSettings, open_site
from gateway.views import BELIEFS
from gateway.webhooks import signing
from gateway.webhooks.addresses import RefusedAddressError, connector
from hpr import logs
from tests.gateway.accounts import conftest as people
from tests.gateway.accounts.conftest import PASSWORD, Mailbox, Person, Visitor
from tests.gateway.accounts.test_owners import DESCRIBED, METHODS, OPEN, _address, _things
from tests.gateway.conftest import READ, GatewayRunner, RunnerMaker, ViewMaker
from tests.gateway.delivery.receivers import Browser
from topics.embedded import EmbeddedBroker

site, app, visitor, newcomer = people.site, people.app, people.visitor, people.newcomer
ann, mailbox, quick_hashes = people.ann, people.mailbox, people.quick_hashes

Newcomer = Callable[..., Any]
NOBODY: Any = None
SCHEMAS = DESCRIBED["components"]["schemas"]
RACE = "BEL-20230715-01"
ALL_METHODS = ("get", "put", "post", "delete", "patch", "trace", "connect")


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """SQLite: which database it is makes no difference here."""
    shutil.copy(sqlite_template, tmp_path / "hpr.sqlite3")
    return f"sqlite:///{tmp_path / 'hpr.sqlite3'}"


def _bodies() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and schema of each body that requests under /v1 may have."""
    for path, item in DESCRIBED["paths"].items():
        for method, operation in item.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield path, method, content["schema"]


def _nodes(schema: dict[str, Any], seen: frozenset[str] = frozenset()) -> Iterator[dict[str, Any]]:
    """A schema and all that it is made of."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        if name not in seen:
            yield from _nodes(SCHEMAS[name], seen | {name})
        return
    yield schema
    parts = [part for kind in ("anyOf", "oneOf", "allOf") for part in schema.get(kind, [])]
    for part in (*parts, *schema.get("properties", {}).values()):
        yield from _nodes(part, seen)
    if isinstance(schema.get("items"), dict):
        yield from _nodes(schema["items"], seen)


CHANGES: dict[str, Any] = {
    "/v1/rules/{rule_id}": {"kind": "SCRATCH"},
    "/v1/webhooks/{webhook_id}": {"active": False},
    "/v1/webhooks/{webhook_id}/rotation": {"overlap_hours": 1},
    "/v1/webhooks/{webhook_id}/replays": {"since": "2026-01-01T00:00:00Z"},
}


async def test_api1_broken_object_level_authorization(newcomer: Newcomer, site: Site, app: FastAPI) -> None:
    """Every route that takes an id, with the id of another's thing: there is no such thing.

    test_owners.py does the same with generated bodies and looks whether anything changed.
    """
    ann, bob = await newcomer("ann", "pro"), await newcomer("bob", "pro")
    things = await _things(ann)
    tried = 0
    for path, method in METHODS:
        if "_id}" not in path:
            continue
        answer = await bob.client.request(method, _address(path, things), json=CHANGES.get(path))
        assert answer.status_code == 404, f"{method} {path}: {answer.text}"
        mine = await ann.client.request("get", _address(path, things)) if method == "get" else None
        assert mine is None or mine.status_code == 200, f"{method} {path} is not of ann's thing"
        tried += 1
    assert tried >= 15
    named = {name for path, _ in METHODS for name in re.findall(r"{(\w+)}", path)}
    assert named - things.keys() <= {"token", "day"}, "test_owners.py makes no such thing"


async def test_api2_broken_authentication(
    ann: Person, visitor: Visitor, site: Site, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guesses are throttled, half a sign-in opens nothing, and no clock tells how a comparison went."""
    totp = (await ann.post("/v1/account/totp")).json()["secret"]
    step = int(time.time()) // 30
    code = pyotp.TOTP(totp).generate_otp
    assert (await ann.post("/v1/account/totp/confirmation", {"code": code(step)})).status_code == 200
    half = Person(visitor("192.0.2.8"), ann.email)
    assert "totp" in (await half.sign_in()).json()["second_factors"]
    token = half.client.cookies["hpr"]
    for path, method in METHODS:
        if (path, method) not in OPEN and path not in ("/v1/session", "/v1/session/second-factor"):
            answer = await half.client.request(method, _address(path, {}), json={})
            assert answer.status_code == 401, f"{method} {path}: {answer.text}"
    compared: list[bytes] = []
    real = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append(one)
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    guesses = [
        (await half.post("/v1/session/second-factor", {"totp": f"{guess:06}"})).status_code
        for guess in range(throttle.FACTOR.quota)
    ]
    assert set(guesses) <= {401, 429}
    assert guesses[-1] == 429
    assert len(compared) >= throttle.FACTOR.quota
    compared.clear()
    wrong = visitor(headers={"authorization": f"Bearer hpr_{'0' * 12}_{'x' * 43}"})
    assert (await wrong.get("/v1/rules")).status_code == 401
    assert len(compared) == 1, "a key that is nobody's is compared as well"
    # The device that ann used has tries of its own, and a sign-in gives it another token.
    again = await ann.sign_in()
    old = ann.client.cookies["hpr"]
    passed = await ann.post("/v1/session/second-factor", {"totp": code(step + 1)})
    assert (again.status_code, passed.status_code) == (201, 200)
    assert len({token, old, ann.client.cookies["hpr"]}) == 3
    stolen = visitor(cookies={"hpr": old})
    assert (await stolen.get("/v1/session")).status_code == 401


async def test_api3_broken_object_property_level_authorization(ann: Person) -> None:
    """Nothing is set by the way, and no answer has what is a secret."""
    for path, method, schema in _bodies():
        for node in _nodes(schema) if path.startswith("/v1") else ():
            named = node.get("properties") and node.get("additionalProperties") is not False
            assert not named, f"{method} {path} takes fields that it does not know"
    taken = [
        await ann.client.patch("/v1/preferences", json={"pseudonym": str(uuid4())}),
        await ann.post("/v1/keys", {"name": "k", "scopes": ["read:races"], "user_id": str(uuid4())}),
        await ann.post("/v1/accounts", {"email": "b@example.org", "password": PASSWORD, "tier": "pro"}),
        await ann.post("/v1/webhooks", {"url": "https://hooks.example.org/x", "secrets": []}),
    ]
    assert {answer.status_code for answer in taken} == {422}
    assert (await ann.get("/v1/account")).json()["tier"] == "free"
    properties = {name for schema in SCHEMAS.values() for name in schema.get("properties", {})}
    assert not properties & (SECRET - {"secrets"})
    exported = (await ann.get("/v1/account/export")).text
    assert not re.search(r"argon2|token_hash|secret_hash|whsec_|pseudonym", exported)


async def test_api4_unrestricted_resource_consumption(ann: Person, visitor: Visitor, site: Site) -> None:
    """Everything that is taken has a bound: bodies, texts, lists, pages, requests."""
    for path, method, schema in _bodies():
        for node in _nodes(schema) if path.startswith("/v1") else ():
            bounded = {"maxLength", "enum", "const", "pattern"} & node.keys() or "format" in node
            assert node.get("type") != "string" or bounded, f"{method} {path}: {node}"
            assert node.get("type") != "array" or "maxItems" in node, f"{method} {path}: {node}"
    for path, item in DESCRIBED["paths"].items():
        for method, operation in item.items():
            for taken in operation.get("parameters", []) if path.startswith("/v1") else ():
                told = [node for node in _nodes(taken["schema"]) if node.get("type") == "string"]
                bounded = all({"maxLength", "enum", "format"} & node.keys() for node in told)
                assert bounded, f"{method} {path}: {taken['name']}"
    assert (await ann.get("/v1/keys?limit=100000")).status_code == 422
    for path in ("/v1/sessions", "/subjects/racing.odds-value"):
        large = await visitor().post(path, content=b" " * (LARGEST_BODY + 1))
        assert large.status_code == 413, path
    away = visitor("192.0.2.77")
    await site.rates.hit(Policy("anonymous", site.anonymous_requests), "192.0.2.77", 600)
    for path in ("/v1/openapi.json", "/subjects/racing.odds-value"):
        refused = await away.request("get" if "v1" in path else "post", path)
        assert (refused.status_code, "retry-after" in refused.headers) == (429, True), path


async def test_api5_broken_function_level_authorization(ann: Person, visitor: Visitor) -> None:
    """A key does what its scopes say, manages no account, and no method works that is not described."""
    whole = visitor(headers={"authorization": f"Bearer {(await ann.key(*Scope))['key']}"})
    none = visitor(headers={"authorization": f"Bearer {(await ann.key(Scope.READ_LIVE))['key']}"})
    own = re.compile(r"/v1/(account|keys|sessions?|play)\b")
    asked = [*METHODS, ("/v1/races", "get"), (f"/v1/races/{RACE}/form", "get"), ("/v1/horses/h/runs", "get")]
    for path, method in asked:
        if (path, method) in OPEN:
            continue
        address = _address(path, {}) if path in DESCRIBED["paths"] else path
        told = f"{method} {path}"
        assert (await none.request(method, address, json={})).status_code in {401, 403}, told
        if own.match(path):
            assert (await whole.request(method, address, json={})).status_code in {401, 403}, told
    nobody = visitor(headers={"x-csrf-token": "x"})
    for path, item in DESCRIBED["paths"].items():
        for method in set(ALL_METHODS) - set(item):
            answer = await nobody.request(method, _address(path, {}) if path.startswith("/v1") else path)
            # A registry that is read only says so in its own words.
            read_only = "Subject" in answer.text or "42205" in answer.text
            # 401 is of another route whose id the path might be.
            assert answer.status_code in {401, 404, 405} or read_only, f"{method} {path} {answer.text}"


async def test_api6_unrestricted_access_to_sensitive_business_flows(
    visitor: Visitor, mailbox: Mailbox
) -> None:
    """Nobody's mailbox can be made to be flooded, from however many addresses."""
    for number in range(throttle.MAILS_TO.quota + 3):
        form = {"email": "victim@example.org", "password": PASSWORD}
        assert (await visitor(f"192.0.2.{number}").post("/v1/accounts", json=form)).status_code == 202
    assert len(mailbox.mails) == throttle.MAILS_TO.quota


async def test_api6_an_exclusion_has_no_way_around_it(
    ann: Person, site: Site, view: ViewMaker, runner: RunnerMaker
) -> None:
    """Whoever excluded themselves gets value by no route, with a key either."""
    made = create_app("127.0.0.1:9", site=site)
    part = {"feature": "speed", "value": 0.4, "text": "fast"}
    note = {"kind": "PACE", "severity": 1.0, "confidence": 1.0, "text": "fast"}
    valued = dict.fromkeys(BELIEFS, 0.515151) | {"back": 3.0, "annotations": [note], "contributions": [part]}
    other = runner("8", win_probability=1.0 - 0.515151)
    race = view(RACE, 1, race_date="2023-07-15", runners=[runner("7", **valued), other])
    made.state.hub.apply(Run("00112233445566aa", [RaceRecord(RACE, race, 0, 0)], [], [], 0, True))
    key = (await ann.key("read:races"))["key"]
    shown: list[httpx.Response] = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url=people.URL) as client:
        client.headers["authorization"] = f"Bearer {key}"
        for days in (0, 1):
            if days:
                excluded = await ann.post("/v1/play/exclusion", {"days": days, "understood": True})
                assert excluded.status_code == 200
            paths = (f"/v1/races/{RACE}", f"/v1/races/{RACE}/form", "/v1/races?date=2023-07-15")
            # With the tags of what was told before: it is another answer now, and not one that is known.
            tags = [first.headers["etag"] for first in shown] or [""] * 4
            for path, tag in zip((*paths, f"/v1/races/{RACE}/exotics"), tags, strict=True):
                shown.append(await client.get(path, headers={"if-none-match": tag}))
    assert [each.status_code for each in shown] == [200] * 8
    before, after = [each.text for each in shown[:4]], [each.text for each in shown[4:]]
    assert all("0.515151" in text or "speed" in text for text in before)
    assert not any("0.515151" in text or "speed" in text for text in after)
    assert '"back":3.0' in after[0]
    assert (await ann.post("/v1/play/stakes", {"amount": 5})).status_code == 403
    # What was withheld stands in the log, with what it said; and a rule could be tried on today.
    rule = {"rule": {"kind": "VALUE"}, "day": datetime.now(UTC).date().isoformat()}
    for answer in (
        await ann.get("/v1/deliveries"),
        await ann.get(f"/v1/deliveries/{uuid4()}"),
        await ann.get(f"/v1/webhooks/{uuid4()}/deliveries"),
        await ann.post("/v1/rules/preview", rule),
    ):
        assert (answer.status_code, answer.json()["title"]) == (403, "Withheld")


INSIDE = (
    "http://example.org/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data/", "https://[::ffff:169.254.169.254]/", "https://[64:ff9b::a00:1]/",
    "https://0.0.0.0/", "https://example.org:22/", "https://user:pass@example.org/", "file:///etc/passwd",
)  # fmt: skip


async def test_api7_server_side_request_forgery(ann: Person) -> None:
    """Nobody has the gateway reach into its own network, by whatever an address is written as."""
    browser = Browser("push.example.org")
    for url in INSIDE:
        keys = browser.subscription["keys"]
        for path, form in (
            ("/v1/webhooks", {"url": url}),
            ("/v1/channels", {"kind": "webpush", "endpoint": url, "keys": keys}),
            ("/v1/channels", {"kind": "apprise", "url": url.replace("https", "json")}),
        ):
            answer = await ann.post(path, form)
            assert answer.status_code == 422, f"{path} {form}: {answer.text}"
    # A name of the outside that leads inside is refused where the socket is made.
    async with aiohttp.ClientSession(
        connector=connector(resolve=lambda _, port: [("127.0.0.1", port)])
    ) as http:
        with pytest.raises((RefusedAddressError, aiohttp.ClientError), match="not on the public internet"):
            await http.get("https://hooks.example.org/")


async def test_api8_security_misconfiguration(
    site: Site, visitor: Visitor, app: FastAPI, tmp_path: Path
) -> None:
    """Headers of safety on every answer, failed ones too; no other site is let in; errors tell nothing."""
    client = visitor(headers={"origin": "https://evil.example"})
    answers = [await client.get(path) for path in ("/", "/v1/none", "/v1/account", "/v1/races", "/subjects")]
    answers.append(
        await client.request("options", "/v1/account", headers={"access-control-request-method": "PUT"})
    )
    answers.append(await visitor().get("/v1/calibration?day=yesterday"))
    site_tls = replace(site, public_url="https://races.example.org")
    broken = create_app("127.0.0.1:9", site=site_tls)

    @broken.get("/v1/broken")
    async def fails() -> None:
        raise RuntimeError("a secret of the inside")

    transport = httpx.ASGITransport(broken, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://races.example.org") as tls:
        failed = await tls.get("/v1/broken")
        answers.append(failed)
    assert (failed.status_code, failed.json()["title"]) == (500, "Failed here")
    assert "secret of the inside" not in failed.text
    assert failed.headers["strict-transport-security"].startswith("max-age=63072000")
    for answer in answers:
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert not {name for name in headers if name.startswith("access-control")} | (
            headers.keys() & {"server"}
        )
        assert "Traceback" not in answer.text
    assert not app.debug
    assert app.docs_url is None
    made = open_site(SiteSettings("http://x", f"sqlite:///{tmp_path / 'a'}", tmp_path / "secrets"))
    assert oct((tmp_path / "secrets").stat().st_mode & 0o777) == "0o700"
    assert oct((tmp_path / "secrets" / "master").stat().st_mode & 0o777) == "0o600"
    await made.database.close()


def _routes(routes: Iterable[Any]) -> Iterator[tuple[str, Iterable[str]]]:
    """Path and methods of routes and of the routers among them."""
    for route in routes:
        if (router := getattr(route, "original_router", None)) is not None:
            yield from _routes(router.routes)
        elif (path := getattr(route, "path", None)) is not None:
            yield path, getattr(route, "methods", None) or ()


async def test_api9_improper_inventory_management(app: FastAPI) -> None:
    """What is served is described, in the file that is committed, and under one version."""
    assert openapi.FILE.read_bytes() == openapi.described()
    described = {(path, method) for path, item in DESCRIBED["paths"].items() for method in item}
    served = {
        (path, method.lower())
        for path, methods in _routes(app.routes)
        for method in methods
        if method != "HEAD" and not path.startswith("/assets")
    }
    beside = {("/", "get"), ("/sw.js", "get"), ("/v1/openapi.json", "get")}
    # What the registry refuses to whoever wants to write to it is no function.
    beside |= {(path + below, "put") for path in ("/config", "/mode") for below in ("", "/{subject}")}
    assert served - described == beside
    assert described <= served
    service = re.compile(r"/(v1|subjects|compatibility|config|mode|schemas|healthz|readyz|metrics)\b")
    assert all(service.match(path) for path, _ in described)


@asynccontextmanager
async def _answering(handler: Callable[[web.Request], Any]) -> AsyncIterator[str]:
    made = web.Application()
    made.router.add_route("*", "/{any:.*}", handler)
    runner = web.AppRunner(made, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _parcel(url: str) -> Parcel:
    """A test on its way to a webhook."""
    now, key = datetime.now(UTC), signing.new_secret()
    item = {"test": True, "title": "Test", "kind": "TEST", "alert_id": ""}
    ends = now + timedelta(minutes=1)
    return Parcel(uuid4(), uuid4(), uuid4(), "webhook", {"url": url}, (key,), [item], 0, now, ends)


async def test_api10_unsafe_consumption_of_apis(tmp_path: Path) -> None:
    """What an endpoint answers is taken in small, as text, and leads nowhere."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        if request.path == "/moved":
            return web.Response(status=307, headers={"location": "/inside", "retry-after": "9" * 40})
        return web.Response(body=b"\0\xff<script>" + b"x" * 5_000_000, headers={"set-cookie": "a=b"})

    async with (
        _answering(answer) as url,
        aiohttp.ClientSession(connector=connector(private=True), cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        senders = Senders(
            http, Mailbox(), Vapid(tmp_path, "mailto:a@example.org"), TopicNotices(NOBODY),
            "http://gateway", b"key", "example.org", private=True,
        )  # fmt: skip
        tries = [await senders.send(_parcel(url + path)) for path in ("/large", "/moved")]
    large, moved = tries
    assert large.response is not None
    assert len(large.response) <= KEPT_RESPONSE
    assert "\0" not in large.response
    assert (moved.ok, moved.status) == (False, 307)
    assert asked == ["/large", "/moved"], "a redirect was followed"


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """All that is logged at debug, as `--log-level debug` does; logging is left as it was."""
    root = logging.getLogger()
    handlers, level, lines = root.handlers, root.level, list[str]()

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(root_format(record))

    logs.configure("debug", "json")
    root_format = root.handlers[0].format
    root.handlers = [Keeping()]
    yield lines
    root.handlers, root.level = handlers, level
    for name in (*logs.QUIET, *logs.SECRETIVE):
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()


def test_no_token_is_in_a_log_or_in_the_address_of_a_page(
    logged: list[str], run_gateway: GatewayRunner, tmp_path: Path, sqlite_template: Path
) -> None:
    shutil.copy(sqlite_template, tmp_path / "hpr.sqlite3")
    mails = tmp_path / "mail"
    site = open_site(
        SiteSettings(
            "http://127.0.0.1:1", f"sqlite:///{tmp_path / 'hpr.sqlite3'}", tmp_path / "secrets", mails=mails
        )
    )
    with EmbeddedBroker() as broker:
        broker.touch(READ)
        with run_gateway(broker.bootstrap, site=site) as running:
            running.wait_ready()
            secrets = _used(f"http://{running.address}", mails)
    assert len(secrets) == 9
    assert len(logged) > 10, "nothing was logged at all"
    for name, secret in secrets.items():
        assert not any(secret in line for line in logged), f"{name} is in the log"
    for mail in mails.glob("*.eml"):
        for link in re.findall(r"http\S+", mail.read_text()):
            # Behind # it is sent to nobody and stands in no log on the way.
            assert not any(secret in link.partition("#")[0] for secret in secrets.values())


def _used(url: str, mails: Path) -> dict[str, str]:
    """Sign up, in, make a key, a webhook and a push channel, go live; the secrets that were about."""
    form = {"email": "ann@example.org", "password": PASSWORD}
    with httpx.Client(base_url=url) as http:
        http.post("/v1/accounts", json=form)
        while not (found := [text for mail in mails.glob("*.eml") if (text := mail.read_text())]):
            time.sleep(0.05)
        mailed = re.findall(r"#confirm=(\S+)", found[0])[0]
        assert http.post("/v1/accounts/confirmation", json={"token": mailed}).status_code == 200
        state = http.post("/v1/sessions", json=form).json()
        http.headers["x-csrf-token"] = state["csrf_token"]
        key = http.post("/v1/keys", json={"name": "k", "scopes": list(Scope)}).json()["key"]
        hook = http.post("/v1/webhooks", json={"url": "https://hooks.example.org/x"}).json()["secret"]
        totp = http.post("/v1/account/totp").json()["secret"]
        subscription: dict[str, Any] = Browser("push.example.org").subscription
        subscription["endpoint"] = subscription["endpoint"].replace("http:", "https:")
        pushed = http.post("/v1/channels", json={"kind": "webpush", **subscription})
        assert pushed.status_code == 201, pushed.text
        cookie = http.cookies["hpr"]
        assert httpx.get(f"{url}/v1/rules", headers={"authorization": f"Bearer {key}"}).status_code == 200
        with connect(
            f"{url.replace('http', 'ws')}/v1/ws", proxy=None, additional_headers={"cookie": f"hpr={cookie}"}
        ) as ws:
            for call in (
                {"id": 1, "method": "connect", "params": {"token": key}},
                {"id": 2, "method": "refresh", "params": {"token": key}},
                {"id": 3, "method": "subscribe", "params": {"channel": "alerts:me"}},
            ):
                ws.send(orjson.dumps(call).decode())
                assert "result" in orjson.loads(ws.recv(10))
        assert http.get("/v1/account/export").status_code == 200
    return {
        "password": PASSWORD, "mailed token": mailed, "cookie": cookie, "csrf token": state["csrf_token"],
        "key": key, "webhook secret": hook, "totp secret": totp, "push secret": subscription["keys"]["auth"],
        "push endpoint": subscription["endpoint"].rpartition("/")[2],
    }  # fmt: skip
