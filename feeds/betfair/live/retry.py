"""When to connect again: exponential backoff with full jitter."""

from collections.abc import Callable

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 60.0
GOOD_SECONDS = 60.0
"""A connection that was good for so long wipes out what went before."""

SLOW_SECONDS = 60.0
"""Waited at least where Betfair asks for patience: hurry would cost the account's other connections."""


class Backoff:
    """Waits between attempts: uniform between 0 and a bound that doubles from 0.5 to 60 seconds.

    Full jitter after https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/; `random`
    gives numbers in [0, 1).
    """

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._failures = 0

    def wait(self, good: float, slower: bool = False) -> float:
        """Seconds to wait after an attempt that was good for `good` seconds, 0 for one that never was."""
        if good >= GOOD_SECONDS:
            self._failures = 0
        bound = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(self._failures, 16))
        self._failures += 1
        return self._random() * bound + (SLOW_SECONDS if slower else 0.0)
