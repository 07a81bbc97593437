"""What a session asks of the shell around it, and the codes with which a connection ends."""

from dataclasses import dataclass

from gateway.positions import Position


@dataclass(frozen=True, slots=True)
class Close:
    """End the connection. Codes 3000-3499 mean come back, 3500-4999 do not."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Join:
    """The client now wants what is sent to `stream`: a channel, or a user's own part of it."""

    stream: str


@dataclass(frozen=True, slots=True)
class Leave:
    """The client no longer wants what is sent to `stream`."""

    stream: str


@dataclass(frozen=True, slots=True)
class Admit:
    """Find out whom `token` lets in, then call `admit` or `deny`."""

    token: str | None


@dataclass(frozen=True, slots=True)
class Recover:
    """Read the events of `channel` from `since` up to `until` from Kafka, then call `recover`."""

    id: int
    channel: str
    since: Position
    until: Position
    owner: str | None


Effect = Close | Join | Leave | Admit | Recover

EXPIRED = Close(3005, "the token has expired: come back with a new one")
SLOW = Close(3008, "too slow: frames are not being read")
GAP = Close(3010, "events were passed over: come back with your positions")
OTHER_WORLD = Close(3011, "the topics are other ones now: start again")
NO_ANSWER = Close(3012, "heartbeats were not answered")
NOT_JSON = Close(3501, "not a call: a JSON object with id, method and params")
TOO_LARGE = Close(3501, "frame too large")

CLOSES = (EXPIRED, SLOW, GAP, OTHER_WORLD, NO_ANSWER, NOT_JSON, TOO_LARGE)
"""Every end that the gateway gives a reason for."""
