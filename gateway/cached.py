"""Answers that caches may keep and must ask about: ETags, Cache-Control, and how old the data are."""

import re
from collections.abc import Iterable
from hashlib import blake2b

from starlette.responses import Response
from starlette.types import Scope

from gateway.board import Board, Standing

JSON = "application/json"
TAG_BYTES = 12
AGE = "hpr-data-age"
"""Header: seconds from the newest event of what is answered to the moment of answering."""
_TAG = re.compile(rb'(?:W/)?"([^"]*)"')


def mark(board: Board, standing: Standing, now: int) -> str:
    """What makes one state of a race another one: its place in Kafka and its freshness."""
    return f"{standing.partition}.{standing.offset}.{board.freshness(standing, now)}"


def tag(epoch: str, *marks: str) -> str:
    """The entity tag of states; weak, for ages grow by the second and make no other state."""
    return tag_of(" ".join((epoch, *marks)).encode())


def tag_of(content: bytes) -> str:
    """The entity tag of some content."""
    return f'W/"{blake2b(content, digest_size=TAG_BYTES).hexdigest()}"'


def known(headers: Iterable[tuple[bytes, bytes]], tag: str) -> bool:
    """Whether the asker has what the tag names (If-None-Match, compared weakly: RFC 9110, 13.1.2)."""
    wanted = tag[3:-1].encode()
    given = [value for name, value in headers if name == b"if-none-match"]
    return any(value.strip() == b"*" or wanted in _TAG.findall(value) for value in given)


def answer(scope: Scope, body: bytes, tag: str, age_seconds: float) -> Response:
    """200 with `body`, or 304 to whoever has it. Caches may keep it, and ask before they give it again."""
    whose = "public" if scope.get("principal") is None else "private"
    headers = {
        "etag": tag,
        "cache-control": f"{whose}, no-cache",
        "vary": "authorization, cookie",
        AGE: f"{age_seconds:.3f}",
    }
    if known(scope["headers"], tag):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, JSON)
