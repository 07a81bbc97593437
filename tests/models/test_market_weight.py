"""What the market counts by minutes to the off: learnt from early prices that know less, and only of them."""

from collections.abc import Iterator
from functools import reduce
from itertools import accumulate, islice, pairwise, repeat
from math import log
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack

from models.layout import Floats
from models.market_weight import HALF_LIFE, UNMOVED, USUAL, MarketWeight, Taught, earliness
from models.trial import Trial
from schemas.records import LessonMoment, MarketLesson

MINUTES = (90.0, 20.0, 3.0, 0.0)
FIELD = 10


def softmax(scores: Floats) -> Floats:
    weights = np.exp(scores - scores.max())
    chances: Floats = weights / weights.sum()
    return chances


def moment(minutes: float, public: Floats, form: Floats) -> LessonMoment:
    return {"minutes": minutes, "market_weight": 1.0, "public": public.tolist(), "form": form.tolist()}


def lesson(won: list[float], moments: list[LessonMoment]) -> MarketLesson:
    ids = [str(n) for n in range(len(won))]
    return cast(MarketLesson, {"runner_ids": ids, "won": won, "moments": moments})


def races(seed: int, noise: float) -> Iterator[MarketLesson]:
    """Races whose last prices know all that form does not; two hours earlier noise is added."""
    random = np.random.default_rng(seed)
    while True:
        market, form = random.normal(0.0, 1.0, FIELD), random.normal(0.0, 0.3, FIELD)
        winner = random.choice(FIELD, p=softmax(market + form))
        said = []
        for minutes in MINUTES:
            errors = noise * earliness(minutes) * random.normal(0.0, 1.0, FIELD)
            said.append(moment(minutes, softmax(market + errors), form))
        yield lesson([float(n == winner) for n in range(FIELD)], said)


def taught(seed: int, noise: float, count: int) -> Taught:
    return reduce(Taught.after, islice(races(seed, noise), count), Taught())


def test_early_prices_that_are_half_noise_come_to_count_less_and_late_ones_stay() -> None:
    found = taught(1, 1.0, 400)
    assert found.helps
    assert 0.4 < found.in_force.at(120)[0] < 0.7
    assert found.in_force.at(0) == pytest.approx((1.0, 1.0), abs=0.2)


def test_what_was_learnt_helps_on_races_that_did_not_teach_it() -> None:
    weight, gained = taught(1, 1.0, 400).in_force, []
    for race in islice(races(2, 1.0), 500):
        winner, early = race["won"].index(1.0), race["moments"][0]
        scores, form = np.log(early["public"]), np.array(early["form"])
        market_part, form_part = weight.at(early["minutes"])
        plain, weighted = softmax(scores + form), softmax(market_part * scores + form_part * form)
        gained.append(log(weighted[winner] / plain[winner]))
    assert np.mean(gained) > 2.0 * np.std(gained) / np.sqrt(len(gained))


def test_where_early_prices_know_as_much_as_late_ones_nothing_is_moved() -> None:
    assert taught(3, 0.0, 400).in_force == UNMOVED


def test_nothing_moves_before_it_is_shown_to_help() -> None:
    moved = [taught(1, 1.0, count).in_force != UNMOVED for count in (0, 10, 400)]
    assert moved == [False, False, True]


def test_a_race_without_winner_price_or_moment_teaches_nothing() -> None:
    (good,) = islice(races(1, 1.0), 1)
    unpriced = {**good["moments"][0], "public": [0.0, *good["moments"][0]["public"][1:]]}
    for empty in (
        lesson(good["won"], []),
        lesson([0.0] * FIELD, good["moments"]),
        lesson(good["won"], [cast(LessonMoment, unpriced)]),
    ):
        assert Taught().after(empty) == Taught()


def test_a_dead_heat_counts_half_for_each() -> None:
    (good,) = islice(races(1, 1.0), 1)
    ahead, half = [1.0] + [0.0] * 9, [0.5, 0.5] + [0.0] * 8
    behind = [0.0, 1.0] + [0.0] * 8
    first, second, both = (Taught().after(lesson(won, good["moments"])) for won in (ahead, behind, half))
    assert np.allclose(both.weighted, (np.array(first.weighted) + np.array(second.weighted)) / 2.0)


def test_the_order_of_the_runners_does_not_matter() -> None:
    (good,) = islice(races(4, 1.0), 1)
    turned = [
        cast(LessonMoment, {**m, "public": m["public"][::-1], "form": m["form"][::-1]})
        for m in good["moments"]
    ]
    one, other = Taught().after(good), Taught().after(lesson(good["won"][::-1], turned))
    assert one.estimate.terms == pytest.approx(other.estimate.terms, abs=1e-12)


def test_what_helped_is_in_force_until_it_is_found_worse() -> None:
    good = taught(1, 1.0, 400)
    assert (good.verdicts, good.in_force != UNMOVED) == (1, True)
    wrong = Taught(good.races, good.information, (-4.0 * np.array(good.weighted)).tolist(), Trial(), True, 1)
    watched = list(accumulate(islice(races(3, 1.0), 60), Taught.after, initial=wrong))
    told = [each.helps for each in watched]
    assert told == sorted(told, reverse=True)
    assert (watched[-1].in_force, watched[-1].verdicts) == (UNMOVED, 2)


def test_a_lesson_is_one_newton_step_on_its_own_likelihood() -> None:
    (one,) = islice(races(7, 1.0), 1)
    shares = [m["public"] for m in one["moments"]]

    def likelihood(terms: Floats) -> float:
        total = 0.0
        for moment, public in zip(one["moments"], shares, strict=True):
            early = earliness(moment["minutes"])
            market = (1.0 + terms[0] + terms[1] * early) * np.log(public)
            form = (1.0 + terms[2] + terms[3] * early) * np.array(moment["form"])
            total += log(softmax(market + form)[one["won"].index(1.0)]) / len(shares)
        return total - 0.5 * float((terms / np.array(USUAL)) @ (terms / np.array(USUAL)))

    step, nothing = 1e-4, np.zeros(4)
    axes = np.eye(4) * step
    gradient = np.array([likelihood(axis) - likelihood(-axis) for axis in axes]) / (2.0 * step)
    hessian = np.array(
        [
            [
                likelihood(a + b) - likelihood(a - b) - likelihood(b - a) + likelihood(nothing - a - b)
                for a in axes
            ]
            for b in axes
        ]
    ) / (4.0 * step**2)
    assert Taught().after(one).estimate.terms == pytest.approx(-np.linalg.solve(hessian, gradient), rel=1e-4)


def test_what_was_learnt_fades_by_half_every_half_life() -> None:
    (one,) = islice(races(7, 1.0), 1)
    nothing = lesson(one["won"], [moment(0.0, np.full(FIELD, 1.0 / FIELD), np.zeros(FIELD))])
    once = Taught().after(one)
    later = reduce(Taught.after, repeat(nothing, round(HALF_LIFE)), once)
    assert np.allclose(later.information, np.array(once.information) / 2.0)
    assert np.allclose(later.weighted, np.array(once.weighted) / 2.0)


def test_what_is_kept_goes_on_to_the_bit() -> None:
    half, rest = taught(1, 1.0, 50), list(islice(races(6, 1.0), 10))
    again = msgpack.decode(msgpack.encode(half), type=Taught)
    assert reduce(Taught.after, rest, again) == reduce(Taught.after, rest, half)


def test_earliness_goes_from_nothing_at_the_off_to_all_two_hours_before() -> None:
    assert [earliness(minutes) for minutes in (-5.0, 0.0, 120.0, 900.0)] == [0.0, 0.0, 1.0, 1.0]
    assert all(one < other for one, other in pairwise(earliness(m) for m in (0.0, 1.0, 10.0, 60.0, 119.0)))


@given(st.tuples(*[st.floats(-5.0, 5.0)] * 4), st.floats(-60.0, 600.0))
def test_nothing_ever_counts_the_wrong_way_round(terms: tuple[float, ...], minutes: float) -> None:
    market, form = MarketWeight(cast("tuple[float, float, float, float]", terms)).at(minutes)
    assert market >= 0.0
    assert form >= 0.0
