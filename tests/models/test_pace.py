"""The pace: expected positions are positions, early speed leads, and words say who profits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.pace import in_words, project

NAMES = ["A", "B", "C", "D"]


@given(st.lists(st.one_of(st.just(float("nan")), st.floats(0, 1)), min_size=1, max_size=40))
def test_positions_sum_as_places_do_and_chances_to_lead_to_one(forward: list[float]) -> None:
    found = project(np.array(forward), np.linspace(-3, 3, len(forward)))
    places = len(forward) * (len(forward) + 1) / 2
    assert found.positions.sum(axis=0) == pytest.approx(np.full(4, places))
    assert found.lead.sum() == pytest.approx(1.0)
    spreads = found.spreads()
    assert spreads.shape == (len(forward), 4)
    assert ((spreads >= 0.0) & (spreads <= len(forward) / 2)).all()


def test_spreads_are_those_of_races_drawn_by_plackett_and_luce() -> None:
    found = project(np.array([0.0, 0.3, 0.5, float("nan"), 1.0]), np.array([1.0, 0.5, 0.0, -0.5, -2.0]))
    random = np.random.default_rng(1)
    for call, weights in enumerate(found.weights):
        drawn = weights + random.gumbel(size=(40_000, 5))
        places = (drawn[:, None, :] > drawn[:, :, None]).sum(axis=2) + 1.0
        assert places.mean(axis=0) == pytest.approx(found.positions[:, call], abs=0.03)
        assert places.std(axis=0) == pytest.approx(found.spreads()[:, call], abs=0.03)


def test_early_speed_is_in_front_early_and_ability_at_the_finish() -> None:
    found = project(np.array([0.0, 1.0]), np.array([-2.0, 2.0]))
    assert found.positions[0, 0] < found.positions[1, 0]
    assert found.positions[0, 3] > found.positions[1, 3]


def test_a_lone_leader_is_named() -> None:
    found = project(np.array([0.0, 0.6, 0.6, 0.8]), np.zeros(4))
    assert in_words(found, NAMES).startswith("A is likely to lead (")


def test_many_leaders_suit_one_from_behind() -> None:
    found = project(np.array([0.0, 0.0, 0.02, 1.0]), np.array([0.0, 0.0, 0.0, 2.0]))
    assert in_words(found, NAMES) == "A and B dispute the lead; a contested pace that suits D from behind."
