"""The net finds what no linear score can, has the same bits alone, and its parts sum to its score."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from models.layout import Floats
from models.logit import Bounds, Logit, prepare
from models.logit import fit as fit_logit
from models.net import MOST, Context, Net, Weights, inputs_of
from models.net_fit import fit
from models.softmax import Starts, softmax, targets

RUNNERS = 8
FEATURES = 5
SHARED = 4
"""The feature that all runners of a race share."""


def world(races: int = 1200) -> tuple[Floats, Floats, Starts]:
    """Races that features decide only in pairs: two of a runner, and one of a runner with the race's."""
    random = np.random.default_rng(7)
    features = random.normal(size=(races * RUNNERS, FEATURES))
    features[:, SHARED] = np.repeat(random.normal(3.0, 2.0, races), RUNNERS)
    utility = 0.5 * features[:, 2] + 1.5 * features[:, 0] * features[:, 1]
    utility += 0.5 * features[:, 3] * (features[:, SHARED] - 3.0)
    order = np.argsort(-(utility.reshape(races, RUNNERS) + random.gumbel(size=(races, RUNNERS))), axis=1)
    position = np.empty((races, RUNNERS))
    np.put_along_axis(position, order, np.arange(1.0, RUNNERS + 1.0)[None, :].repeat(races, axis=0), axis=1)
    return features, position.ravel(), np.arange(0, races * RUNNERS, RUNNERS, dtype=np.intp)


@pytest.fixture(scope="module", name="net")
def fitted() -> Net:
    features, position, starts = world()
    terms = prepare(features, starts)
    context = Context.of(terms, features)
    labels, left = targets(position, starts)
    inputs = inputs_of(Bounds.of(terms), context, features, starts)
    return Net(terms, context, fit(inputs, starts, labels, left, seed=1, units=32, epochs=200))


def loss(scores: Floats, position: Floats, starts: Starts) -> float:
    return -float(np.log(softmax(scores, starts)[position == 1.0]).mean())


def test_it_tells_winners_by_what_two_features_say_together(net: Net) -> None:
    features, position, starts = world(2000)
    known, held = slice(0, 1200 * RUNNERS), slice(1200 * RUNNERS, None)
    terms = prepare(features[known], starts[:1200])
    labels, left = targets(position[known], starts[:1200])
    weights = fit_logit(terms.of(features[known], starts[:1200]), starts[:1200], labels, left, l2=0.01)
    new, begin = features[held], starts[:800]
    linear = loss(Logit(terms, weights).score(new, begin), position[held], begin)
    assert loss(net.score(new, begin), position[held], begin) < linear - 0.2


def test_what_a_feature_is_worth_depends_on_what_the_race_is(net: Net) -> None:
    one = np.zeros(1, dtype=np.intp)
    field = np.zeros((RUNNERS, FEATURES))
    field[0, 3] = 2.0
    above = []
    for race in (-1.0, 3.0, 7.0):
        field[:, SHARED] = race
        scores = net.score(field, one)
        above.append(float(scores[0] - scores[1]))
    assert above[0] < -1.0 < 1.0 < above[2]
    assert abs(above[1]) < 1.0


def test_the_context_is_of_what_a_race_shares_and_what_is_unknown_of_it_is_in_the_middle(net: Net) -> None:
    assert_array_equal(np.flatnonzero(net.context.scale), [SHARED])
    assert_allclose(1.0 / net.context.scale[SHARED], 2.0, rtol=0.1)
    field = np.random.default_rng(3).normal(size=(RUNNERS, FEATURES))
    field[:, SHARED] = np.nan
    unknown = net.score(field, np.zeros(1, dtype=np.intp))
    field[:, SHARED] = net.context.middle[SHARED]
    assert_allclose(net.score(field, np.zeros(1, dtype=np.intp)), unknown, atol=1e-12)


def test_features_that_are_never_known_have_no_context() -> None:
    features = np.full((16, 2), np.nan)
    features[:, 1] = np.repeat([1.0, 2.0], 8)
    found = Context.of(prepare(features, np.array([0, 8])), features)
    assert_allclose(found.scale, [0.0, 2.0])


def test_the_same_seed_gives_the_same_bits_and_another_gives_others() -> None:
    features, position, starts = world(300)
    labels, left = targets(position, starts)
    one, again, other = (fit(features, starts, labels, left, seed=seed, units=8) for seed in (1, 1, 2))
    for weight, same, another in zip(one, again, other, strict=True):
        assert_array_equal(weight, same)
        assert (weight != another).any()


def test_scores_have_the_same_bits_alone_and_missing_features_say_nothing(net: Net) -> None:
    features, _, starts = world(50)
    features[::7, 1] = np.nan
    features[:RUNNERS, 2] = np.nan
    together = net.score(features, starts)
    assert np.isfinite(together).all()
    for start in starts:
        alone = net.score(features[start : start + RUNNERS], np.zeros(1, dtype=np.intp))
        assert_array_equal(alone, together[start : start + RUNNERS])
    assert_array_equal(net.contributions(features, starts)[:RUNNERS, 2], 0.0)


@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.integers(1, 40))
def test_contributions_sum_to_the_score_above_a_runner_at_the_means(
    seed: int, runners: int, units: int
) -> None:
    random = np.random.default_rng(seed)
    features = random.normal(size=(2 * runners, FEATURES)) * 3.0
    features[:, SHARED] = np.repeat(random.normal(size=2), runners)
    weights = Weights(
        random.normal(size=(FEATURES, units)), random.normal(size=units), random.normal(size=units),
        random.normal(size=FEATURES),
    )  # fmt: skip
    starts = np.array([0, runners])
    terms = prepare(features, starts)
    net = Net(terms, Context.of(terms, features), weights)
    race = inputs_of(Bounds.of(terms), net.context, features, starts)[:, SHARED]
    middle = np.maximum(weights.bias + np.outer(race, weights.hidden[SHARED]), 0.0) @ weights.out
    middle += race * weights.linear[SHARED]
    parts = net.contributions(features, starts)
    assert_allclose(parts.sum(axis=1), net.score(features, starts) - middle, atol=1e-9)
    assert_array_equal(parts[:, SHARED], 0.0)


def test_an_input_far_from_the_field_counts_no_further(net: Net) -> None:
    inputs = inputs_of(
        Bounds.of(net.terms),
        net.context,
        np.array([[0.0] * FEATURES] * 30 + [[1e6] * FEATURES]),
        np.zeros(1, dtype=np.intp),
    )
    assert np.abs(inputs).max() <= MOST


def test_an_empty_field_has_no_scores_and_no_races_leave_the_weights_as_they_began(net: Net) -> None:
    assert net.score(np.zeros((0, FEATURES)), np.zeros(0, dtype=np.intp)).shape == (0,)
    none = np.zeros((3, 0))
    found = fit(np.zeros((0, FEATURES)), np.zeros(0, dtype=np.intp), none, none, seed=1)
    assert np.isfinite(found.hidden).all()
