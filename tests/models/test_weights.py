"""Weights are the likeliest, and none of a score that misleads is below nothing."""

import numpy as np

from models.weights import fit_powers, fit_weights
from tests.models.trained_world import table


def test_what_would_weigh_less_than_nothing_goes_and_the_others_are_fitted_anew() -> None:
    held = table().where(table().sample())
    won = (held.position == 1.0).astype(np.float64)
    noise = np.random.default_rng(5).normal(size=(2, len(won)))
    told, misled = won + noise[0], won + noise[0] - 2.0 * won * (noise[1] > 0.0)
    columns, start = [held.log_share, told, misled], (1.0, 0.5, 0.5)
    assert fit_powers(held, columns, start)[2] < 0.0
    power, good, bad = fit_weights(held, columns, start)
    assert bad == 0.0
    assert (power, good) == fit_powers(held, columns[:2], start[:2])
