"""A model learns what is in the simulated world and no more: true chances are known, so regret is."""

import numpy as np
import pytest

from benchmarks.calibration.learning import Judged, chances, fit, learned


@pytest.fixture(scope="module")
def judged() -> dict[str, Judged]:
    return {each.name: each for each in learned(1, "GB")}


def test_no_model_knows_more_than_the_truth(judged: dict[str, Judged]) -> None:
    for each in judged.values():
        assert each.regret > -2.0 * each.regret_error


def test_form_is_worth_much_the_market_more_and_both_most(judged: dict[str, Judged]) -> None:
    regret = {name: each.regret for name, each in judged.items()}
    assert regret["form"] < 0.4 * regret["no model"]
    assert regret["market"] < 0.3 * regret["form"]
    assert 0.005 < regret["form and market"] < regret["market"]


def test_what_is_learned_from_the_market_is_that_it_is_nearly_right(judged: dict[str, Judged]) -> None:
    assert judged["market"].log_loss == pytest.approx(judged["market as bet"].log_loss, abs=0.002)


@pytest.mark.parametrize("name", ["form", "market", "form and market"])
def test_chances_learned_are_kept_by_the_results(judged: dict[str, Judged], name: str) -> None:
    for given, won, count in judged[name].bins:
        assert abs(given - won) < 4.0 * np.sqrt(given * (1.0 - given) / count) + 0.002


def test_the_fit_finds_the_weights_that_made_the_results() -> None:
    rng = np.random.default_rng(5)
    race = np.repeat(np.arange(4_000), 8)
    features = rng.normal(size=(len(race), 2))
    performance = (features @ np.array([0.8, -0.3]) + rng.gumbel(size=len(race))).reshape(-1, 8)
    won = (performance == performance.max(axis=1, keepdims=True)).ravel()
    assert fit(features, won, race) == pytest.approx(np.array([0.8, -0.3]), abs=0.06)


def test_chances_are_a_softmax_race_by_race() -> None:
    found = chances(np.log(np.array([1.0, 3.0, 2.0, 2.0, 4.0])), np.array([0, 2]))
    assert found == pytest.approx(np.array([0.25, 0.75, 0.25, 0.25, 0.5]))
