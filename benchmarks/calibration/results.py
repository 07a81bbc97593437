"""Results with closing prices: of real racing from ../shared/data, and their moments."""

import csv
import lzma
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RANKS = 6
Row = dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Race:
    """One race: decimal closing odds, ascending, and which of them won."""

    odds: Floats
    winner: int


@dataclass(frozen=True, slots=True)
class RaceMoments:
    """Of many races."""

    races: int
    field_size: float
    field_spread: float
    """Standard deviation of the field size."""
    favourite_strike: float
    strikes: tuple[float, ...]
    """Strike rate by rank in the betting, from the favourite; of races with that many runners."""
    odds_spread: float
    """Mean standard deviation of log odds within a race."""
    slope: float
    """Exponent that makes inverse odds true chances: above 1 where longshots are bet too much."""
    overround: float
    """Mean excess of the sum of inverse odds over 1."""


def race_moments(races: Sequence[Race]) -> RaceMoments:
    """Moments of races."""
    sizes = np.array([len(race.odds) for race in races])
    winners = np.array([race.winner for race in races])
    return RaceMoments(
        races=len(races),
        field_size=float(sizes.mean()),
        field_spread=float(sizes.std()),
        favourite_strike=float((winners == 0).mean()),
        strikes=tuple(float((winners[sizes > rank] == rank).mean()) for rank in range(RANKS)),
        odds_spread=float(np.mean([np.log(race.odds).std() for race in races])),
        slope=slope(races),
        overround=float(np.mean([(1.0 / race.odds).sum() for race in races])) - 1.0,
    )


def slope(races: Sequence[Race]) -> float:
    """Maximum likelihood exponent of inverse odds, by Newton's method."""
    found = 1.0
    for _ in range(12):
        gradient = curvature = 0.0
        for race in races:
            logs = -np.log(race.odds)
            chances = np.exp(found * logs)
            chances /= chances.sum()
            mean = float(chances @ logs)
            gradient += float(logs[race.winner]) - mean
            curvature += float(chances @ logs**2) - mean**2
        found += gradient / curvature
    return found


def real_races(folder: Path) -> dict[str, list[Race]]:
    """Real races by country: AU with New Zealand, GB with Ireland (flat), HK, US (Aqueduct)."""
    return {
        "AU": _races(_rows(folder / "betfair_anz_bsp"), _anz_race, _anz_price),
        "GB": _races(_rows(folder / "uk_ire_results"), _uk_race, _uk_price),
        "HK": _races(_rows(folder / "hkjc_details", "results_*"), _hk_race, _hk_price),
        "US": _races(_rows(folder / "us_charts"), _us_race, _us_price),
    }


def _rows(folder: Path, pattern: str = "*.csv.xz") -> Iterator[Row]:
    for path in sorted(folder.glob(pattern)):
        with lzma.open(path, "rt", encoding="utf-8-sig") as file:
            yield from csv.DictReader(file)


def _races(
    rows: Iterable[Row],
    key: Callable[[Row], tuple[str, ...] | None],
    price: Callable[[Row], tuple[str, float, bool] | None],
) -> list[Race]:
    """Races with one winner and a price for each runner, of at least two."""
    found: dict[tuple[str, ...], dict[str, tuple[float, bool]]] = defaultdict(dict)
    for row in rows:
        race, told = key(row), price(row)
        if race is not None and told is not None:
            found[race][told[0]] = told[1:]
    races = (sorted(runners.values()) for runners in found.values())
    return [
        Race(np.array([odds for odds, _ in runners]), [won for _, won in runners].index(True))
        for runners in races
        if len(runners) > 1 and sum(won for _, won in runners) == 1 and runners[0][0] > 1.0
    ]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _anz_race(row: Row) -> tuple[str, ...] | None:
    return (row["WIN_MARKET_ID"],)


def _anz_price(row: Row) -> tuple[str, float, bool] | None:
    ran = row["WIN_RESULT"] in {"WINNER", "LOSER"}
    return (row["SELECTION_ID"], _number(row["WIN_BSP"]), row["WIN_RESULT"] == "WINNER") if ran else None


def _uk_race(row: Row) -> tuple[str, ...] | None:
    """Flat races: the source calls most of them Other."""
    return (row["CourseName"], row["Off"]) if row["RaceType"] in {"Other", "Flat"} else None


def _uk_price(row: Row) -> tuple[str, float, bool] | None:
    odds = _number(row["DecimalOdds"])
    return (row["HorseName"], odds, _number(row["FinishingPosition"]) == 1.0) if odds > 1.0 else None


def _hk_race(row: Row) -> tuple[str, ...] | None:
    return row["date"], row["venue"], row["race_no"]


def _hk_price(row: Row) -> tuple[str, float, bool] | None:
    odds = _number(row["win_odds"])
    return (row["horse_no"], odds, row["place"].split()[:1] == ["1"]) if odds > 1.0 else None


def _us_race(row: Row) -> tuple[str, ...] | None:
    return row["Date"], row["Race_Num"]


def _us_price(row: Row) -> tuple[str, float, bool] | None:
    odds = 1.0 + _number(row["Odds"])
    return (row["Pgm"], odds, row["Fin"] == "1") if odds > 1.0 else None
