"""The simulated world is like the real one: main moments within 10 % of those of the real data."""

from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.calibration.compare import BOUND, Line, market_lines, race_lines
from benchmarks.calibration.moments import median, moments
from benchmarks.calibration.results import race_moments, real_races
from benchmarks.calibration.simulated import simulated_races, simulated_tapes
from benchmarks.calibration.tapes import captured
from benchmarks.calibration.targets import MARKETS, RACES


def off(lines: list[Line]) -> list[tuple[str, float]]:
    """Main moments that are not within the bound."""
    assert lines
    assert BOUND == 0.1
    return [(line.what, round(line.ratio, 3)) for line in lines if line.main and not line.within]


@pytest.mark.parametrize("country", ["AU", "GB", "HK", "US"])
def test_fields_and_favourites_are_those_of_the_country(country: str) -> None:
    found = race_moments(simulated_races(3, country, 1500))
    assert off(list(race_lines(country, RACES[country], found))) == []


def test_markets_move_cost_and_speak_as_captured_ones_do() -> None:
    found = median([moments(tape) for tape in simulated_tapes(1, 100)])
    assert off(list(market_lines(MARKETS, found))) == []


def test_exchange_starting_prices_are_as_true_as_real_ones() -> None:
    found = race_moments(simulated_races(3, "AU", 1500))
    assert found.slope == pytest.approx(RACES["AU"].slope, abs=0.08)
    assert found.odds_spread == pytest.approx(RACES["AU"].odds_spread, rel=0.1)


def rounded(record: object) -> dict[str, object]:
    return {
        name: pytest.approx(value, rel=1e-3, abs=1e-4)
        for name, value in asdict(record).items()  # type: ignore[call-overload]
    }


@pytest.mark.data
def test_the_targets_for_races_are_those_of_the_real_results(shared_data: Path) -> None:
    for country, races in real_races(shared_data).items():
        assert asdict(race_moments(races)) == rounded(RACES[country])


@pytest.mark.data
def test_the_targets_for_markets_are_those_of_the_captures(shared_data: Path) -> None:
    found = median([moments(tape) for tape in captured(shared_data)])
    assert asdict(found) == rounded(MARKETS)
