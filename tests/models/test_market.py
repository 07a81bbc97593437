"""The laws of a prediction hold for both market models, in any company and for any prices."""

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from models import MarketBatch, MarketModel, Model, PlaceMarketModel, Scores, finish_within, power
from models.market import win_from_place_book

BatchMaker = Callable[..., MarketBatch]
Slicer = Callable[[MarketBatch, slice], MarketBatch]

MODELS: list[Model] = [MarketModel(), PlaceMarketModel()]
EITHER = pytest.mark.parametrize("model", MODELS, ids=[model.name for model in MODELS])
SEEDS = st.integers(0, 2**32)
BROKEN = st.sampled_from([0.0, 0.2, 0.9, 1.0])


def same_bits(one: Scores, other: Scores) -> bool:
    return all(
        getattr(one, each.name).tobytes() == getattr(other, each.name).tobytes() for each in fields(one)
    )


def last_only(prices: list[list[float]], places: int) -> MarketBatch:
    last = np.array(prices)
    none = np.zeros_like(last)
    return MarketBatch(
        none,
        none,
        none,
        none,
        last,
        none,
        np.zeros((*last.shape, 3)),
        np.full(len(last), places),
        np.zeros(len(last)),
    )


def test_a_small_market_by_hand() -> None:
    scores = MarketModel().score(last_only([[2.0, 3.0, 5.0]], 2))
    win = power(np.array([[1 / 2, 1 / 3, 1 / 5]]))
    assert_allclose(scores.win, win, rtol=0.0, atol=1e-15)
    assert_allclose(scores.place, finish_within(win, 2), rtol=0.0, atol=1e-15)
    assert_allclose(scores.overround, [1 / 2 + 1 / 3 + 1 / 5 - 1.0], rtol=0.0, atol=1e-15)
    assert_allclose(scores.price, [[2.0, 3.0, 5.0]], rtol=1e-15)
    assert np.isnan(scores.movement).all()


def test_a_race_without_prices_is_uniform_and_not_trusted() -> None:
    scores = MarketModel().score(last_only([[0.0] * 5], 3))
    assert_allclose(scores.win, 0.2, rtol=0.0, atol=1e-15)
    assert_allclose(scores.place, 0.6, rtol=0.0, atol=1e-12)
    assert scores.confidence.tolist() == [0.0]
    assert scores.price.tolist() == [[0.0] * 5]
    assert_allclose(scores.overround, 0.0, rtol=0.0, atol=1e-15)


@EITHER
@settings(max_examples=60)
@given(races=st.integers(1, 20), runners=st.integers(1, 16), broken=BROKEN, seed=SEEDS)
def test_probabilities_are_probabilities(
    model: Model, make_batch: BatchMaker, *, races: int, runners: int, broken: float, seed: int
) -> None:
    batch = make_batch(races, runners, seed, broken)
    scores = model.score(batch)
    assert_allclose(scores.win.sum(axis=1), 1.0, rtol=0.0, atol=1e-9)
    assert_allclose(scores.place.sum(axis=1), np.minimum(batch.places, runners), rtol=0.0, atol=1e-9)
    assert ((scores.win >= 0.0) & (scores.win <= 1.0)).all()
    assert ((scores.place >= scores.win - 1e-12) & (scores.place <= 1.0)).all()
    assert ((scores.confidence >= 0.0) & (scores.confidence <= 1.0)).all()
    assert ((scores.price == 0.0) | ((scores.price > 1.0) & (scores.price <= 1000.0 + 1e-9))).all()
    assert np.isfinite(scores.overround).all()


@EITHER
@settings(max_examples=25)
@given(races=st.sampled_from([1, 7, 64, 300]), runners=st.integers(1, 14), broken=BROKEN, seed=SEEDS)
def test_a_race_has_the_same_bits_alone_and_in_a_block(
    model: Model,
    make_batch: BatchMaker,
    take_races: Slicer,
    *,
    races: int,
    runners: int,
    broken: float,
    seed: int,
) -> None:
    batch = make_batch(races, runners, seed, broken)
    block = model.score(batch)
    for part in [slice(at, at + 1) for at in range(0, races, 41)] + [slice(races // 3, races)]:
        scored = Scores(**{each.name: getattr(block, each.name)[part] for each in fields(block)})
        assert same_bits(model.score(take_races(batch, part)), scored)


@pytest.mark.parametrize("runners", [20, 31, 40])
def test_large_fields_keep_their_bits_too(make_batch: BatchMaker, take_races: Slicer, runners: int) -> None:
    batch = make_batch(9, runners, runners, 0.1)
    block = MarketModel().score(batch)
    for at in range(9):
        alone = MarketModel().score(take_races(batch, slice(at, at + 1)))
        assert alone.win.tobytes() == block.win[at].tobytes()
        assert alone.place.tobytes() == block.place[at].tobytes()


@EITHER
@given(runners=st.integers(1, 14), broken=BROKEN, seed=SEEDS)
def test_the_order_of_runners_only_orders_the_answer(
    model: Model, make_batch: BatchMaker, runners: int, broken: float, seed: int
) -> None:
    batch = make_batch(3, runners, seed, broken)
    order = np.random.default_rng(seed).permutation(runners)
    of_race = {"places", "age_seconds"}
    shuffled = replace(
        batch,
        **{
            each.name: getattr(batch, each.name)[:, order]
            for each in fields(batch)
            if each.name not in of_race
        },
    )
    straight, mixed = model.score(batch), model.score(shuffled)
    # Sums in another order differ in the last bits, which the fit of a place book makes larger.
    error = 1e-12 if model.name == "market" else 1e-9
    for name in ("win", "place", "price", "movement"):
        assert_allclose(getattr(mixed, name), getattr(straight, name)[:, order], rtol=1e-12, atol=error)


@EITHER
def test_a_favourite_is_shorter_than_an_outsider_in_both_markets(model: Model) -> None:
    scores = model.score(last_only([[1.01, 1.5, 4.0, 20.0, 100.0, 1000.0]], 3))
    assert (np.diff(scores.win) < 0.0).all()
    assert (np.diff(scores.place) <= 0.0).all()


def test_a_place_book_is_met_by_its_win_probabilities() -> None:
    prices = np.array([[1.3, 1.5, 2.0, 2.6, 4.0, 6.5, 9.0, 21.0]])
    win = win_from_place_book(1.0 / prices, 3)
    assert_allclose(finish_within(win, 3), power(1.0 / prices, 3), rtol=0.0, atol=1e-5)


@settings(max_examples=40)
@given(runners=st.integers(5, 12), places=st.integers(2, 4), seed=SEEDS)
def test_win_probabilities_come_back_from_their_own_place_chances(
    runners: int, places: int, seed: int
) -> None:
    win = np.random.default_rng(seed).dirichlet(np.full(runners, 3.0), 1)
    place = np.clip(finish_within(win, places), 0.001, 0.999)
    if place.max() < 0.98:
        assert_allclose(win_from_place_book(place, places), win, rtol=0.0, atol=2e-3)


def test_races_of_one_batch_may_pay_different_places() -> None:
    prices = [[2.0, 3.5, 6.0, 11.0, 26.0]] * 4
    scores = MarketModel().score(replace(last_only(prices, 1), places=np.array([3, 1, 3, 2])))
    assert_allclose(scores.place.sum(axis=1), [3.0, 1.0, 3.0, 2.0], rtol=0.0, atol=1e-12)
    assert scores.place[1].tolist() == scores.win[1].tolist()


def test_versions_name_the_method_and_its_constants(monkeypatch: pytest.MonkeyPatch) -> None:
    from models import market, quotes

    assert MarketModel().version.startswith("market-power-2-")
    assert PlaceMarketModel().version.startswith("place-market-power-2-")
    before = MarketModel().version
    monkeypatch.setattr(quotes, "LAST_ERROR", 0.06)
    market._version.cache_clear()
    assert MarketModel().version != before
    market._version.cache_clear()


def test_what_the_version_promises_is_what_it_computes() -> None:
    # A change here is a change of the model: raise the number in its version.
    batch = last_only([[2.0, 3.5, 6.0, 11.0, 26.0]], 2)
    one, other = MarketModel().score(batch), PlaceMarketModel().score(batch)
    assert_allclose(
        one.win,
        [[0.478355107173, 0.263751741826, 0.14865065669, 0.078004284944, 0.031238209367]],
        rtol=0.0,
        atol=1e-11,
    )
    assert_allclose(
        one.place,
        [[0.761244052017, 0.563897078471, 0.364669070951, 0.213263723267, 0.096926075294]],
        rtol=0.0,
        atol=1e-11,
    )
    assert_allclose(
        other.win,
        [[0.41316838835, 0.245722030214, 0.16655554406, 0.110897597532, 0.063656439857]],
        rtol=0.0,
        atol=1e-11,
    )
