"""One client's subscription to a state channel: what it still has to be sent, and how far it is; pure.

A slow client is conflated: of each race only the latest state waits, in the place of the first.
"""

from gateway.board import Board, Standing
from gateway.positions import Position


class Subscription:
    """States of a channel that wait to be sent. No state older than `position` ever goes out."""

    def __init__(self, channel: str, given: Position, here: Position) -> None:
        self.channel = channel
        self._given = given
        self._here = here
        self._reached = dict(given.offsets)
        self._waiting: dict[str, Standing] = {}

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
        reached = self._reached.get(standing.partition, 0)
        self._reached[standing.partition] = max(reached, standing.offset + 1)
        return standing

    @property
    def waits(self) -> bool:
        """Whether a state waits to be sent."""
        return bool(self._waiting)

    @property
    def position(self) -> Position:
        """Up to it all was sent and nothing waits: a client that comes back with it misses nothing."""
        offsets = dict(self._reached)
        for standing in self._waiting.values():
            offsets[standing.partition] = min(offsets.get(standing.partition, 0), standing.offset)
        return Position(self._given.epoch, offsets)


def open_channel(
    board: Board, channel: str, known: Position | None
) -> tuple[Subscription, Position, list[Standing]]:
    """A subscription with its first position and the states newer than what the client knows.

    The position is taken before the snapshot, so that nothing falls between the two.
    """
    here = board.position(channel)
    given = here if known is None or known.epoch != here.epoch else _furthest(here, known)
    return Subscription(channel, given, here), given, board.newer(channel, known)


def _furthest(here: Position, known: Position) -> Position:
    """By partition the further of two: a gateway that lags must not take its client back."""
    partitions = here.offsets.keys() | known.offsets.keys()
    return Position(
        here.epoch, {p: max(here.offsets.get(p, 0), known.offsets.get(p, 0)) for p in sorted(partitions)}
    )
