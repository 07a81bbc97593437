"""Calls as they come in a frame: what is understood, and the refusals that answer what is not; pure."""

import re
from typing import Any, NamedTuple, TypeVar

import msgspec

MAX_ID = 2**53 - 1
"""The largest call id: JavaScript holds integers exactly up to it."""

STATES = re.compile(r"race:[A-Za-z0-9-]{1,64}|track:([A-Z0-9]{1,16}|\*)")
"""Channels of states."""

UNAUTHORIZED, UNKNOWN_CHANNEL, DENIED, UNKNOWN_METHOD, SUBSCRIBED = 101, 102, 103, 104, 105
TOO_MANY, BAD_CALL, NOT_READY, TOKEN_EXPIRED = 106, 107, 108, 109

REFUSALS = {
    UNAUTHORIZED: "the token lets nobody in",
    UNKNOWN_CHANNEL: "unknown channel",
    DENIED: "not allowed",
    UNKNOWN_METHOD: "unknown method",
    SUBSCRIBED: "already subscribed",
    TOO_MANY: "too many channels",
    BAD_CALL: "bad params, not connected yet, or connected already",
    NOT_READY: "the gateway cannot do it just now",
    TOKEN_EXPIRED: "the token has expired",
}
"""What each code of an error answer means."""

T = TypeVar("T")


class Refusal(Exception):
    """An error answer to a call."""

    def __init__(self, code: int, message: str, *, temporary: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.temporary = temporary

    @property
    def told(self) -> dict[str, Any]:
        """What the client is answered."""
        return {"code": self.code, "message": self.message, "temporary": self.temporary}


class Call(NamedTuple):
    """A call; a heartbeat has no id."""

    id: int | None
    method: object
    params: object


class Connect(msgspec.Struct):
    """Params of `connect`."""

    token: str | None = None


class Refresh(msgspec.Struct):
    """Params of `refresh`."""

    token: str


class Subscribe(msgspec.Struct):
    """Params of `subscribe`."""

    channel: str
    position: str | None = None
    delta: bool = False


class Unsubscribe(msgspec.Struct):
    """Params of `unsubscribe`."""

    channel: str


def parse(frame: str) -> Call | None:
    """The call that a frame holds, or None where it holds neither a call nor a heartbeat."""
    try:
        call = msgspec.json.decode(frame)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    if not isinstance(call, dict):
        return None
    id = call.get("id")
    if not call:
        return Call(None, None, None)
    if type(id) is not int or not 0 < id <= MAX_ID:
        return None
    return Call(id, call.get("method"), call.get("params") or {})


def params_of(params: object, kind: type[T]) -> T:
    """The params as `kind`; raises Refusal naming what is wrong with them."""
    try:
        return msgspec.convert(params, kind)
    except msgspec.ValidationError as error:
        raise Refusal(BAD_CALL, f"bad params: {error}") from error


def kind_of(channel: str) -> str:
    """What sort of channel it is: the name before the colon, of a user's own channels the whole name."""
    kind, _, name = channel.partition(":")
    return channel if name == "me" else kind
