from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from feeds.simulator import demo
from feeds.simulator.day import slots
from feeds.simulator.finish import Finish, run
from feeds.simulator.market import trade
from feeds.simulator.plan import Plan, plan
from feeds.simulator.tote import TAKEOUT, dividends, images, pool_shares

DAY = replace(demo(2, datetime(2026, 7, 16, 17, 0, tzinfo=UTC)), tracks=("SAR",), races=40)
PLANS = [plan(DAY, slot) for slot in slots(DAY)]
PLAIN = next(p for p in PLANS if p.field.eligible.all() and len(set(p.field.interests)) == len(p.runner_ids))
COUPLED = next(p for p in PLANS if p.field.interests.count(0) == 2)


def order(this: Plan, *positions: int) -> Finish:
    """A finish with these official positions; whoever is not named did not run."""
    finish = run(this, this.field.eligible)
    padded = np.zeros(len(this.runner_ids), dtype=np.int64)
    padded[: len(positions)] = positions
    return replace(finish, official=padded)


def paid(this: Plan, finish: Finish) -> dict[tuple[str, str], float]:
    return {(d["pool"], d["selection"]): d["dividend"] for d in dividends(this, trade(this), finish)}


def test_pool_shares_sum_to_one_over_betting_interests() -> None:
    for this in PLANS:
        shares = pool_shares(this, trade(this).final)
        single = {
            interest: share for interest, share in zip(this.field.interests, shares, strict=True) if share
        }
        assert sum(single.values()) == pytest.approx(1.0)


def test_prices_give_back_the_pool_less_the_takeout() -> None:
    last = list(images(PLAIN, trade(PLAIN)))[-1][3]
    book = sum(1.0 / price["last"] for price in last["runners"])
    assert book == pytest.approx(1.0 / (1.0 - TAKEOUT), rel=0.05)


def test_coupled_runners_are_one_selection() -> None:
    finish = order(COUPLED, 1, 2, 3, *range(4, len(COUPLED.runner_ids) + 1))
    assert [key for key in paid(COUPLED, finish) if key[0] == "PLACE"] == [("PLACE", "1")]


def test_the_winner_pays_win_and_the_first_two_pay_place() -> None:
    finish = order(PLAIN, 2, 1, *range(3, len(PLAIN.runner_ids) + 1))
    dividend = paid(PLAIN, finish)
    assert list(dividend) == [("WIN", "2"), ("PLACE", "2"), ("PLACE", "1")]
    assert dividend["WIN", "2"] >= dividend["PLACE", "2"] >= 2.1


def test_the_win_dividend_is_the_pool_price_for_two_dollars() -> None:
    finish = order(PLAIN, 1, *range(2, len(PLAIN.runner_ids) + 1))
    share = pool_shares(PLAIN, trade(PLAIN).final)[0]
    assert paid(PLAIN, finish)["WIN", "1"] == pytest.approx(2.0 * (1.0 - TAKEOUT) / share, abs=0.2)


def test_a_dead_heat_shares_the_profit() -> None:
    count = len(PLAIN.runner_ids) + 1
    alone = paid(PLAIN, order(PLAIN, 1, 2, *range(3, count)))
    shared = paid(PLAIN, order(PLAIN, 1, 1, *range(3, count)))
    assert set(shared) == {("WIN", "1"), ("WIN", "2"), ("PLACE", "1"), ("PLACE", "2")}
    assert 2.1 <= shared["WIN", "1"] < alone["WIN", "1"]
