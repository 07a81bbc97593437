"""The trial: a better candidate is told from a worse one, chance alone convinces nobody, and bounds hold."""

from math import log

import numpy as np
import pytest

from models.trial import BOUND, LEVEL, Trial, in_words, log_loss


def held(champion: list[float], candidate: list[float]) -> Trial:
    trial = Trial()
    for pair in zip(champion, candidate, strict=True):
        trial = trial.after(*pair)
    return trial


def losses(races: int, better_by: float, seed: int) -> tuple[list[float], list[float]]:
    """Losses of a champion and of a candidate who is better by so much on average."""
    random = np.random.default_rng(seed)
    champion = random.gamma(4.0, 0.5, races)
    return champion.tolist(), (champion - better_by + random.normal(0.0, 0.15, races)).tolist()


def test_a_better_candidate_is_found_better_and_a_worse_one_worse() -> None:
    assert held(*losses(300, 0.05, 1)).verdict == "BETTER"
    assert held(*losses(300, -0.05, 1)).verdict == "WORSE"


def test_without_races_there_is_no_evidence() -> None:
    assert Trial().verdict == "OPEN"
    assert Trial().evidence == pytest.approx(0.0)
    assert Trial().difference == 0.0


def test_looked_at_after_every_race_equals_are_seldom_told_apart() -> None:
    """Ville's bound holds for all looks together: at most LEVEL of such trials end with a verdict."""
    wrong = 0
    for seed in range(200):
        trial = Trial()
        for pair in zip(*losses(150, 0.0, seed), strict=True):
            trial = trial.after(*pair)
            if trial.evidence >= log(1.0 / LEVEL):
                wrong += 1
                break
    assert wrong <= 200 * LEVEL


def test_one_race_however_lucky_decides_nothing() -> None:
    assert Trial().after(27.0, 0.1).verdict == "OPEN"
    assert Trial().after(27.0, 0.1).gained == BOUND


def test_a_candidate_that_wins_small_and_loses_without_bound_is_not_better() -> None:
    trial = held([1.0] * 200, [0.9] * 199 + [27.6])
    assert trial.evidence > log(1.0 / LEVEL)
    assert trial.difference > 0.0
    assert trial.verdict == "OPEN"


def test_the_loss_of_a_dead_heat_is_the_mean_and_unknown_winners_have_none() -> None:
    chances = {"a": 0.5, "b": 0.25, "c": 0.0}
    assert log_loss(chances, ("a", "b")) == pytest.approx((log(2) + log(4)) / 2)
    assert log_loss(chances, ("x",)) is None
    assert log_loss(chances, ()) is None
    assert log_loss(chances, ("c",)) == pytest.approx(27.63, abs=0.01)


def test_it_is_said_in_words() -> None:
    assert in_words(held(*losses(300, 0.05, 1))).startswith("the candidate is better: -0.0")
    assert in_words(Trial()) == (
        "no verdict yet: +0.0000 log-loss a race over 0 races "
        "(e-value 1 for better, 1 for worse; 20 is enough)"
    )
