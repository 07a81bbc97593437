"""A producer that leads nowhere: what is published is encoded, as it would be, and let go of."""

from collections.abc import Mapping
from typing import Any

from schemas.codec import Codec
from topics.catalogue import BY_NAME


class Nowhere:
    """Stands for the producer: encodes what is published, as it would, and lets go of it."""

    unacknowledged = 0

    def __init__(self, codec: Codec) -> None:
        self._codec = codec

    def publish(self, topic: str, record: Mapping[str, Any]) -> None:
        """Encode a record."""
        self._codec.encode(BY_NAME[topic].schema, record)

    def send(self, *_: object) -> None:
        """Take bytes."""

    def poll(self) -> None:
        """There are no reports."""

    def mark(self) -> int:
        """All is acknowledged at once."""
        return 0

    def acknowledged(self, _mark: int) -> bool:
        """All is."""
        return True
