"""Synergy: what riders, horses and trainers do together beyond expectation."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.form.ability import Run
from models.form.facts import RaceFacts
from models.form.people import WIDTH, outcomes
from models.form.tables import State, Sums, mean
from models.layout import Floats

HALF_LIFE = 800.0
PAIRS = ("rider_trainer", "rider_horse", "trainer_situation", "trainer_distance", "rider_track")
SHRINK = 25.0
PRIOR_WINS = 3.0
INTERVAL_Z = 1.645  # 90 %
COLUMNS = (
    *(f"{pair}_{name}" for pair in PAIRS for name in ("surprise", "lift", "odds", "against_odds")),
    "pair_runs",
)


@dataclass(frozen=True, slots=True)
class Record:
    """What pairs have done, arrays (pairs,): wins, those expected by the odds, their ratio with bounds."""

    wins: Floats
    expected: Floats
    ratio: Floats
    low: Floats
    high: Floats


class Synergy:
    """Sums by pair, halved every 800 days: runs, surprise, market innovation, wins and wins by the odds.

    The actual-to-expected ratio has a gamma prior of mean 1 worth three wins: with A wins where the odds
    expected E, the posterior is gamma(A + 3, E + 3). Source: Clayton and Kaldor (1987), "Empirical Bayes
    estimates of age-standardized relative risks", Biometrics 43.
    """

    def __init__(self) -> None:
        self._sums = Sums(HALF_LIFE, WIDTH)

    def look(self, facts: RaceFacts, days_off: Floats) -> Floats:
        """Columns before the race, (runners, COLUMNS); `days_off` is NaN at a first start."""
        runners = len(facts.runners)
        sums = self._sums.read(_keys(facts, days_off), float(facts.race_date.toordinal()))
        columns: list[Floats] = []
        for pair in range(len(PAIRS)):
            part = sums[pair * runners : (pair + 1) * runners]
            columns.extend(mean(part[:, [1, 2, 5]], part[:, :1], SHRINK).T)
            columns.append(np.log(record(part).ratio))
        columns.append(np.log1p(sums[runners : 2 * runners, 0]))
        return np.stack(columns, axis=1)

    def records(self, facts: RaceFacts, days_off: Floats) -> dict[str, Record]:
        """Record of each kind of pair for each runner, for people to read."""
        sums = self._sums.read(_keys(facts, days_off), float(facts.race_date.toordinal()))
        parts = np.split(sums, len(PAIRS))
        return {pair: record(part) for pair, part in zip(PAIRS, parts, strict=True)}

    def learn(self, run: Run, days_off: Floats) -> None:
        """Add a finished race."""
        self._sums.add(_keys(run.facts, days_off), run.day, np.concatenate([outcomes(run)] * len(PAIRS)))

    def dump(self) -> State:
        """Everything, as arrays."""
        return self._sums.dump("synergy")

    def load(self, state: Mapping[str, NDArray[np.float64] | NDArray[np.str_]]) -> None:
        """Become what `dump` gave."""
        self._sums.load("synergy", state)


def record(sums: Floats) -> Record:
    """Wins against the odds of `sums` (pairs, WIDTH) with 90 % bounds of the gamma posterior.

    The bounds are Wilson and Hilferty's (1931), PNAS 17: a (1 - 1 / (9 a) +- z / (3 sqrt(a)))**3 / b.
    """
    wins, expected = sums[:, 3], sums[:, 4]
    shape, rate = wins + PRIOR_WINS, expected + PRIOR_WINS
    width = INTERVAL_Z / (3.0 * np.sqrt(shape))
    low, high = (shape * (1.0 - 1.0 / (9.0 * shape) + side * width) ** 3 / rate for side in (-1.0, 1.0))
    return Record(wins, expected, shape / rate, low, high)


def situation(days_off: float) -> str:
    """What kind of start it is by days off.

    >>> situation(float("nan")), situation(14.0), situation(200.0)
    ('first', 'fresh', 'layoff')
    """
    if np.isnan(days_off):
        return "first"
    return "layoff" if days_off > 90.0 else "quick" if days_off <= 10.0 else "fresh"


def _keys(facts: RaceFacts, days_off: Floats) -> list[str]:
    trip = f"{facts.surface}|{distance_band(facts.distance_furlongs)}"
    keys: list[list[str]] = [[] for _ in PAIRS]
    for runner, off in zip(facts.runners, days_off, strict=True):
        rider, trainer = runner.jockey, runner.trainer
        keys[0].append(f"JT|{rider}|{trainer}" if rider and trainer else "")
        keys[1].append(f"JH|{rider}|{runner.horse_id}" if rider and runner.horse_id else "")
        keys[2].append(f"TS|{trainer}|{situation(off)}" if trainer else "")
        keys[3].append(f"TD|{trainer}|{trip}" if trainer else "")
        keys[4].append(f"JC|{rider}|{facts.track_code}|{trip}" if rider else "")
    return [key for pair in keys for key in pair]


def distance_band(furlongs: float) -> str:
    """Sprint to 6.5 furlongs, mile to 8.5, middle to 11, long beyond.

    >>> distance_band(6.0), distance_band(8.2)
    ('sprint', 'mile')
    """
    if np.isnan(furlongs):
        return ""
    return (
        "sprint" if furlongs <= 6.5 else "mile" if furlongs <= 8.5 else "middle" if furlongs <= 11 else "long"
    )
