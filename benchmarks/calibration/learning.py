"""What a model can learn from the simulated past: conditional logit on form, on the market, on both.

Log-loss is in nats a race; regret is what it has more than the true chances, which nobody there knows.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feeds.simulator import History, history
from feeds.simulator.population import Population, population

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]

LAGS = 6
"""Past runs that form looks back on."""

TEST_DAYS = 120
"""Races of the last days are for judging, those before for learning."""

BINS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.6, 1.0)


@dataclass(frozen=True, slots=True)
class Judged:
    """One model on races that it did not learn from."""

    name: str
    log_loss: float
    regret: float
    regret_error: float
    """Standard error of the regret."""
    bins: tuple[tuple[float, float, int], ...]
    """Calibration: mean chance given, part that won, runners; by BINS."""


def learned(seed: int, country: str) -> list[Judged]:
    """Models from nothing to everything, judged on the last races of a country's past."""
    past, horses = history(seed, country), population(seed, country)
    starts = np.flatnonzero(np.diff(past.race, prepend=-1))
    won = past.position == 1
    learning = past.days_ago > TEST_DAYS
    form, market = _features(past, horses, learning), np.log(past.market)[:, None]
    models = {"form": form, "market": market, "form and market": np.hstack((form, market))}
    given = {"no model": 1.0 / past.runners}
    for name, features in models.items():
        weights = fit(features[learning], won[learning], past.race[learning])
        given[name] = chances(features @ weights, starts)
    given["market as bet"] = past.market
    return [_judge(name, found, past, starts, ~learning) for name, found in given.items()]


def chances(log_odds: Floats, starts: Numbers) -> Floats:
    """Softmax within each race."""
    odds = np.exp(log_odds)
    sizes = np.diff(starts, append=len(odds))
    found: Floats = odds / np.repeat(np.add.reduceat(odds, starts), sizes)
    return found


def fit(features: Floats, won: Flags, race: Numbers) -> Floats:
    """Conditional logit by Newton's method (McFadden 1974), (features,)."""
    starts = np.flatnonzero(np.diff(race, prepend=-1))
    sizes = np.diff(starts, append=len(race))
    weights = np.zeros(features.shape[1])
    for _ in range(8):
        given = chances(features @ weights, starts)
        means = np.add.reduceat(given[:, None] * features, starts)
        apart = features - np.repeat(means, sizes, axis=0)
        curvature = (given[:, None] * apart).T @ apart + 1e-6 * np.eye(len(weights))
        weights = weights + np.linalg.solve(
            curvature, (features[won] - means[_races_won(won, starts)]).sum(axis=0)
        )
    return weights


def _races_won(won: Flags, starts: Numbers) -> Numbers:
    """For each winner the number of its race."""
    found: Numbers = np.searchsorted(starts, np.flatnonzero(won), side="right") - 1
    return found


def _features(past: History, horses: Population, learning: Flags) -> Floats:
    """Form as known before each run, (runs, features)."""
    sizes = past.runners.astype(np.float64)
    figure = np.clip(-past.lengths_behind, -25.0, 0.0) + 1.6 * np.log(sizes)
    was_bet = np.log(past.market * sizes)
    order = np.lexsort((-past.days_ago, past.horse))
    figures, bets, logs, wets = (
        _lagged(values, past.horse, order)
        for values in (figure, was_bet, np.log(past.furlongs), past.wetness.astype(np.float64))
    )
    known = ~np.isnan(figures)
    near = np.exp(-(((logs - np.log(past.furlongs)) / 0.15) ** 2))
    wet = np.where((wets >= 2.0) == (past.wetness >= 2)[None, :], 1.0, 0.3)
    steady = np.full_like(near, 1.0)
    surplus = np.where(learning, (past.position == 1) - past.market, 0.0)
    return np.column_stack(
        (
            _mean(figures, steady, known),
            _mean(bets, steady, known),
            _mean(figures, near, known),
            _mean(figures, wet, known),
            np.where(known[0], figures[0], 0.0),
            np.where(known[0], bets[0], 0.0),
            known.sum(axis=0) == 0,
            _effect(past.rider, learning, figure),
            _effect(horses.trainer[past.horse], learning, figure),
            _effect(horses.sire[past.horse], learning, figure),
            _effect(past.rider, learning, surplus),
            past.weight,
            past.draw,
        )
    )


def _lagged(values: Floats, horse: Numbers, order: Numbers) -> Floats:
    """Values of each run's LAGS earlier runs, (LAGS, runs); nan where there was none."""
    found = np.full((LAGS, len(values)), np.nan)
    for lag in range(1, LAGS + 1):
        now, then = order[lag:], order[:-lag]
        same = horse[now] == horse[then]
        found[lag - 1, now[same]] = values[then[same]]
    return found


def _mean(values: Floats, weights: Floats, known: Flags) -> Floats:
    """Weighted mean over earlier runs, the recent counting more, drawn towards 0 where there are few."""
    fading = 0.85 ** np.arange(LAGS)[:, None]
    counted = np.where(known, weights * fading, 0.0)
    found: Floats = np.where(known, values * counted, 0.0).sum(axis=0) / (counted.sum(axis=0) + 0.7)
    return found


def _effect(who: Numbers, learning: Flags, values: Floats) -> Floats:
    """Mean of values by person or sire over the races learned from, by run."""
    counted = np.bincount(who, learning, int(who.max()) + 1)
    summed = np.bincount(who, np.where(learning, values, 0.0), int(who.max()) + 1)
    mean = float(values[learning].mean())
    found: Floats = ((summed - mean * counted) / (counted + 100.0))[who]
    return found


def _judge(name: str, given: Floats, past: History, starts: Numbers, test: Flags) -> Judged:
    tested = test[starts]
    winners = np.flatnonzero(past.position == 1)
    loss, least = (-np.log(each[winners])[tested] for each in (given, past.chance))
    regret = loss - least
    won = past.position == 1
    cut = np.digitize(given, BINS)
    bins = [
        (float(given[chosen].mean()), float(won[chosen].mean()), int(chosen.sum()))
        for bin_ in range(1, len(BINS))
        if (chosen := test & (cut == bin_)).any()
    ]
    return Judged(
        name=name,
        log_loss=float(loss.mean()),
        regret=float(regret.mean()),
        regret_error=float(regret.std() / np.sqrt(len(regret))),
        bins=tuple(bins),
    )
