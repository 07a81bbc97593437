"""A small race told in events: a card at noon, prices, scratches, an off and a result."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from schemas.defaults import defaults
from schemas.identity import MICROS, uuid_of
from schemas.records import (
    Conditions,
    Entry,
    Finisher,
    OddsUpdate,
    RaceCard,
    RaceStatus,
    Result,
    RunnerPrice,
    Scratch,
)

Named = tuple[str, Any]
OFF = 1_700_000_000 * MICROS
KINDS: dict[str, type] = {
    "RaceCard": RaceCard, "OddsUpdate": OddsUpdate, "Scratch": Scratch, "Result": Result,
    "RaceStatus": RaceStatus, "Conditions": Conditions,
}  # fmt: skip


class Telling:
    """Events of one race; times are seconds from the announced off."""

    def __init__(
        self, race_id: str = "TST-20231114-01", source: str = "test", day: str = "2023-11-14", off: int = OFF
    ):
        self.race_id, self.source, self.day, self.off = race_id, source, day, off
        self.told = 0

    def event(self, name: str, seconds: float, **body: Any) -> Named:
        """One event, known when it happened."""
        self.told += 1
        time = self.off + round(seconds * MICROS)
        head = {
            "event_id": uuid_of(f"{self.source}:{self.race_id}:{self.told}"), "source": self.source,
            "race_id": self.race_id, "event_time": time, "recorded_time": time, "sequence": self.told,
        }  # fmt: skip
        return name, {**defaults(KINDS[name]), **head, **body}

    def card(self, runners: int = 4, seconds: float = -86_400, **more: Any) -> Named:
        """A card of runners "1" to "n"."""
        entries = [
            {**defaults(Entry), "runner_id": str(n), "program_number": str(n), "horse_name": f"Horse {n}"}
            for n in range(1, runners + 1)
        ]
        race = {"track_code": "TST", "race_date": self.day, "race_number": 1, "scheduled_off": self.off}
        return self.event("RaceCard", seconds, **race, entries=entries, **more)

    def odds(self, seconds: float, prices: dict[str, Any], pool: str = "TOTE", **more: Any) -> Named:
        """Prices by runner: a last price, or the fields of one."""
        runners = [
            {**defaults(RunnerPrice), "runner_id": id, **(p if isinstance(p, dict) else {"last": p})}
            for id, p in prices.items()
        ]
        market = {"market_id": "1.1", "market_type": "WIN", "pool": pool, "image": True}
        return self.event("OddsUpdate", seconds, **{**market, **more}, runners=runners)

    def scratch(self, seconds: float, runner: str, factor: float | None = None) -> Named:
        """A runner taken out."""
        return self.event("Scratch", seconds, runner_id=runner, reduction_factor=factor)

    def status(self, seconds: float, status: str) -> Named:
        """A stage of the race."""
        return self.event("RaceStatus", seconds, status=status)

    def result(
        self, positions: Iterable[str], dividends: Iterable[tuple[str, str, float]] = (),
        seconds: float = 1_000, tied: int = 1, **more: Any,
    ) -> Named:  # fmt: skip
        """An official result: runners as they finished, the first `tied` in a dead heat; dividends per 10."""
        finishers = [
            {**defaults(Finisher), "runner_id": id, "finish_position": 1 if at < tied else at + 1, **more}
            for at, id in enumerate(positions)
        ]
        paid = [{"pool": p, "selection": s, "dividend": d, "unit_stake": 10.0} for p, s, d in dividends]
        return self.event("Result", seconds, state="OFFICIAL", finishers=finishers, dividends=paid)


@pytest.fixture
def race() -> Telling:
    """The events of one race."""
    return Telling()


@pytest.fixture
def races() -> Callable[..., Telling]:
    """Makes the events of a race of an id."""
    return Telling
