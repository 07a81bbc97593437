from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from feeds.simulator import demo
from feeds.simulator.curves import turnover
from feeds.simulator.day import slots
from feeds.simulator.field import Floats
from feeds.simulator.market import NEWS_MINUTES, Market, closing, opinion, trade
from feeds.simulator.performance import softmax
from feeds.simulator.plan import Plan, phases, plan, starters, truths
from schemas.identity import MICROS

DAY = replace(demo(1, datetime(2026, 7, 16, 17, 0, tzinfo=UTC)), races=200)
PLANS = [plan(DAY, slot) for slot in slots(DAY)]
MARKETS = [trade(this) for this in PLANS]
RACES = list(zip(PLANS, MARKETS, strict=True))


def true_chances(this: Plan) -> Floats:
    return softmax(truths(this)[-1][1], starters(this))


def test_chances_sum_to_one_over_those_that_run() -> None:
    for market in MARKETS:
        for chunk in range(market.chunks):
            assert market.chances(chunk).sum(axis=1) == pytest.approx(1.0)
        assert market.final.sum() == pytest.approx(1.0)


def test_a_chunk_does_not_depend_on_which_was_asked_for_before() -> None:
    this, market = RACES[10]
    backwards = [market.chances(chunk) for chunk in reversed(range(market.chunks))]
    forwards = [trade(this).chances(chunk) for chunk in range(market.chunks)]
    assert all((a == b).all() for a, b in zip(forwards, reversed(backwards), strict=True))


def test_the_walk_ends_at_the_closing_chances() -> None:
    for this, market in RACES[5:40]:
        if this.script.abandoned_at is None:
            moved = np.abs(
                np.log(market.at(this.script.off)[market.final > 0.0] / market.final[market.final > 0.0])
            )
            assert np.median(moved) < 0.25
            assert (closing(this) == market.final).all()


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
    left = [this.script.off - market.times for this, market in RACES[5:]]
    late = np.mean([(each < 30 * MICROS).sum() for each in left])
    early = np.mean([(each > 450 * MICROS).sum() for each in left])
    assert 1.5 * early < late


def test_news_moves_prices_within_a_minute_or_two() -> None:
    this = next(p for p in PLANS if p.script.switches)
    view, (at, change) = opinion(this), opinion(this).news[0]
    lag = round(NEWS_MINUTES * 60 * MICROS / DAY.compression)
    before, soon, later = view.at(np.array([at, at + lag, at + 5 * lag]))
    runner = int(np.abs(change).argmax())
    assert (soon - before)[runner] == pytest.approx(0.632 * change[runner], rel=0.01)
    assert (later - before)[runner] == pytest.approx(change[runner], rel=0.01)


def divergence(truth: Floats, chances: Floats) -> float:
    """Relative entropy of the chances from the truth, in nats."""
    runs = truth > 0.0
    return float((truth[runs] * np.log(truth[runs] / chances[runs])).sum())


def test_the_market_is_nearer_the_truth_at_the_off_than_when_it_opens() -> None:
    unchanged = [(this, market) for this, market in RACES[5:] if not this.script.withdrawals]
    opening = [divergence(true_chances(this), market.chances(0)[0]) for this, market in unchanged]
    off = [divergence(true_chances(this), market.final) for this, market in unchanged]
    assert len(off) > 50
    assert np.mean(off) < 0.6 * np.mean(opening)


def test_longshots_are_bet_too_much_and_favourites_too_little() -> None:
    truth = np.concatenate([true_chances(this) for this in PLANS])
    market = np.concatenate([m.final for m in MARKETS])
    longshots, favourites = (truth > 0.0) & (truth < 0.02), truth > 0.3
    assert market[longshots].sum() > 1.05 * truth[longshots].sum()
    assert market[favourites].sum() < 0.995 * truth[favourites].sum()


def test_most_of_the_money_comes_late() -> None:
    hour, ten, off = turnover(np.array([60.0, 10.0, 0.0])).tolist()
    assert hour < 0.02
    assert ten < 0.3
    assert off == 1.0


def test_a_market_of_an_open_race_holds_little() -> None:
    market: Market = MARKETS[8]
    assert market.times.nbytes + market.images.nbytes + market.phase.nbytes < 20 * len(market.times)
