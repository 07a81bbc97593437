"""Idempotency-Key: a change that is sent again gets the answer of the first time and changes nothing."""

from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from http import HTTPStatus

import orjson
from sqlalchemy import Delete, delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.accounts.digests import digest, keyed, same
from gateway.accounts.principal import Principal
from gateway.accounts.second_factor import sealed, unsealed
from gateway.accounts.tables import Kept, now
from gateway.edge import again, whole
from gateway.problems import ProblemError
from gateway.site import Site

HEADER = "idempotency-key"
LIFE = timedelta(days=1)
UNFINISHED = timedelta(minutes=1)
"""After so long a first time that gave no answer is taken for lost, and the change may be sent again."""
LONGEST = 255
UNREPEATED = {"set-cookie", "date", "ratelimit", "ratelimit-policy", "content-length"}


class Repeats:
    """Around the routes: keeps answers to changes of whoever is signed in, where a key asks for it."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer as before."""
        principal: Principal | None = scope.get("principal")
        key = Headers(scope=scope).get(HEADER) if scope["type"] == "http" else None
        if key is None or principal is None or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self._app(scope, receive, send)
            return
        if not 1 <= len(key) <= LONGEST:
            raise _unfit(f"An Idempotency-Key has 1 to {LONGEST} characters.")
        body = await whole(receive)
        mine = keyed(self._site.key("idempotency"), f"{principal.user_id} {key}")
        request = digest(
            b"\0".join([scope["method"].encode(), scope["raw_path"], scope["query_string"], body])
        )
        kept = await self._begin(mine, request, principal)
        if kept is not None:
            await _repeat(kept, send)
            return
        await self._first_time(mine, scope, again(body, receive), send)

    async def _begin(self, mine: str, request: str, principal: Principal) -> bytes | None:
        """The answer of the first time, or None where this is it. Raises ProblemError."""
        at = now()
        try:
            async with self._site.database.write() as session:
                await session.execute(_over(mine, at))
                session.add(
                    Kept(key_hash=mine, user_id=principal.user_id, request_hash=request, created_at=at)
                )
        except IntegrityError:
            async with self._site.database.read() as session:
                first = await session.get(Kept, mine)
        else:
            return None
        if first is None or (same(first.request_hash, request) and first.answer is None):
            detail = (
                "The first request with this Idempotency-Key is still being worked: try again in a moment."
            )
            raise ProblemError(HTTPStatus.CONFLICT, "Not finished", detail, 1) from None
        if not same(first.request_hash, request):
            raise _unfit("This Idempotency-Key came with another request before: take a new one.")
        return b64decode(unsealed(self._site.key("answers"), first.answer or b""))

    async def _first_time(self, mine: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Work the request and keep its answer; where the server failed, forget that it was there."""
        given: list[Message] = []

        async def send_and_note(message: Message) -> None:
            given.append(message)
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            answer = _answer(given)
            async with self._site.database.write() as session:
                if answer is None:
                    await session.execute(delete(Kept).where(Kept.key_hash == mine))
                else:
                    kept = sealed(self._site.key("answers"), b64encode(answer).decode())
                    await session.execute(update(Kept).where(Kept.key_hash == mine).values(answer=kept))


def _over(mine: str, at: datetime) -> Delete:
    lost = Kept.answer.is_(None) & (Kept.created_at < at - UNFINISHED)
    return delete(Kept).where(Kept.key_hash == mine, lost | (Kept.created_at < at - LIFE))


def _unfit(detail: str) -> ProblemError:
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "Idempotency-Key not usable", detail)


def _answer(given: list[Message]) -> bytes | None:
    """An answer as it is kept; None where there is none, it failed here, or asks to come back."""
    if not given or given[0]["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR or given[-1].get("more_body"):
        return None
    if given[0]["status"] in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.UNAUTHORIZED}:
        return None
    headers = [
        [name.decode("latin-1"), value.decode("latin-1")]
        for name, value in given[0]["headers"]
        if name.decode("latin-1") not in UNREPEATED
    ]
    body = b"".join(message.get("body", b"") for message in given[1:])
    return orjson.dumps([given[0]["status"], headers, body.decode()])


async def _repeat(kept: bytes, send: Send) -> None:
    status, headers, body = orjson.loads(kept)
    encoded = body.encode()
    length = [] if status == HTTPStatus.NO_CONTENT else [[b"content-length", str(len(encoded)).encode()]]
    shown = [[name.encode("latin-1"), value.encode("latin-1")] for name, value in headers]
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*shown, *length, [b"idempotency-replayed", b"true"]],
        }
    )
    await send({"type": "http.response.body", "body": encoded})


async def sweep(session: AsyncSession, at: datetime) -> None:
    """Drop answers that are over."""
    await session.execute(delete(Kept).where(Kept.created_at < at - LIFE))
