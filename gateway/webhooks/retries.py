"""When a delivery is tried again, when an endpoint is given up, and when a host is left alone; pure."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

SCHEDULE = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds before each further try, after Standard Webhooks: nine of them over three days."""

JITTER = 0.2
LONGEST_WAIT = 86_400
DISABLE_AFTER = 5 * 86_400
"""Seconds of nothing but failure after which an endpoint is disabled."""

TRIP_AFTER = 5
COOL_SECONDS = 30.0


def wait(attempt: int, rng: random.Random, retry_after: float | None = None) -> float | None:
    """Seconds before the try after `attempt` failed ones; None where there is none left.

    What the receiver asked for by Retry-After is honoured, up to a day.
    """
    if attempt > len(SCHEDULE):
        return None
    usual = SCHEDULE[attempt - 1] * (1 + JITTER * rng.random())
    return usual if retry_after is None else max(min(retry_after, LONGEST_WAIT), 0.0)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds of a Retry-After header, a number or an HTTP date; None without a usable one."""
    said = headers.get("retry-after")
    if said is None:
        return None
    try:
        return float(int(said))
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(said).replace(tzinfo=UTC).timestamp() - now, 0.0)
    except (ValueError, TypeError):
        return None


def given_up(failing_since: datetime | None, now: datetime) -> bool:
    """Whether an endpoint that has failed since then is to be disabled."""
    return failing_since is not None and (now - failing_since).total_seconds() >= DISABLE_AFTER


@dataclass(slots=True)
class Breaker:
    """A host's circuit breaker: after failures in a row it is left alone, then tried with one delivery."""

    failures: int = 0
    open_until: float = 0.0

    def blocked(self, now: float) -> float:
        """Seconds for which nothing is sent to the host; the first after that is a trial."""
        if self.failures < TRIP_AFTER:
            return 0.0
        if now < self.open_until:
            return self.open_until - now
        self.open_until = now + COOL_SECONDS
        return 0.0

    def count(self, ok: bool, now: float) -> None:
        """Take in how a try went; an answer that says what is wrong with a delivery is no failing host."""
        if ok:
            self.failures, self.open_until = 0, 0.0
            return
        self.failures += 1
        if self.failures >= TRIP_AFTER:
            self.open_until = now + COOL_SECONDS
