"""The live protocol after Centrifugo as a session without I/O: frames in, frames and effects out; pure.

`receive` takes a client's frame, `offer` a new state, `next_frame` gives what to send, one at a time.
"""

import re
from collections import deque
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
import orjson

from gateway.board import Board, Standing
from gateway.channel import Subscription, open_channel
from gateway.positions import parse
from schemas.identity import iso

PROTOCOL = "hpr.v1"
HEARTBEAT = b"{}"
MAX_ID = 2**53 - 1
"""The largest call id: JavaScript holds integers exactly up to it."""

CHANNEL = re.compile(r"race:[A-Za-z0-9-]{1,64}|track:([A-Z0-9]{1,16}|\*)")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may take. Times in seconds."""

    heartbeat_seconds: float = 10.0
    missed_heartbeats: float = 2.5
    write_seconds: float = 10.0
    channels: int = 64
    frame_characters: int = 16_384
    unread_answers: int = 32


@dataclass(frozen=True, slots=True)
class Close:
    """End the connection. Codes 3000-3499 mean come back, 3500-4999 do not."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Join:
    """The client now wants the states of `channel`."""

    channel: str


@dataclass(frozen=True, slots=True)
class Leave:
    """The client no longer wants the states of `channel`."""

    channel: str


Effect = Close | Join | Leave

T = TypeVar("T")

SLOW = Close(3008, "too slow: frames are not being read")
OTHER_WORLD = Close(3011, "the topics are other ones now: start again")
NO_ANSWER = Close(3012, "heartbeats were not answered")
NOT_JSON = Close(3501, "not a call: a JSON object with id, method and params")
TOO_LARGE = Close(3501, "frame too large")


class Refusal(Exception):
    """An error answer to a call."""

    def __init__(self, code: int, message: str, *, temporary: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.temporary = temporary


class _Subscribe(msgspec.Struct):
    channel: str
    position: str | None = None


class _Unsubscribe(msgspec.Struct):
    channel: str


class Session:
    """One client. Times `at` are monotonic seconds, `now` is microseconds since 1970."""

    def __init__(self, board: Board, at: float, limits: Limits | None = None) -> None:
        self._board = board
        self._limits = limits or Limits()
        self._connected = False
        self._heard = self._beat = at
        self._channels: dict[str, Subscription] = {}
        self._answers: deque[bytes] = deque()
        self._ready: deque[str] = deque()
        """Channels with states that wait, each once, so that a busy one does not hold up the others."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels subscribed to."""
        return tuple(self._channels)

    def receive(self, frame: str, at: float, now: int) -> list[Effect]:
        """Take in a frame of the client; its answer is among the next frames."""
        self._heard = at
        if len(frame) > self._limits.frame_characters:
            return [TOO_LARGE]
        call = _call(frame)
        if call is None:
            return [NOT_JSON]
        if not call:
            return []
        if len(self._answers) >= self._limits.unread_answers:
            return [SLOW]
        try:
            result, effects = self._perform(call.get("method"), call.get("params") or {}, now)
        except Refusal as refusal:
            told = {"code": refusal.code, "message": refusal.message, "temporary": refusal.temporary}
            self._answer(call["id"], b'"error":' + orjson.dumps(told))
            return []
        self._answer(call["id"], b'"result":' + result)
        return effects

    def offer(self, standing: Standing, again: bool = False) -> bool:
        """Take in a new state, or one `again` whose freshness turned; whether there is something to send."""
        wanted = False
        for name in standing.channels:
            subscription = self._channels.get(name)
            if subscription is None or not subscription.offer(standing, again):
                continue
            wanted = True
            if name not in self._ready:
                self._ready.append(name)
        return wanted

    def tick(self, at: float) -> Close | None:
        """Notice that time went by: send a heartbeat when due, give up a client that is silent."""
        if at - self._heard > self._limits.missed_heartbeats * self._limits.heartbeat_seconds:
            return NO_ANSWER
        if at - self._beat >= self._limits.heartbeat_seconds:
            self._beat = at
            self._answers.append(HEARTBEAT)
        return None

    def next_frame(self, now: int) -> bytes | None:
        """The next frame to send, or None: answers first, then the channels with states in turn."""
        if self._answers:
            return self._answers.popleft()
        while self._ready:
            name = self._ready.popleft()
            subscription = self._channels.get(name)
            standing = subscription.take() if subscription else None
            if subscription is None or standing is None:
                continue
            if subscription.waits:
                self._ready.append(name)
            return b'{"push":{"channel":%b,"position":"%b","state":%b}}' % (
                orjson.dumps(name),
                subscription.position.encode().encode(),
                self._board.state(standing, now),
            )
        return None

    def _answer(self, id: int, body: bytes) -> None:
        self._answers.append(b'{"id":%d,%b}' % (id, body))

    def _perform(self, method: object, params: object, now: int) -> tuple[bytes, list[Effect]]:
        if method == "connect":
            return self._connect(now), []
        if method not in ("subscribe", "unsubscribe"):
            raise Refusal(104, "unknown method: connect, subscribe and unsubscribe are known")
        if not self._connected:
            raise Refusal(107, "the first call must be connect")
        if method == "subscribe":
            wanted = _params(params, _Subscribe)
            return self._subscribe(wanted.channel, wanted.position, now), [Join(wanted.channel)]
        return self._unsubscribe(_params(params, _Unsubscribe).channel)

    def _connect(self, now: int) -> bytes:
        if self._connected:
            raise Refusal(107, "already connected")
        if not self._board.whole:
            raise Refusal(108, "the gateway is still reading the races: try again", temporary=True)
        self._connected = True
        return orjson.dumps(
            {
                "protocol": PROTOCOL,
                "epoch": self._board.epoch,
                "heartbeat_seconds": self._limits.heartbeat_seconds,
                "server_time": iso(now),
            }
        )

    def _subscribe(self, channel: str, position: str | None, now: int) -> bytes:
        if not CHANNEL.fullmatch(channel):
            raise Refusal(102, "unknown channel: race:ID, track:CODE and track:* are known")
        if channel in self._channels:
            raise Refusal(105, "already subscribed")
        if len(self._channels) >= self._limits.channels:
            raise Refusal(106, f"at most {self._limits.channels} channels: unsubscribe from one first")
        known = parse(position) if position else None
        subscription, here, newer = open_channel(self._board, channel, known)
        self._channels[channel] = subscription
        states = b",".join(self._board.state(standing, now) for standing in newer)
        return b'{"channel":%b,"position":"%b","states":[%b]}' % (
            orjson.dumps(channel),
            here.encode().encode(),
            states,
        )

    def _unsubscribe(self, channel: str) -> tuple[bytes, list[Effect]]:
        if self._channels.pop(channel, None) is None:
            return b"{}", []
        return b"{}", [Leave(channel)]


def _call(frame: str) -> dict[str, Any] | None:
    """A call, {} for a heartbeat, or None for what is neither."""
    try:
        call = msgspec.json.decode(frame)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    if not isinstance(call, dict):
        return None
    id = call.get("id")
    return call if not call or (type(id) is int and 0 < id <= MAX_ID) else None


def _params(params: object, kind: type[T]) -> T:
    try:
        return msgspec.convert(params, kind)
    except msgspec.ValidationError as error:
        raise Refusal(107, f"bad params: {error}") from error
