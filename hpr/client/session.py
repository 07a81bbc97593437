"""The live protocol from the client's side, without I/O: frames in, frames and updates out.

What must outlive a connection (positions, revisions, ids of alerts) is kept here.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from gateway.contract import AlertEvent, NoticeEvent, RaceState
from hpr.client.errors import LiveError
from hpr.client.updates import Alert, Missed, Notice, Race, Update

HEARTBEAT = "{}"
REMEMBERED = 20_000
"""Ids of alerts kept, so that one that comes again is not told again."""
TOKEN_SHARE = 0.8
"""The part of a token's life after which it is renewed."""
EXPIRED = 109
MINE = "alerts:me"


class ComeBackError(Exception):
    """This connection is of no use any more; another one may be."""


@dataclass
class Step:
    """What follows from a frame."""

    send: list[str] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)


class LiveSession:
    """What one client wants and has. `token` is asked for at each connection."""

    def __init__(
        self, channels: Iterable[str], token: Callable[[], str | None] | None = None, *, deltas: bool = True
    ) -> None:
        self.channels = tuple(channels)
        self.heartbeat_seconds = 10.0
        self.live = False
        """Whether the gateway has let this connection in."""
        self.refresh_seconds: float | None = None
        """After how long the token has to be renewed."""
        self._token = token or (lambda: None)
        self._deltas = deltas
        self._epoch: str | None = None
        self._positions: dict[str, str] = {}
        self._revisions: dict[str, int] = {}
        self._alerts: OrderedDict[str, None] = OrderedDict()
        self._states: dict[str, dict[str, dict[str, Any]]] = {}
        self._calls: dict[int, tuple[str, str]] = {}
        self._id = 0

    def opened(self) -> list[str]:
        """A connection is there: what to send first."""
        self.live = False
        self.refresh_seconds = None
        # What deltas lead on from is known to the gateway for one connection.
        self._states = {channel: {} for channel in self.channels}
        self._calls.clear()
        token = self._token()
        return [self._call("connect", "", {} if token is None else {"token": token})]

    def refresh(self) -> list[str]:
        """What to send once the token has to be renewed."""
        self.refresh_seconds = None
        token = self._token()
        return [] if token is None else [self._call("refresh", "", {"token": token})]

    def receive(self, text: str) -> Step:
        """Take in a frame.

        Raises ComeBackError if the connection should be given up for another, LiveError if none would help.
        """
        frame = json.loads(text)
        if not frame:
            return Step([HEARTBEAT])
        if "push" in frame:
            return Step(updates=list(self._push(frame["push"])))
        method, channel = self._calls.pop(frame.get("id"), ("", ""))
        if "error" in frame:
            self._refused(method, frame["error"])
            return Step()
        result = frame.get("result", {})
        match method:
            case "connect":
                return Step(self._connected(result))
            case "refresh":
                self._lives(result)
            case "subscribe":
                return Step(updates=list(self._subscribed(channel, result)))
        return Step()

    def _call(self, method: str, channel: str, params: dict[str, Any]) -> str:
        self._id += 1
        self._calls[self._id] = (method, channel)
        return json.dumps({"id": self._id, "method": method, "params": params})

    def _refused(self, method: str, error: dict[str, Any]) -> None:
        # A token that ran out meanwhile is renewed with the next connection.
        if error.get("temporary") or (error.get("code") == EXPIRED and method == "connect"):
            raise ComeBackError(error["message"])
        if method != "refresh":
            raise LiveError(error["code"], error["message"])

    def _connected(self, result: dict[str, Any]) -> list[str]:
        self.live = True
        self.heartbeat_seconds = float(result["heartbeat_seconds"])
        self._lives(result)
        if self._epoch not in (None, result["epoch"]):
            # Positions of events carry an epoch of their own, and are answered for by it.
            self._revisions.clear()
            self._positions = {c: p for c, p in self._positions.items() if not _of_states(c)}
        self._epoch = result["epoch"]
        return [self._subscribe(channel) for channel in self.channels]

    def _subscribe(self, channel: str) -> str:
        params: dict[str, Any] = {"channel": channel}
        if channel in self._positions:
            params["position"] = self._positions[channel]
        if self._deltas and _of_states(channel):
            params["delta"] = True
        return self._call("subscribe", channel, params)

    def _lives(self, result: dict[str, Any]) -> None:
        expires, now = result.get("expires_at"), result.get("server_time")
        if expires and now:
            life = datetime.fromisoformat(expires) - datetime.fromisoformat(now)
            self.refresh_seconds = max(life.total_seconds() * TOKEN_SHARE, 0.0)

    def _subscribed(self, channel: str, result: dict[str, Any]) -> Iterator[Update]:
        came_back = channel in self._positions
        self._positions[channel] = result["position"]
        if came_back and result.get("recovered") is False:
            yield Missed(channel)
        for event in result.get("events", ()):
            yield from self._event(channel, event)
        for state in result.get("states", ()):
            yield from self._state(channel, state)

    def _push(self, push: dict[str, Any]) -> Iterator[Update]:
        channel = push["channel"]
        if "event" in push:
            yield from self._event(channel, push["event"])
        elif "delta" in push:
            yield from self._state(channel, self._applied(channel, push["delta"]))
        elif "state" in push:
            yield from self._state(channel, push["state"])
        # Last, so that whoever stops at an update gets it again.
        self._positions[channel] = push["position"]

    def _applied(self, channel: str, delta: dict[str, Any]) -> dict[str, Any]:
        held = self._states.get(channel, {}).get(delta["race_id"])
        if held is None or held["revision"] != delta["base"]:
            self._positions.pop(channel, None)
            raise ComeBackError("a change came of a state that is not held")
        told = delta["runners"]
        runners = [runner | told.get(runner["runner_id"], {}) for runner in held["runners"]]
        return {**held, "runners": runners, **delta["set"]}

    def _state(self, channel: str, state: dict[str, Any]) -> Iterator[Update]:
        race_id, revision = state["race_id"], state["revision"]
        if self._deltas:
            self._states.setdefault(channel, {})[race_id] = state
        if revision < self._revisions.get(race_id, 0):
            return
        self._revisions[race_id] = revision
        yield Race(channel, cast(RaceState, state))

    def _event(self, channel: str, event: dict[str, Any]) -> Iterator[Update]:
        # A user's own notice of an alert is another thing to read than the alert.
        id = f"{channel} {event['alert_id']}"
        if id in self._alerts:
            return
        self._alerts[id] = None
        if len(self._alerts) > REMEMBERED:
            self._alerts.popitem(last=False)
        if channel == MINE:
            yield Notice(channel, cast(NoticeEvent, event))
        else:
            yield Alert(channel, cast(AlertEvent, event))


def _of_states(channel: str) -> bool:
    return channel.startswith(("race:", "track:"))
