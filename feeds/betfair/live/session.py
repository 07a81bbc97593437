"""The account over HTTPS: login with or without a certificate, keep-alive, calls of the Betting API."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from schemas.errors import FeedError

INTERACTIVE = "https://identitysso.betfair.com"
CERTIFICATE = "https://identitysso-cert.betfair.com"
API = "https://api.betfair.com"
BETTING = "/exchange/betting/json-rpc/v1"
LAST_CALL_SECONDS = 2.0
"""How long leaving an account waits for the calls still under way."""

NO_SESSION = ("NO_SESSION", "INVALID_SESSION_INFORMATION")
FATAL = (*NO_SESSION, "NO_APP_KEY", "INVALID_APP_KEY", "ACCESS_DENIED", "INVALID_INPUT_DATA", "TOO_MUCH_DATA")
"""Error codes of the API that asking again does not change; a session that has ended was renewed before."""


class UnavailableError(FeedError):
    """Betfair does not answer as it should just now; it may later."""


class CallRefusedError(FeedError):
    """Betfair's API refuses a call in a way that asking again will hardly change."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who logs in; with a certificate and its key (PEM) where `certificate` is given."""

    app_key: str
    username: str
    password: str = field(repr=False)
    certificate: Path | None = None
    certificate_key: Path | None = None


def tls(ca: Path | None = None) -> ssl.SSLContext:
    """Verifies by the system's authorities, or by those in the PEM file `ca`; FeedError if there are none."""
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise FeedError(f"{ca}: no certificate authority can be read there: {error}") from error


class Account:
    """One account's session. All of its connections share the token; whoever finds it refused discards it."""

    def __init__(
        self, credentials: Credentials, login: str | None = None, api: str = API, ca: Path | None = None
    ) -> None:
        self.app_key = credentials.app_key
        self._credentials = credentials
        with_certificate = credentials.certificate is not None
        self._identity = login or (CERTIFICATE if with_certificate else INTERACTIVE)
        self._api = api
        context = tls(ca)
        if credentials.certificate is not None:
            try:
                context.load_cert_chain(credentials.certificate, credentials.certificate_key)
            except (OSError, ssl.SSLError) as error:
                raise FeedError(
                    f"{credentials.certificate}: no certificate can be read there: {error}"
                ) from error
        self._http = httpx.AsyncClient(verify=context, timeout=20.0, headers={"Accept": "application/json"})
        self._calls: set[asyncio.Task[httpx.Response]] = set()
        self._token: str | None = None
        self._logging_in = asyncio.Lock()

    async def __aenter__(self) -> "Account":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._calls:
            _, late = await asyncio.wait(self._calls, timeout=LAST_CALL_SECONDS)
            for call in late:
                call.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._http.aclose()

    async def token(self) -> str:
        """The session token; logs in if there is none.

        Raises FeedError where Betfair refuses the login, UnavailableError where it does not answer.
        """
        async with self._logging_in:
            if self._token is None:
                self._token = await self._log_in()
            return self._token

    def discard(self, token: str) -> None:
        """Forget a token that was refused, unless it was replaced already."""
        if self._token == token:
            self._token = None

    async def keep_alive(self) -> None:
        """Keep the session from ending; one that has ended is discarded."""
        token = await self.token()
        answer = await self._post(f"{self._identity_of_people}/api/keepAlive", token)
        if answer.get("status") != "SUCCESS":
            self.discard(token)

    async def call(self, method: str, params: Mapping[str, Any], again: bool = True) -> Any:
        """The result of a method of the Betting API. Raises as `token` does, and CallRefusedError."""
        token = await self.token()
        call = {"jsonrpc": "2.0", "method": f"SportsAPING/v1.0/{method}", "params": params, "id": 1}
        answer = await self._post(self._api + BETTING, token, json=call)
        if "result" in answer:
            return answer["result"]
        code = _code(answer)
        if code in NO_SESSION and again:
            self.discard(token)
            return await self.call(method, params, again=False)
        if code in FATAL:
            raise CallRefusedError(
                f"Betfair's API refuses {method}: {code}; check HPR_BETFAIR_APP_KEY and the options"
            )
        raise UnavailableError(f"Betfair's API answers {code} to {method}")

    @property
    def _identity_of_people(self) -> str:
        """Sessions of both kinds are kept alive where people log in."""
        return INTERACTIVE if self._identity == CERTIFICATE else self._identity

    async def _log_in(self) -> str:
        who = self._credentials
        path = "certlogin" if who.certificate is not None else "login"
        form = {"username": who.username, "password": who.password}
        answer = await self._post(f"{self._identity}/api/{path}", None, data=form)
        token = answer.get("sessionToken") or answer.get("token")
        status = answer.get("loginStatus") or answer.get("status")
        if status == "SUCCESS" and token:
            return str(token)
        reason = answer.get("error") or status or "no reason given"
        if reason == "INTERNAL_ERROR":
            raise UnavailableError(f"Betfair's login answers {reason}")
        raise FeedError(
            f"Betfair refuses the login of {who.username}: {reason}; check HPR_BETFAIR_USERNAME, "
            "HPR_BETFAIR_PASSWORD and HPR_BETFAIR_CERTIFICATE"
        )

    async def _post(self, url: str, token: str | None, **content: Any) -> dict[str, Any]:
        headers = {"X-Application": self.app_key}
        if token is not None:
            headers["X-Authentication"] = token
        try:
            # Shielded: httpcore leaves the socket open when it is cancelled within a TLS handshake.
            calling = asyncio.create_task(self._http.post(url, headers=headers, **content))
            self._calls.add(calling)
            calling.add_done_callback(self._calls.discard)
            response = await asyncio.shield(calling)
            if response.status_code >= 500 or response.status_code == 429:
                raise UnavailableError(f"{response.url.host} answers {response.status_code}")
            answer = response.json()
        except httpx.HTTPError as error:
            raise UnavailableError(f"{httpx.URL(url).host} does not answer: {error!r}") from error
        except ValueError as error:
            raise UnavailableError(f"{httpx.URL(url).host} answers with something else than JSON") from error
        if not isinstance(answer, dict):
            raise UnavailableError(f"{httpx.URL(url).host} answers with something else than an object")
        return answer


def _code(answer: Mapping[str, Any]) -> str:
    """The error code in an answer of JSON-RPC; Betfair puts its own below `data`."""
    error = answer.get("error") or {}
    try:
        return str(error["data"]["APINGException"]["errorCode"])
    except (KeyError, TypeError):
        return str(error.get("message") if isinstance(error, dict) else error)
