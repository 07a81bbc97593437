"""Who wants which stream, so that what is new reaches its readers without asking all of them; pure."""

from typing import Protocol

from gateway.protocol import News


class Reader(Protocol):
    """Who can be told what is new."""

    def hear(self, news: News) -> object:
        """Take in what is new on one of its channels."""


class Audience:
    """Readers by stream: a channel, or a user's own part of one."""

    def __init__(self) -> None:
        self._readers: dict[str, set[Reader]] = {}

    def join(self, stream: str, reader: Reader) -> None:
        """From now on tell `reader` what is new on `stream`."""
        self._readers.setdefault(stream, set()).add(reader)

    def leave(self, stream: str, reader: Reader) -> None:
        """Tell `reader` of `stream` no more."""
        readers = self._readers.get(stream, set())
        readers.discard(reader)
        if not readers:
            self._readers.pop(stream, None)

    def __contains__(self, stream: str) -> bool:
        return stream in self._readers

    def tell(self, news: News) -> None:
        """Tell everyone who reads its stream."""
        for reader in self._readers.get(news.stream, ()):
            reader.hear(news)
