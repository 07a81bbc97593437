"""What feeds of bulk history share: times by rule, and a race's events numbered as they are told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from feeds.order import Named
from schemas.defaults import defaults
from schemas.identity import MICROS, micros, uuid_of
from schemas.records import Dividend, Event, OddsUpdate, Pool, Result, RunnerPrice

CARD_TIME = TOLD_TIME = time(12, 0)
OFFICIAL_MICROS = 15 * 60 * MICROS
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Times:
    """Instants of one race in microseconds since 1970, UTC."""

    card: int
    off: int
    finish: int
    official: int
    told: int
    """When ratings, sectional times and comments are known."""


def times_of(day: date, zone: ZoneInfo, off: int, seconds: float) -> Times:
    """When what is known of a race that was off at `off` and took `seconds`.

    The card at noon of the day before, the result 15 minutes after the finish, ratings, sectional times
    and comments at noon next day, all by the track's clock.
    """
    finish = off + round(seconds * MICROS)
    return Times(
        card_time(day, zone), off, finish, finish + OFFICIAL_MICROS, at(day + ONE_DAY, TOLD_TIME, zone)
    )


def card_time(day: date, zone: ZoneInfo) -> int:
    """When the cards of a racing day are known."""
    return at(day - ONE_DAY, CARD_TIME, zone)


def at(day: date, clock: time, zone: ZoneInfo) -> int:
    """Microseconds since 1970 of a time of day at a track."""
    return micros(datetime.combine(day, clock, zone))


class Telling:
    """Events of one race as they are told. Ids follow from source, race and what is told, nothing else."""

    def __init__(self, source: str, race_id: str) -> None:
        self.events: list[Named] = []
        self._source, self._race_id = source, race_id

    def add(self, name: str, what: str, event_time: int, recorded_time: int, body: Mapping[str, Any]) -> None:
        """One more event: `what` tells it from the race's others, `body` is all but the header."""
        event = {
            "event_id": uuid_of(f"{self._source}:{self._race_id}:{what}"),
            "source": self._source,
            "race_id": self._race_id,
            "event_time": event_time,
            "recorded_time": recorded_time,
            "sequence": len(self.events),
            **body,
        }
        self.events.append((name, cast(Event, event)))


def final_prices(
    market_id: str, pool: Pool, odds: Iterable[tuple[str, float | None]], *, starting: bool = False
) -> dict[str, Any]:
    """Body of an OddsUpdate: last win prices by runner id, as starting prices too if `starting`."""
    prices = [
        {
            **defaults(RunnerPrice),
            "runner_id": id,
            "last": price,
            "starting_price": price if starting else None,
        }
        for id, price in odds
        if price
    ]
    market = {"market_id": market_id, "market_type": "WIN", "pool": pool, "image": True}
    return {**defaults(OddsUpdate), **market, "runners": prices}


def official(
    seconds: float | None, finishers: list[dict[str, Any]], dividends: Iterable[tuple[str, str, float, float]]
) -> dict[str, Any]:
    """Body of an official Result; dividends as pool, selection, what was paid, and for which stake."""
    return {
        **defaults(Result),
        "state": "OFFICIAL",
        "winning_time_seconds": seconds,
        "finishers": finishers,
        "dividends": [
            Dividend(pool=pool, selection=selection, dividend=paid, unit_stake=stake)
            for pool, selection, paid, stake in dividends
        ],
    }
