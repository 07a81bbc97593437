"""The live protocol after Centrifugo as a session without I/O: frames in, frames and effects out; pure.

`receive` takes a client's frame, `hear` what is new, `next_frame` gives what to send, one at a time.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway import calls
from gateway.board import Board, Standing
from gateway.calls import Call, Refusal
from gateway.channel import Subscription, open_channel
from gateway.effects import (
    EXPIRED,
    GAP,
    NO_ANSWER,
    NOT_JSON,
    SLOW,
    TOO_LARGE,
    Admit,
    Close,
    Effect,
    Join,
    Leave,
    Recover,
)  # fmt: skip
from gateway.events import Event, EventLog, EventNews, EventSubscription, in_order
from gateway.frames import event_push, state_push
from gateway.news import StateNews
from gateway.positions import Position, furthest
from gateway.positions import parse as parse_position
from gateway.viewer import ANONYMOUS, CHANNELS, DeniedError, Viewer
from gateway.views import without_value
from schemas.identity import iso

PROTOCOL = "hpr.v1"
HEARTBEAT = b"{}"
METHODS = ("connect", "refresh", "subscribe", "unsubscribe")
MINE = ":me"
"""How the name of a channel ends that holds each user's own."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may take. Times in seconds."""

    heartbeat_seconds: float = 10.0
    missed_heartbeats: float = 2.5
    write_seconds: float = 10.0
    channels: int = CHANNELS
    frame_characters: int = 16_384
    unread_answers: int = 32
    recovered_events: int = 2_000
    """Events that are given again to a client that comes back; one that missed more is told so."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What sessions read from: the board of one epoch, and the logs of the event channels by name."""

    board: Board
    logs: Mapping[str, EventLog] = field(default_factory=dict)


News = StateNews | EventNews


class Session:
    """One client. Times `at` are monotonic seconds, `now` is microseconds since 1970."""

    __slots__ = (
        "_admitting", "_answers", "_beat", "_channels", "_connected", "_later", "_limits", "_opening",
        "_ready", "_sources", "_unanswered", "viewer",
    )  # fmt: skip

    def __init__(self, sources: Sources, at: float, limits: Limits) -> None:
        self.viewer: Viewer = ANONYMOUS
        self._sources = sources
        self._limits = limits
        self._connected = False
        self._beat = at
        self._unanswered = 0
        self._channels: dict[str, Any] = {}
        self._answers: deque[bytes] = deque()
        self._ready: deque[str] = deque()
        """Channels with something that waits, each once, so that a busy one does not hold up the others."""
        self._admitting: Call | None = None
        self._later: list[Call] | None = None
        """Calls that came while it is found out who the client is."""
        self._opening: dict[str, Recover] = {}
        """Channels whose missed events are being read."""

    @property
    def streams(self) -> tuple[str, ...]:
        """What it has joined."""
        return tuple(subscription.stream for subscription in self._channels.values())

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels subscribed to."""
        return tuple(self._channels)

    def receive(self, frame: str, now: int) -> list[Effect]:
        """Take in a frame of the client; its answer is among the next frames."""
        self._unanswered = 0
        if len(frame) > self._limits.frame_characters:
            return [TOO_LARGE]
        call = calls.parse(frame)
        if call is None:
            return [NOT_JSON]
        if call.id is None:
            return []
        if len(self._answers) + len(self._later or ()) >= self._limits.unread_answers:
            return [SLOW]
        if self._admitting is not None:
            self._later = [*(self._later or ()), call]
            return []
        return self._perform(call, now)

    def admit(self, viewer: Viewer, now: int) -> list[Effect]:
        """Let the client in as `viewer`, then do what it called for meanwhile."""
        call, self._admitting = self._admitting, None
        if call is None:
            return []
        if self._connected and viewer.user != self.viewer.user:
            self._refuse(call, Refusal(calls.DENIED, "the token is another user's: connect anew with it"))
        else:
            self.viewer, self._connected = viewer, True
            self._answer(call, orjson.dumps(self._greeting(now)))
        return self._catch_up(now)

    def deny(self, error: DeniedError | Refusal, now: int) -> list[Effect]:
        """Answer that the client is not let in."""
        call, self._admitting = self._admitting, None
        if call is not None:
            if isinstance(error, DeniedError):
                code = calls.TOKEN_EXPIRED if error.expired else calls.UNAUTHORIZED
                error = Refusal(code, str(error))
            self._refuse(call, error)
        return self._catch_up(now)

    def renew(self, viewer: Viewer, now: int) -> bool:
        """Let the client stay, as its credentials say now; False if it may not have what it has any more."""
        lives = viewer.expires_at is None or viewer.expires_at > now
        denied = {calls.kind_of(channel) for channel in self._channels} & viewer.denied
        if viewer.user != self.viewer.user or denied or not lives:
            return False
        self.viewer = viewer
        return True

    def recover(self, wanted: Recover, found: Iterable[Event] | Refusal | None) -> list[Effect]:
        """Answer with the events read for `wanted`; None if they are not all there any more."""
        if self._opening.get(wanted.channel) is not wanted:
            return []
        del self._opening[wanted.channel]
        call = Call(wanted.id, "subscribe", None)
        if isinstance(found, Refusal):
            self._refuse(call, found)
            return []
        log = self._sources.logs[wanted.channel]
        between = furthest(wanted.since, wanted.until)
        events = (
            None if found is None or not log.holds(between) else [*found, *log.newer(between, wanted.owner)]
        )
        return self._open_events(call, log, wanted.since, wanted.owner, events)

    def hear(self, news: News, flowing: bool) -> bytes | None:
        """Take in what is new on a channel: frames to write at once if the client reads all it is sent.

        b"" if there is nothing to write, None if something now waits for `next_frame`.
        """
        subscription = self._channels.get(news.channel)
        if subscription is None:
            return b""
        if flowing and self.viewer.value and not (self._answers or self._ready or news.large):
            frames: bytes | None = subscription.catch(news)
            if frames is not None:
                return frames
        if not subscription.wait(news):
            return b""
        self._make_ready(news.channel)
        return None

    def offer(self, standing: Standing, again: bool = False) -> bool:
        """Let a new state wait, or one `again` whose freshness turned; whether there is something to send."""
        wanted = False
        for name in standing.channels:
            subscription = self._channels.get(name)
            if subscription is not None and subscription.offer(standing, again):
                wanted = True
                self._make_ready(name)
        return wanted

    def tick(self, at: float, now: int = 0) -> Close | None:
        """Notice that time went by: send a heartbeat when due, give up a client that answered none.

        What counts are heartbeats sent: a gateway that stood still for a while has asked for nothing.
        """
        since = min((at - self._beat) / self._limits.heartbeat_seconds, 1.0)
        if self._unanswered + since > self._limits.missed_heartbeats:
            return NO_ANSWER
        if since == 1.0:
            self._beat = at
            self._unanswered += 1
            self._answers.append(HEARTBEAT)
        expires = self.viewer.expires_at
        return EXPIRED if expires is not None and now >= expires else None

    def next_frame(self, now: int) -> bytes | Close | None:
        """The next message to send, or None: answers first, then the channels with something in turns.

        A Close where events were passed over that the client has not been sent.
        """
        if self._answers:
            return self._answers.popleft()
        while self._ready:
            name = self._ready.popleft()
            match self._channels.get(name):
                case EventSubscription() as events:
                    if events.lost:
                        return GAP
                    if (taken := events.take()) is not None:
                        self._ready.append(name)
                        return event_push(name, taken[1], taken[0].body)
                case Subscription() as states:
                    if (standing := states.take()) is not None:
                        if states.waits:
                            self._ready.append(name)
                        return state_push(name, states.position, self._state(standing, now))
        return None

    def _state(self, standing: Standing, now: int) -> bytes:
        state = self._sources.board.state(standing, now)
        return state if self.viewer.value else without_value(state)

    def _make_ready(self, name: str) -> None:
        if name not in self._ready:
            self._ready.append(name)

    def _answer(self, call: Call, result: bytes) -> None:
        self._answers.append(b'{"id":%d,"result":%b}' % (call.id or 0, result))

    def _refuse(self, call: Call, refusal: Refusal) -> None:
        self._answers.append(b'{"id":%d,"error":%b}' % (call.id or 0, orjson.dumps(refusal.told)))

    def _catch_up(self, now: int) -> list[Effect]:
        waiting, self._later = self._later or [], None
        effects: list[Effect] = []
        for place, call in enumerate(waiting):
            if self._admitting is not None:
                self._later = waiting[place:]
                break
            effects += self._perform(call, now)
        return effects

    def _perform(self, call: Call, now: int) -> list[Effect]:
        try:
            return self._dispatch(call, now)
        except Refusal as refusal:
            self._refuse(call, refusal)
            return []

    def _dispatch(self, call: Call, now: int) -> list[Effect]:
        if call.method == "connect":
            return self._connect(call)
        if call.method not in METHODS:
            raise Refusal(calls.UNKNOWN_METHOD, f"unknown method: {', '.join(METHODS)} are known")
        if not self._connected:
            raise Refusal(calls.BAD_CALL, "the first call must be connect")
        if call.method == "subscribe":
            return self._subscribe(call, calls.params_of(call.params, calls.Subscribe), now)
        if call.method == "unsubscribe":
            return self._unsubscribe(call, calls.params_of(call.params, calls.Unsubscribe).channel)
        token = calls.params_of(call.params, calls.Refresh).token
        self._admitting = call
        return [Admit(token)]

    def _connect(self, call: Call) -> list[Effect]:
        token = calls.params_of(call.params, calls.Connect).token
        if self._connected:
            raise Refusal(calls.BAD_CALL, "already connected")
        if not self._sources.board.whole:
            message = "the gateway is still reading the races: try again"
            raise Refusal(calls.NOT_READY, message, temporary=True)
        self._admitting = call
        return [Admit(token)]

    def _greeting(self, now: int) -> dict[str, Any]:
        expires = self.viewer.expires_at
        return {
            "protocol": PROTOCOL,
            "epoch": self._sources.board.epoch,
            "heartbeat_seconds": self._limits.heartbeat_seconds,
            "server_time": iso(now),
            "channels": self._allowed,
            "user": self.viewer.user,
            "expires_at": None if expires is None else iso(expires),
        }

    @property
    def _allowed(self) -> int:
        return self._limits.channels if self.viewer.channels is None else self.viewer.channels

    def _subscribe(self, call: Call, wanted: calls.Subscribe, now: int) -> list[Effect]:
        channel, log = wanted.channel, self._sources.logs.get(wanted.channel)
        if log is None and not calls.STATES.fullmatch(channel):
            known = ", ".join(["race:ID", "track:CODE", "track:*", *self._sources.logs])
            raise Refusal(calls.UNKNOWN_CHANNEL, f"unknown channel: {known} are known")
        self._check_allowed(channel)
        position = parse_position(wanted.position) if wanted.position else None
        if log is not None:
            return self._subscribe_to_events(call, log, position)
        subscription, here, newer = open_channel(self._sources.board, channel, position, wanted.delta)
        self._channels[channel] = subscription
        states = b",".join(self._state(standing, now) for standing in newer)
        told = orjson.dumps(channel), here.encode().encode(), states
        self._answer(call, b'{"channel":%b,"position":"%b","states":[%b]}' % told)
        return [Join(channel)]

    def _check_allowed(self, channel: str) -> None:
        if channel in self._channels or channel in self._opening:
            raise Refusal(calls.SUBSCRIBED, "already subscribed")
        if calls.kind_of(channel) in self.viewer.denied:
            raise Refusal(calls.DENIED, f"{channel} is not open to you")
        if channel.endswith(MINE) and self.viewer.user is None:
            raise Refusal(calls.DENIED, f"{channel} is a user's own: connect with a token")
        if len(self._channels) + len(self._opening) >= self._allowed:
            raise Refusal(calls.TOO_MANY, f"at most {self._allowed} channels: unsubscribe from one first")

    def _subscribe_to_events(self, call: Call, log: EventLog, known: Position | None) -> list[Effect]:
        owner = self.viewer.user if log.channel.endswith(MINE) else None
        if known is None or known.epoch != log.head.epoch:
            return self._open_events(call, log, None, owner, None)
        if log.holds(known):
            return self._open_events(call, log, known, owner, log.newer(known, owner))
        wanted = Recover(call.id or 0, log.channel, known, Position(known.epoch, dict(log.starts)), owner)
        self._opening[log.channel] = wanted
        return [wanted]

    def _open_events(
        self, call: Call, log: EventLog, known: Position | None, owner: str | None, events: list[Event] | None
    ) -> list[Effect]:
        """Answer with all events since, or with none if not all of them are known."""
        if events is not None and len(events) > self._limits.recovered_events:
            events = None
        subscription = EventSubscription(log, known, owner)
        self._channels[log.channel] = subscription
        told = (
            orjson.dumps(log.channel),
            subscription.position.encode().encode(),
            b"false" if events is None else b"true",
            b",".join(event.body for event in in_order(events or ())),
        )
        self._answer(call, b'{"channel":%b,"position":"%b","recovered":%b,"events":[%b]}' % told)
        return [Join(subscription.stream)]

    def _unsubscribe(self, call: Call, channel: str) -> list[Effect]:
        self._answer(call, b"{}")
        if (given_up := self._opening.pop(channel, None)) is not None:
            self._refuse(Call(given_up.id, None, None), Refusal(calls.BAD_CALL, "unsubscribed meanwhile"))
        subscription = self._channels.pop(channel, None)
        return [] if subscription is None else [Leave(subscription.stream)]
