"""Riders and trainers: what their horses do beyond what was expected of them, and how often they win."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.form.ability import Run
from models.form.facts import RaceFacts
from models.form.history import rider_code
from models.form.tables import State, Sums, mean
from models.layout import Floats

WHO = ("rider", "trainer")
BELIEFS = {60: 20.0, 500: 60.0}  # half-life in days: runs it takes to be believed half
RESULTS = {45: 20.0, 400: 60.0}
BASE_RATE = 0.08
WIDTH = 6
COLUMNS = (
    *(f"{who}_{name}_{days}" for who in WHO for days in BELIEFS for name in ("surprise", "lift", "odds")),
    *(f"{who}_{name}_{days}" for who in WHO for days in RESULTS for name in ("wins", "against_odds")),
    "rider_lift_change",
    "rider_surprise_change",
    "rider_odds_change",
    "trainer_runs_45",
    "rider_runs_45",
)


class People:
    """Forgotten sums by rider and trainer: runs, surprise, market innovation, wins and wins by the odds."""

    def __init__(self) -> None:
        self._sums = {days: Sums(float(days), WIDTH) for days in (*BELIEFS, *RESULTS)}

    def look(self, facts: RaceFacts, last_rider: Floats) -> Floats:
        """Columns before the race, (runners, COLUMNS); `last_rider` the code of each horse's last."""
        day = float(facts.race_date.toordinal())
        now, before = _keys(facts), [_rider(code) for code in last_rider]
        believed = {
            days: _beliefs(self._sums[days].read((*now, *before), day), k) for days, k in BELIEFS.items()
        }
        counted = {days: self._sums[days].read(now, day) for days in RESULTS}
        runners = len(facts.runners)
        columns: list[Floats] = []
        for who in range(len(WHO)):
            part = slice(who * runners, (who + 1) * runners)
            for days in BELIEFS:
                columns.extend(believed[days][part].T)
        for who in range(len(WHO)):
            part = slice(who * runners, (who + 1) * runners)
            for days, k in RESULTS.items():
                columns.extend(_results(counted[days][part], k).T)
        change = believed[500][:runners] - believed[500][2 * runners :]
        change = np.where(np.isnan(last_rider)[:, None], 0.0, change)
        columns.extend((change[:, 1], change[:, 0], change[:, 2]))
        columns.extend((np.log1p(counted[45][runners:, 0]), np.log1p(counted[45][:runners, 0])))
        return np.stack(columns, axis=1)

    def learn(self, run: Run) -> None:
        """Add a finished race."""
        numbers = outcomes(run)
        for sums in self._sums.values():
            sums.add(_keys(run.facts), run.day, np.concatenate([numbers, numbers]))

    def dump(self) -> State:
        """Everything, as arrays."""
        return {
            key: value
            for days, sums in self._sums.items()
            for key, value in sums.dump(f"people.{days}").items()
        }

    def load(self, state: Mapping[str, NDArray[np.float64] | NDArray[np.str_]]) -> None:
        """Become what `dump` gave."""
        for days, sums in self._sums.items():
            sums.load(f"people.{days}", state)


def outcomes(run: Run) -> Floats:
    """Runs, surprise, market innovation, wins, wins by the odds and log odds, (runners, WIDTH)."""
    winners = run.position == 1.0
    shares = np.exp(run.log_odds)
    return np.stack(
        [
            np.ones(len(run.rows)),
            np.nan_to_num(run.surprise),
            np.nan_to_num(run.innovation[:, 1]),
            winners / max(winners.sum(), 1),
            np.where(np.isnan(shares), 1.0 / max(len(run.rows), 1), shares),
            np.nan_to_num(run.log_odds + np.log(max(len(run.rows), 1))),
        ],
        axis=1,
    )


def _keys(facts: RaceFacts) -> list[str]:
    riders = [_rider(rider_code(runner.jockey)) for runner in facts.runners]
    return [*riders, *(f"T{runner.trainer}" if runner.trainer else "" for runner in facts.runners)]


def _rider(code: float) -> str:
    return "" if np.isnan(code) else f"J{code:.0f}"


def _beliefs(sums: Floats, shrink: float) -> Floats:
    return mean(sums[:, [1, 2, 5]], sums[:, :1], shrink)


def _results(sums: Floats, shrink: float) -> Floats:
    """Win rate shrunk to the base rate, and log of actual over expected wins, both shrunk."""
    rate = mean(sums[:, 3], sums[:, 0], shrink, BASE_RATE)
    prior = shrink * BASE_RATE
    against = np.log((sums[:, 3] + prior) / (sums[:, 4] + prior))
    return np.stack([rate, against], axis=1)
