"""The edge: what every request passes: its size, who asks, forged requests, rates, and headers of safety."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.accounts.authenticate import authenticate
from gateway.accounts.digests import same
from gateway.problems import ProblemError, problem
from gateway.rates import Policy, Verdict
from gateway.site import Site

LARGEST_BODY = 64 * 1024
SAFE = {"GET", "HEAD", "OPTIONS"}
HSTS = "max-age=63072000; includeSubDomains"
SAFETY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}

FAILED = (
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "Failed here",
    "The gateway could not do this. Try again; if it stays so, its log says why.",
)


class Edge:
    """Around the application; `/v1` is what it guards, and everything has headers of safety."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site
        self._address = Policy("address", site.address_requests)
        self._anonymous = Policy("anonymous", site.anonymous_requests)
        self._headers = SAFETY | ({"strict-transport-security": HSTS} if site.secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told: dict[str, str] = {}
        begun = False

        async def send_safely(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in (self._headers | told).items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            if scope["path"].startswith("/v1/"):
                told |= await self._admit(scope)
            elif scope["method"] not in SAFE:
                _refuse_large(Headers(scope=scope))
                await self._count(self._anonymous, address_of(scope))
            if scope["method"] not in SAFE:
                receive = again(await whole(receive), receive)
            await self._app(scope, receive, send_safely)
        except ProblemError as error:
            response = problem(error.status, error.title, error.detail, error.headers)
            await response(scope, receive, send_safely)
        except Exception:
            if not begun:
                await problem(*FAILED)(scope, receive, send_safely)
            # The server logs it; whoever asked learns nothing of how it is made.
            raise

    async def _admit(self, scope: Scope) -> dict[str, str]:
        """Who asks goes into `scope`; what is said of rates comes back. Raises ProblemError."""
        headers = Headers(scope=scope)
        address = address_of(scope)
        scope["address"] = address
        _refuse_large(headers)
        if "authorization" in headers or "cookie" in headers:
            # Before the database is asked whose they are.
            await self._count(self._address, address)
        found = await authenticate(self._site, headers, datetime.now(UTC))
        principal = found.principal
        if scope["method"] not in SAFE:
            refuse_foreign(self._site, headers)
            if found.csrf_token is not None and not same(headers.get("x-csrf-token", ""), found.csrf_token):
                # Another site may have had the browser send it: whatever it is, it is nobody's.
                principal, scope["unproved"] = None, True
        scope["principal"], scope["csrf_token"] = principal, found.csrf_token
        if principal is None:
            verdict = await self._count(self._anonymous, address)
        else:
            quota = principal.entitlements.requests_a_minute
            whom = principal.key_id or principal.user_id
            verdict = await self._count(Policy("account", quota), str(whom))
        if found.refused:
            raise _no_such_key(verdict)
        return verdict.headers

    async def _count(self, policy: Policy, whom: str) -> Verdict:
        verdict = await self._site.rates.hit(policy, whom)
        if not verdict.allowed:
            raise too_many(verdict)
        return verdict


def too_many(verdict: Verdict) -> ProblemError:
    """A quota is used up."""
    policy = verdict.policy
    detail = (
        f"{policy.quota} requests in {policy.seconds} s are allowed here ({policy.name}). "
        "Wait as long as Retry-After says; RateLimit tells what is left."
    )
    return ProblemError(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests", detail, headers=verdict.headers)


def refuse_foreign(site: Site, headers: Mapping[str, str]) -> None:
    """Raise ProblemError for a change that another site's page sends."""
    origin = headers.get("origin")
    if origin is not None and not _ours(site, origin, headers.get("host", "")):
        detail = f"Changes are taken from pages of {site.public_url} only."
        raise ProblemError(HTTPStatus.FORBIDDEN, "Another site", detail)


def _ours(site: Site, origin: str, host: str) -> bool:
    return origin == site.public_url or (not site.secure and urlsplit(origin).netloc == host)


def address_of(scope: Scope) -> str:
    """The address that asks; of IPv6 the network of 64 bits, which one party has."""
    client = scope.get("client")
    try:
        address = ip_address(client[0] if client else "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ip_network((int(address), 128)).supernet(new_prefix=64))
    return str(address)


def _no_such_key(verdict: Verdict) -> ProblemError:
    detail = "The key in Authorization is unknown, was rotated, or is over. GET /v1/keys lists yours."
    headers = {"www-authenticate": 'Bearer realm="hpr", error="invalid_token"', **verdict.headers}
    return ProblemError(HTTPStatus.UNAUTHORIZED, "Not signed in", detail, headers=headers)


def _too_large() -> ProblemError:
    detail = f"A body has at most {LARGEST_BODY} bytes."
    return ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Too large", detail)


def _refuse_large(headers: Mapping[str, str]) -> None:
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > LARGEST_BODY:
        raise _too_large()


async def whole(receive: Receive) -> bytes:
    """The body of a request; raises ProblemError for one that is too large, whatever was announced."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            raise _too_large()
        if not message.get("more_body", False):
            return bytes(body)


def again(body: bytes, receive: Receive) -> Receive:
    """`receive` that gives a body that was read already, then what comes after it."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
