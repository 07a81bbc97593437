"""The residual is weighted on races that it had not seen, and groups that misled it are left out."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from models import combination, windows
from models.combination import CHOICES, fit_combined, residual_before
from models.form.features import AT, FEATURE_GROUPS
from models.windows import Fits, blind, held_out_from, years_before
from tests.models.trained_world import LAST_SEASON, table


def test_without_a_whole_season_the_last_quarter_of_the_races_weighs_the_residual(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(windows, "FEWEST_RACES", 100)
    whole = table()
    day = float(whole.day.max())
    year = whole.where(whole.day >= years_before(day, 1))
    noise = np.random.default_rng(5).normal(size=year.features.shape)
    telling = noise + 2.0 * (year.position == 1.0)[:, None] * (np.arange(noise.shape[1]) == 0)
    told, untold = (fit_combined(Fits(replace(year, features=each), 1), day) for each in (telling, noise))
    assert told is not None
    assert untold is not None
    # On some fifty races noise may weigh something by chance, but far less than what tells.
    assert sum(told[0].weights) > 1.0
    assert sum(untold[0].weights) < 0.1 * sum(told[0].weights)
    assert held_out_from(year, day) > years_before(day, 1) + 180


@pytest.mark.parametrize(("later", "left_out"), [(-1.0, ("gsr",)), (1.0, ())])
def test_a_group_that_misled_in_seasons_before_is_left_out(
    monkeypatch: pytest.MonkeyPatch, later: float, left_out: tuple[str, ...]
) -> None:
    """Breeding that tells the winner one year, and in the next says the opposite, or the same."""
    monkeypatch.setattr(windows, "FEWEST_RACES", 100)
    day = float(LAST_SEASON.toordinal())
    held = table().where((table().day >= years_before(day, 2)) & (table().day < day))
    breeding = [AT[name] for name in FEATURE_GROUPS["gsr"]]
    turned = np.where(np.repeat(held.day, held.runners) < years_before(day, 1), 1.0, later)
    won = (held.position == 1.0).astype(np.float64)
    features = np.random.default_rng(5).normal(size=held.features.shape)
    features[:, 0] += 2.0 * won
    features[:, breeding] = (turned * won)[:, None]
    found = fit_combined(Fits(replace(held, features=features), 1), day)
    assert found is not None
    combined, without = found
    assert without == left_out
    features[:, breeding] = 7.0 * np.arange(len(features))[:, None]
    after = combined.win(features, held.log_share, held.start)
    blinded = blind(replace(held, features=features), ("gsr",)).features
    assert (after == combined.win(blinded, held.log_share, held.start)).all() == (without == ("gsr",))


@pytest.mark.parametrize(("errors", "left_out"), [(0.8, ("gsr",)), (1.2, ())])
def test_a_group_is_kept_only_for_more_than_a_standard_error(
    monkeypatch: pytest.MonkeyPatch, errors: float, left_out: tuple[str, ...]
) -> None:
    """Races that are told better with breeding by so many standard errors of the mean difference."""
    noise = np.random.default_rng(5).normal(size=400)
    gain = (noise - noise.mean()) / noise.std(ddof=1) + errors / np.sqrt(len(noise))
    weighted = {("gsr",): (None, np.full(len(noise), 2.0)), (): (None, 2.0 - gain)}
    monkeypatch.setattr(combination, "_weighted", lambda _fits, _day, without: weighted[without])
    monkeypatch.setattr(combination, "side_by_side", lambda _work, _given: [])
    found = fit_combined(Fits(table(), 1), float(LAST_SEASON.toordinal()))
    assert found is not None
    assert found[1] == left_out


def test_what_was_fitted_beside_others_has_the_bits_of_one_fitted_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(windows, "FEWEST_RACES", 300)
    fits, day = Fits(table(), 1), float(LAST_SEASON.toordinal())
    found = fit_combined(fits, day)
    with threadpool_limits(1):
        alone = residual_before(Fits(table(), 1), day, CHOICES[0])
    assert found is not None
    assert alone is not None
    beside = fits.residuals[day, CHOICES[0]][0]
    assert_array_equal(beside.logit.weights, alone[0].logit.weights)
    assert beside.boosted.data == alone[0].boosted.data


def test_too_few_races_give_no_model() -> None:
    assert fit_combined(Fits(table(), 1), float(date(2021, 6, 1).toordinal())) is None
