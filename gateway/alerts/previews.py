"""Previews for the gateway: a day is stepped in a process of its own, one at a time; nobody else waits."""

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from itertools import takewhile

from gateway.alerts.history import Moment, happened
from gateway.alerts.preview import Preview, preview
from gateway.alerts.rules import Rule
from gateway.errors import GatewayError
from schemas.codec import Codec
from schemas.history import History
from streams.scoring import default_scorer
from streams.sources.days import Day, kept

MOST_SECONDS = 20.0
"""Of stepping; what was found until then is told, and that it is not all."""


class BusyError(GatewayError):
    """Somebody else's preview is under way."""


@dataclass(frozen=True, slots=True)
class Where:
    """Where days are kept: an archive, or without one the topics."""

    bootstrap: str
    prefix: str
    archive: str | None
    history: History


@dataclass(frozen=True, slots=True)
class Found:
    """A preview; `whole` unless the day was too much."""

    preview: Preview
    whole: bool


def find(
    where: Where, rule: Rule, day: date, tracked: tuple[tuple[str, str], ...], seconds: float = MOST_SECONDS
) -> Found:
    """How often a rule would have fired on a racing day."""
    end, whole = time.monotonic() + seconds, True

    def in_time(_moment: Moment) -> bool:
        nonlocal whole
        whole = time.monotonic() < end
        return whole

    with kept(where.archive, where.bootstrap, day) as source:
        moments = moments_of(Day(source, Codec(where.history), where.prefix, day))
        return Found(preview(rule, takewhile(in_time, moments), tracked), whole)


def moments_of(day: Day) -> Iterator[Moment]:
    """All that happened on a day."""
    events, predictions = day.open()
    return happened(events, predictions, default_scorer())


@dataclass(slots=True)
class Previews:
    """Asks a process of its own, which is started with the first question."""

    where: Where
    _pool: ProcessPoolExecutor | None = None
    _busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def find(self, rule: Rule, day: date, tracked: tuple[tuple[str, str], ...]) -> Found:
        """How often a rule would have fired. Raises BusyError, or what `find` raises.

        To be asked of an archive: to read topics whole for anybody would take too much of the brokers.
        """
        if self._busy.locked():
            raise BusyError("another preview is under way: ask again in a moment")
        async with self._busy:
            if self._pool is None:
                # Not forked: a child would hold this process's sockets and locks.
                self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, find, self.where, rule, day, tracked)

    def close(self) -> None:
        """Let the process go."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
