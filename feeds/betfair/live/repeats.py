"""Changes seen lately, so that what a resubscription repeats is neither recorded nor translated twice."""


class Repeats:
    """Remembers the newest `capacity` changes by market, publish time and bytes."""

    def __init__(self, capacity: int = 1 << 16) -> None:
        self._capacity = capacity
        self._seen: dict[tuple[str, int, int], None] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def seen(self, market_id: str, pt: int, change: bytes) -> bool:
        """Whether the change is a repeat; it is remembered from now on."""
        key = (market_id, pt, hash(change))
        if key in self._seen:
            return True
        self._seen[key] = None
        if len(self._seen) > self._capacity:
            del self._seen[next(iter(self._seen))]
        return False
