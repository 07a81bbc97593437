"""The exchange's market from the off on: starting prices, and prices that close in on the winner."""

from collections.abc import Iterator
from itertools import chain

import numpy as np

from feeds.simulator.exchange import Statement, odds_body
from feeds.simulator.field import Floats
from feeds.simulator.finish import Finish
from feeds.simulator.ladder import HIGHEST, PRICES, rung
from feeds.simulator.market import Market
from feeds.simulator.plan import Plan
from schemas.identity import MICROS
from schemas.records import RunnerPrice
from topics.catalogue import ODDS


def starting_prices(final: Floats) -> Floats:
    """Decimal starting prices of chances at the off; 0.0 for those that do not run."""
    safe = np.where(final > 0.0, final, 1.0)
    return np.where(final > 0.0, np.clip(np.round(1.0 / safe, 2), 1.01, 1000.0), 0.0)


def from_off(this: Plan, market: Market, finish: Finish, end: int) -> Iterator[Statement]:
    """Updates from the off to the finish: starting prices, then prices that close in on the winner."""
    rng, ids, off = this.generator(5), this.runner_ids, this.script.off
    running = np.flatnonzero(market.final > 0.0)
    starting = starting_prices(market.final)[running].tolist()
    names = [ids[n] for n in running.tolist()]
    log_odds = np.log(market.final[running])
    step = round(this.day.in_play_seconds * MICROS)
    for time in chain((off,), range(off + step, end, step)):
        run = (time - off) / (end - off)
        seen = (1.0 - run) * log_odds - 6.0 * run * run * finish.lengths_behind[running]
        seen += rng.normal(0.0, 0.3 * run, len(running))
        weights = np.exp(seen - seen.max())
        at = np.round(rung(1.0 / np.maximum(weights / weights.sum(), 1e-4))).astype(np.int64)
        prices = [
            _running_price(name, price, starting_price)
            for name, price, starting_price in zip(names, at.tolist(), starting, strict=True)
        ]
        yield time, ODDS.rank, "OddsUpdate", odds_body(this.slot, prices, in_play=True)


def _running_price(runner_id: str, at: int, starting_price: float) -> RunnerPrice:
    return {
        "runner_id": runner_id,
        "last": PRICES[at],
        "back": PRICES[at - 1] if at > 0 else None,
        "back_size": 50.0 if at > 0 else None,
        "lay": PRICES[at + 1] if at < HIGHEST else None,
        "lay_size": 50.0 if at < HIGHEST else None,
        "traded": None,
        "near_starting_price": None,
        "far_starting_price": None,
        "starting_price": starting_price,
    }
