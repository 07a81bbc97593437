"""The net finds what no linear score can, has the same bits alone, and its parts sum to its score."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from models import net_onnx
from models.layout import Floats
from models.logit import Bounds, Logit, prepare
from models.logit import fit as fit_logit
from models.net import MOST, Net, Weights, inputs_of
from models.net_fit import fit
from models.softmax import Starts, softmax, targets
from schemas.errors import HprError

RUNNERS = 8
FEATURES = 4


def world(races: int = 1200) -> tuple[Floats, Floats, Starts]:
    """Races that the two first features decide only together: their product, which no linear score knows."""
    random = np.random.default_rng(7)
    features = random.normal(size=(races * RUNNERS, FEATURES))
    utility = 0.5 * features[:, 2] + 1.5 * features[:, 0] * features[:, 1]
    order = np.argsort(-(utility.reshape(races, RUNNERS) + random.gumbel(size=(races, RUNNERS))), axis=1)
    position = np.empty((races, RUNNERS))
    np.put_along_axis(position, order, np.arange(1.0, RUNNERS + 1.0)[None, :].repeat(races, axis=0), axis=1)
    return features, position.ravel(), np.arange(0, races * RUNNERS, RUNNERS, dtype=np.intp)


@pytest.fixture(scope="module", name="net")
def fitted() -> Net:
    features, position, starts = world()
    terms = prepare(features, starts)
    labels, left = targets(position, starts)
    weights = fit(
        inputs_of(Bounds.of(terms), features, starts), starts, labels, left, seed=1, units=32, epochs=200
    )
    return Net(terms, weights)


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


@given(st.integers(0, 2**32 - 1), st.integers(2, 40))
def test_contributions_sum_to_the_score_above_a_runner_at_the_means(seed: int, runners: int) -> None:
    random = np.random.default_rng(seed)
    features = random.normal(size=(runners, FEATURES)) * 3.0
    weights = Weights(
        random.normal(size=(FEATURES, 16)), random.normal(size=16), random.normal(size=16),
        random.normal(size=FEATURES),
    )  # fmt: skip
    start = np.zeros(1, dtype=np.intp)
    net = Net(prepare(features, start), weights)
    middle = weights.out @ np.maximum(weights.bias, 0.0)
    assert_allclose(
        net.contributions(features, start).sum(axis=1), net.score(features, start) - middle, atol=1e-9
    )


def test_an_input_far_from_the_field_counts_no_further(net: Net) -> None:
    inputs = inputs_of(
        Bounds.of(net.terms),
        np.array([[0.0] * FEATURES] * 30 + [[1e6] * FEATURES]),
        np.zeros(1, dtype=np.intp),
    )
    assert np.abs(inputs).max() <= MOST


def test_an_empty_field_has_no_scores_and_no_races_leave_the_weights_as_they_began(net: Net) -> None:
    assert net.score(np.zeros((0, FEATURES)), np.zeros(0, dtype=np.intp)).shape == (0,)
    none = np.zeros((3, 0))
    found = fit(np.zeros((0, FEATURES)), np.zeros(0, dtype=np.intp), none, none, seed=1)
    assert np.isfinite(found.hidden).all()


def test_the_export_scores_a_race_of_any_size_as_the_net_does(net: Net) -> None:
    data = net_onnx.checked(net)
    assert data == net_onnx.export(net)
    features, _, _ = world(5)
    features[::7, 1] = np.nan
    features[:, 3] = np.nan
    for runners in (1, 2, 40):
        wanted = net.score(features[:runners], np.zeros(1, dtype=np.intp))
        assert_allclose(net_onnx.onnx_net_score(data, features[:runners]), wanted, atol=1e-9)


def test_an_export_that_says_something_else_is_refused(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Net(net.terms, net.weights._replace(linear=net.weights.linear + 0.01))
    wrong = net_onnx.export(other)
    monkeypatch.setattr(net_onnx, "export", lambda _: wrong)
    with pytest.raises(HprError, match="train again"):
        net_onnx.checked(net)
