from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from feeds.simulator import demo
from feeds.simulator.card import Floats
from feeds.simulator.day import slots
from feeds.simulator.market import Market, trade, turnover
from feeds.simulator.script import Plan, phases, plan

DAY = replace(demo(1, datetime(2026, 7, 16, 17, 0, tzinfo=UTC)), races=200)
PLANS = [plan(DAY, slot) for slot in slots(DAY)]
MARKETS = [trade(this) for this in PLANS]
RACES = list(zip(PLANS, MARKETS, strict=True))


def true_chances(this: Plan, market: Market) -> Floats:
    weights = np.exp(this.field.ability) * (market.final > 0.0)
    chances: Floats = weights / weights.sum()
    return chances


def test_chances_sum_to_one_over_those_that_run() -> None:
    for market in MARKETS:
        assert market.chances.sum(axis=1) == pytest.approx(np.ones(len(market.times)))
        assert market.final.sum() == pytest.approx(1.0)


def test_moments_ascend_within_the_time_that_betting_is_open() -> None:
    for this, market in RACES:
        assert (np.diff(market.times) >= 0).all()
        inside = [(market.times >= phase.begins) & (market.times <= phase.ends) for phase in phases(this)]
        assert np.logical_or.reduce(inside).all()


def test_each_opening_of_betting_and_each_suspension_is_an_image() -> None:
    for this, market in RACES:
        *earlier, last = phases(this)
        cuts = [phase.ends for phase in earlier]
        assert market.times[market.suspended].tolist() == cuts
        assert market.times[market.images].tolist() == sorted(
            [*cuts, last.begins, *(p.begins for p in earlier)]
        )


def test_updates_come_faster_as_the_off_nears() -> None:
    late = [(m.remaining < 30.0 / 480.0).sum() for m in MARKETS[5:]]
    early = [(m.remaining > 450.0 / 480.0).sum() for m in MARKETS[5:]]
    assert 1.5 * np.mean(early) < np.mean(late)


def divergence(truth: Floats, chances: Floats) -> float:
    """Relative entropy of the chances from the truth, in nats."""
    runs = truth > 0.0
    return float((truth[runs] * np.log(truth[runs] / chances[runs])).sum())


def test_the_market_is_nearer_the_truth_at_the_off_than_when_it_opens() -> None:
    unchanged = [(this, market) for this, market in RACES[5:] if not this.script.withdrawals]
    opening = [divergence(true_chances(*race), race[1].chances[0]) for race in unchanged]
    closing = [divergence(true_chances(*race), race[1].final) for race in unchanged]
    assert len(closing) > 50
    assert np.mean(closing) < 0.5 * np.mean(opening)


def test_longshots_are_bet_too_much_and_favourites_too_little() -> None:
    truth = np.concatenate([true_chances(*race) for race in RACES])
    market = np.concatenate([m.final for m in MARKETS])
    longshots, favourites = (truth > 0.0) & (truth < 0.03), truth > 0.3
    assert market[longshots].sum() > 1.05 * truth[longshots].sum()
    assert market[favourites].sum() < 0.99 * truth[favourites].sum()


def test_most_of_the_money_comes_late() -> None:
    opened, tenth_left, off = turnover(np.array([1.0, 0.1, 0.0])).tolist()
    assert opened < 0.05
    assert tenth_left < 0.55
    assert off == pytest.approx(1.0)
