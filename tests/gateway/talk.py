"""A client of one session that keeps what it hears, and events to give it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from gateway.board import Board
from gateway.effects import Admit, Close, Effect
from gateway.events import Event, EventLog
from gateway.frames import text_frame
from gateway.protocol import Limits, News, Session, Sources
from gateway.viewer import ANONYMOUS, DeniedError, Viewer

NOON = 1_690_000_000_000_000

Tokens = Callable[[str | None], Viewer]


def anyone(token: str | None) -> Viewer:
    return ANONYMOUS


def event(offset: int, partition: int = 0, owner: str | None = None) -> Event:
    body = json.dumps({"alert_id": f"{partition}-{offset}"}).encode()
    return Event(partition, offset, offset, owner, body)


def messages(frames: bytes) -> list[dict[str, Any]]:
    """What stands in frames of text that were written one after the other."""
    found = []
    while frames:
        length = frames[1]
        start = {126: 4, 127: 10}.get(length, 2)
        if length > 125:
            length = int.from_bytes(frames[2:start], "big")
        found.append(json.loads(frames[start : start + length]))
        assert text_frame(frames[start : start + length]) == frames[: start + length]
        frames = frames[start + length :]
    return found


class Talk:
    """A client that keeps what it hears; `tokens` says whom a token lets in."""

    def __init__(
        self,
        board: Board,
        limits: Limits | None = None,
        logs: Mapping[str, EventLog] | None = None,
        tokens: Tokens = anyone,
    ) -> None:
        self.session = Session(Sources(board, logs or {}), 0.0, limits or Limits())
        self.effects: list[Effect] = []
        self.closed: Close | None = None
        self._tokens = tokens
        self._id = 0

    def hear(self, limit: int = 1000) -> list[dict[str, Any]]:
        """The next frames, at most so many."""
        found: list[dict[str, Any]] = []
        while len(found) < limit and (frame := self.session.next_frame(NOON)) is not None:
            if isinstance(frame, Close):
                self.closed = frame
                break
            found.append(json.loads(frame))
        return found

    def told(self, news: News, flowing: bool = True) -> list[dict[str, Any]]:
        """What is written at once when it is told news."""
        return messages(self.session.hear(news, flowing) or b"")

    def say(self, frame: str) -> list[dict[str, Any]]:
        """Send a frame; what is heard then. Tokens are looked up at once."""
        self.effects = self.session.receive(frame, NOON)
        while asked := [effect for effect in self.effects if isinstance(effect, Admit)]:
            try:
                self.effects = self.session.admit(self._tokens(asked[0].token), NOON)
            except DeniedError as error:
                self.effects = self.session.deny(error, NOON)
        return self.hear()

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to a call; {} if it comes later."""
        self._id += 1
        answers = self.say(json.dumps({"id": self._id, "method": method, "params": params}))
        return next((answer for answer in answers if answer.get("id") == self._id), {})


def connected(
    board: Board,
    limits: Limits | None = None,
    logs: Mapping[str, EventLog] | None = None,
    tokens: Tokens = anyone,
) -> Talk:
    """A client that has connected."""
    talk = Talk(board, limits, logs, tokens)
    talk.call("connect")
    return talk
