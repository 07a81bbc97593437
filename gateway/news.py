"""What a run brought to one channel of states, framed once for all clients that are up to date; pure."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from gateway.board import Board, Standing
from gateway.delta import encode_delta
from gateway.frames import delta_push, state_push, text_frame
from gateway.positions import Position
from gateway.views import age_seconds

AT_ONCE = 16
"""Races whose states are written together; of more each client is given one at a time, as it reads."""


class Move(NamedTuple):
    """A race's standing before and now; the same one twice where only its freshness turned."""

    before: Standing | None
    now: Standing


class StateNews:
    """Moves on one channel. `before` is the channel's position before them; `now` the time of sending."""

    def __init__(
        self, board: Board, channel: str, moves: Sequence[Move], before: Position, now: int, *, again: bool
    ) -> None:
        self.channel = channel
        self.moves = moves
        self.again = again
        self.position = board.position(channel)
        self._board = board
        self._before = before
        self._now = now

    @property
    def count(self) -> int:
        """How many frames it makes."""
        return len(self.moves)

    @property
    def large(self) -> bool:
        """Whether it is too much to be written at once to a client that may not read it."""
        return len(self.moves) > AT_ONCE

    @property
    def stream(self) -> str:
        """What its readers have joined."""
        return self.channel

    @cached_property
    def whole(self) -> bytes:
        """Frames of the whole states."""
        states = (self._board.state(move.now, self._now) for move in self.moves)
        return b"".join(
            text_frame(state_push(self.channel, position, state))
            for position, state in zip(self._positions(), states, strict=True)
        )

    @cached_property
    def deltas(self) -> bytes:
        """Frames of what changed, for those who hold every state before."""
        return b"".join(
            text_frame(delta_push(self.channel, position, self._delta(move.before, move.now)))
            for position, move in zip(self._positions(), self.moves, strict=True)
            if move.before is not None
        )

    def _delta(self, before: Standing, now: Standing) -> bytes:
        fresh = self._board.freshness(now, self._now)
        return encode_delta(before, now, fresh, age_seconds(now.view, self._now))

    def _positions(self) -> Iterator[Position]:
        """Only the last frame's covers them all: whoever is cut off in between gets the rest again."""
        yield from (self._before for _ in self.moves[1:])
        yield self.position
