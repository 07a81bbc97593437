"""Who a live client is and what it may take: the interface that accounts fill, and the anonymous default."""

from dataclasses import dataclass
from typing import Protocol

CHANNELS = 64
"""Channels that a client may hold unless its tier says otherwise."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """A client as its token tells it. Without a token nobody in particular."""

    user: str | None = None
    """Whose own channels it may read; None for nobody's."""
    expires_at: int | None = None
    """When (microseconds since 1970) it is looked at again, or let in no longer; None for never."""
    channels: int | None = None
    """How many channels it may hold; None for what the gateway allows everyone."""
    denied: frozenset[str] = frozenset()
    """Kinds of channels it may not have: `race`, `track`, `alerts`, `alerts:me`."""
    value: bool = True
    """Whether states come with what value is read from."""


ANONYMOUS = Viewer()


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client shows: the token of its call, and of its opening request what may say who it is."""

    token: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    """Of the opening request `authorization`, `cookie`, `host` and `origin`, names in lower case."""
    address: str = ""
    """Where it calls from, by the socket."""


class DeniedError(Exception):
    """These credentials let nobody in; the message says what to do. `expired` if they once did."""

    def __init__(self, message: str, *, expired: bool = False) -> None:
        super().__init__(message)
        self.expired = expired


class Authority(Protocol):
    """Who knows tokens."""

    async def viewer(self, shown: Credentials) -> Viewer:
        """Whom `shown` lets in; raises DeniedError. Without a token and a cookie it says what anyone may."""


def nobody_in_particular(shown: Credentials) -> Viewer:
    """What a gateway without accounts says; raises DeniedError for a token, which it cannot know."""
    if shown.token is not None:
        raise DeniedError("this gateway has no accounts: connect without a token")
    return ANONYMOUS
