"""One client's subscription to a state channel: what it still has to be sent, and how far it is; pure.

A slow client is conflated: of each race only the latest state waits, in the place of the first.
"""

from collections.abc import Iterable

from gateway.board import Board, Standing
from gateway.news import StateNews
from gateway.positions import Position, furthest


class Subscription:
    """States of a channel that wait to be sent. No state older than `position` ever goes out.

    With `delta` the client takes changes in place of whole states, where it holds the state before.
    """

    __slots__ = ("_board", "_given", "_held", "_here", "_lagging", "_reached", "_waiting", "channel")

    def __init__(
        self, board: Board, channel: str, given: Position, here: Position, delta: bool = False
    ) -> None:
        self.channel = channel
        self._board = board
        self._given = given
        self._here = here
        self._lagging = given != here
        self._reached = given
        self._waiting: dict[str, Standing] = {}
        self._held: dict[str, int] | None = {} if delta else None
        """Offset of the last state sent of each race, of clients that take deltas."""

    @property
    def stream(self) -> str:
        """What it has joined."""
        return self.channel

    def catch(self, news: StateNews) -> bytes | None:
        """The frames for a client that has all before them; None if it has not: let them wait."""
        if self._waiting or (self._lagging and not self._caught_up()):
            return None
        self._reached = news.position
        if self._held is None:
            return news.whole
        follows = all(m.before is not None and self._held.get(m.now.race_id) == m.before.offset
                      for m in news.moves)  # fmt: skip
        self.hold(move.now for move in news.moves)
        return news.deltas if follows else news.whole

    def wait(self, news: StateNews) -> bool:
        """Let news wait; whether there is something to send."""
        offered = [self.offer(move.now, news.again) for move in news.moves]
        return any(offered)

    def offer(self, standing: Standing, again: bool = False) -> bool:
        """Let a state wait, in place of an older one of its race; False if the client has it already.

        `again` offers one that the client has, because its freshness turned; never one older than what
        the client brought from a gateway that was ahead.
        """
        held = self._waiting.get(standing.race_id)
        ahead = self._given.offsets.get(standing.partition, 0) > self._here.offsets.get(standing.partition, 0)
        if (ahead or not again) and self._given.covers(standing.partition, standing.offset):
            return False
        if held is not None and held.offset >= standing.offset:
            return False
        self._waiting[standing.race_id] = standing
        return True

    def take(self) -> Standing | None:
        """The state that has waited longest, or None; `position` is then that of having sent it."""
        first = next(iter(self._waiting), None)
        if first is None:
            return None
        standing = self._waiting.pop(first)
        if self._waiting:
            reached = max(self._reached.offsets.get(standing.partition, 0), standing.offset + 1)
            self._reached = Position(
                self._given.epoch, {**self._reached.offsets, standing.partition: reached}
            )
        else:
            # All that the board knows has been offered, and all that was offered is sent.
            here = self._board.position(self.channel)
            self._reached = here if not self._lagging or self._caught_up() else furthest(here, self._given)
        self.hold((standing,))
        return standing

    def hold(self, standings: Iterable[Standing]) -> None:
        """Note what the client has been sent, so that it can be told what changed since."""
        if self._held is not None:
            self._held.update((standing.race_id, standing.offset) for standing in standings)

    @property
    def waits(self) -> bool:
        """Whether a state waits to be sent."""
        return bool(self._waiting)

    @property
    def position(self) -> Position:
        """Up to it all was sent and nothing waits: a client that comes back with it misses nothing."""
        if not self._waiting:
            return self._reached
        offsets = dict(self._reached.offsets)
        for standing in self._waiting.values():
            offsets[standing.partition] = min(offsets.get(standing.partition, 0), standing.offset)
        return Position(self._given.epoch, offsets)

    def _caught_up(self) -> bool:
        """Whether this gateway has by now read as far as the one that the client came from."""
        here = self._board.position(self.channel)
        self._lagging = furthest(here, self._given) != here
        return not self._lagging


def open_channel(
    board: Board, channel: str, known: Position | None, delta: bool = False
) -> tuple[Subscription, Position, list[Standing]]:
    """A subscription with its first position and the states newer than what the client knows.

    The position is taken before the snapshot, so that nothing falls between the two.
    """
    here = board.position(channel)
    given = here if known is None or known.epoch != here.epoch else furthest(here, known)
    newer = board.newer(channel, known)
    subscription = Subscription(board, channel, given, here, delta)
    subscription.hold(newer)
    return subscription, given, newer
