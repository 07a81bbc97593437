"""How long to wait before another try, and which gateway it goes to."""

from collections.abc import Iterable, Iterator
from itertools import cycle

FIRST_SECONDS, LONGEST_SECONDS = 0.5, 30.0
FINAL_FROM, FINAL_TO = 3500, 4999
"""Close codes that say not to come back."""


def backoff(attempt: int, random: float) -> float:
    """Seconds before try number `attempt` (from 0): doubling to 30, half of it jitter; `random` in [0, 1)."""
    return min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(attempt, 16)) * (0.5 + random / 2)


def is_final(code: int | None) -> bool:
    """Whether a close code says that coming back would not help."""
    return code is not None and FINAL_FROM <= code <= FINAL_TO


def addresses(given: Iterable[str]) -> Iterator[str]:
    """The gateways in turns, for ever."""
    return cycle(tuple(given))
