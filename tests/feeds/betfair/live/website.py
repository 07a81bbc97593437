"""Betfair's login and Betting API on this machine, over HTTPS."""

import asyncio
import json
import ssl
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from msgspec.json import encode

from tests.feeds.betfair.live.exchange import APP_KEY, PASSWORD, USERNAME, Json, all_gone


def catalogue_entry(definition: Json, market_id: str) -> Json:
    """What listMarketCatalogue says of a market, from a definition with names."""
    return {
        "marketId": market_id,
        "marketName": definition["name"],
        "marketStartTime": definition["marketTime"],
        "event": {
            "id": definition["eventId"],
            "name": definition["eventName"],
            "countryCode": definition.get("countryCode"),
            "timezone": definition.get("timezone"),
            "venue": definition.get("venue"),
        },
        "description": {"marketTime": definition["marketTime"], "marketType": definition["marketType"]},
        "runners": [{"selectionId": r["id"], "runnerName": r["name"]} for r in definition["runners"]],
    }


def catalogue_of(lines: Iterable[bytes]) -> Json:
    """The catalogue's entry of the market in a capture; names are those of its first definition."""
    change = json.loads(next(iter(lines)))["mc"][0]
    return catalogue_entry(change["marketDefinition"], change["id"])


@dataclass
class Website:
    """Login and Betting API over HTTPS. `answers` take the place of the usual answers, one each."""

    tls: ssl.SSLContext
    catalogue: list[Json] = field(default_factory=list)
    answers: deque[tuple[int, bytes]] = field(default_factory=deque)
    requests: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    sessions: set[str] = field(default_factory=set)
    logins: int = 0
    any_time: bool = False
    refusing: tuple[int, bytes] | None = None
    """The answer to all calls of the Betting API, where they are refused."""
    certificates: list[Any] = field(default_factory=list)

    @property
    def calls(self) -> int:
        """How often the Betting API was called."""
        return sum(1 for path, _, _ in self.requests if "betting" in path)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.address = f"https://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        await all_gone(self._server)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
            body = (await reader.readexactly(int(headers.get("content-length", 0)))).decode()
            path = head[0].split()[1]
            self.requests.append((path, headers, body))
            self.certificates.append(writer.get_extra_info("peercert"))
            if self.answers:
                status, answer = self.answers.popleft()
            elif self.refusing is not None and "betting" in path:
                status, answer = self.refusing
            else:
                status, answer = 200, self._answer(path, headers, body)
            # As Betfair does: the token is in a header of the answer too.
            cookie = b"Set-Cookie: ssoid=session-%d; Secure\r\n" % self.logins if "login" in path else b""
            writer.write(
                b"HTTP/1.1 %d X\r\n%bContent-Length: %d\r\nConnection: close\r\n\r\n%b"
                % (status, cookie, len(answer), answer)
            )
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        except (OSError, asyncio.IncompleteReadError):
            writer.transport.abort()

    def _answer(self, path: str, headers: dict[str, str], body: str) -> bytes:
        if path.endswith("login"):
            if body != f"username={USERNAME}&password={PASSWORD}":
                wrong = "INVALID_USERNAME_OR_PASSWORD"
                return encode(
                    {"loginStatus": wrong} if "cert" in path else {"status": "FAIL", "error": wrong}
                )
            self.logins += 1
            token = f"session-{self.logins}"
            self.sessions.add(token)
            if "cert" in path:
                return encode({"sessionToken": token, "loginStatus": "SUCCESS"})
            return encode({"token": token, "product": APP_KEY, "status": "SUCCESS", "error": ""})
        good = headers.get("x-authentication") in self.sessions
        if path.endswith("keepAlive"):
            return encode({"status": "SUCCESS" if good else "FAIL", "error": "" if good else "NO_SESSION"})
        if not good:
            return api_error("INVALID_SESSION_INFORMATION")
        call = json.loads(body)
        since = call["params"]["filter"]["marketStartTime"]["from"][:19]
        later = [e for e in self.catalogue if self.any_time or e["marketStartTime"][:19] >= since]
        return encode({"jsonrpc": "2.0", "result": later[: call["params"]["maxResults"]], "id": 1})


def api_error(code: str) -> bytes:
    """How the Betting API says no."""
    data = {"APINGException": {"errorCode": code}, "exceptionname": "APINGException"}
    return encode(
        {"jsonrpc": "2.0", "error": {"code": -32099, "message": "ANGX-0003", "data": data}, "id": 1}
    )
