"""Who wants which channel, so that a new state reaches its readers without asking all of them; pure."""

from typing import Protocol

from gateway.board import Standing


class Reader(Protocol):
    """Who can be offered a state."""

    def offer(self, standing: Standing, again: bool = False) -> object:
        """Take in a new state, or one `again` whose freshness turned."""


class Audience:
    """Readers by channel."""

    def __init__(self) -> None:
        self._readers: dict[str, set[Reader]] = {}

    def join(self, channel: str, reader: Reader) -> None:
        """From now on offer `reader` the states of `channel`."""
        self._readers.setdefault(channel, set()).add(reader)

    def leave(self, channel: str, reader: Reader) -> None:
        """Offer `reader` the states of `channel` no more."""
        readers = self._readers.get(channel, set())
        readers.discard(reader)
        if not readers:
            self._readers.pop(channel, None)

    def offer(self, standing: Standing, again: bool = False) -> None:
        """Offer a state once to everyone who reads one of its channels."""
        for reader in set().union(*(self._readers.get(name, set()) for name in standing.channels)):
            reader.offer(standing, again)
