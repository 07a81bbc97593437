"""The pari-mutuel pools of US races: prices by betting interest, and dividends."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from feeds.simulator import curves
from feeds.simulator.exchange import Statement
from feeds.simulator.field import Declared, Floats
from feeds.simulator.finish import Finish
from feeds.simulator.market import CHUNK, Market, Times
from feeds.simulator.plan import Plan, changes
from schemas.identity import MICROS
from schemas.records import Dividend, RunnerPrice
from topics.catalogue import ODDS

TAKEOUT = 0.17
"""Part of a pool that the track keeps."""

TOTE_BIAS = 0.9
"""What the pool makes of the exchange's differences in log-odds: it likes longshots more."""

PLACE_BIAS = 0.8
"""What the place pool makes of the win pool's."""

LEAST_PROFIT = 0.05
"""Minus pools apart, a winning bet gains at least this part of its stake."""

UNIT_STAKE = 2.0
POOL = 120_000.0
"""Median win pool in US dollars."""


def pool_shares(this: Plan, chances: Floats) -> Floats:
    """Parts of the win pool by runner, (…, runners); coupled runners both show their interest's."""
    taste = this.generator(7).lognormal(0.0, 0.1, len(this.field.entries))
    weights = np.where(chances > 0.0, np.power(chances, TOTE_BIAS) * taste, 0.0)
    weights /= weights.sum(axis=-1, keepdims=True)
    interests = np.array(this.field.interests)
    pooled: Floats = weights @ (interests[:, None] == interests[None, :]).astype(np.float64)
    return np.where(chances > 0.0, pooled, 0.0)


def images(this: Plan, market: Market) -> Iterator[Statement]:
    """The whole win pool every few seconds until betting ends."""
    step = round(this.day.tote_seconds * MICROS)
    times = np.arange(this.slot.opens + step, int(market.times[-1]) + 1, step)
    known = np.searchsorted(market.times, times, side="right") - 1
    cuts = changes(this)
    sets = np.array([this.field.eligible, *(running for _, running in cuts)])
    latest = np.searchsorted(np.array([time for time, _ in cuts], dtype=np.int64), times, side="right")
    money = POOL * float(this.generator(8).lognormal(0.0, 0.4))
    for chunk in np.unique(known // CHUNK).tolist():
        part = known // CHUNK == chunk
        # Pools stay open at a scratch: the money on the runner is given back at once.
        chances = market.chances(chunk)[known[part] % CHUNK] * sets[latest[part]]
        yield from _images(this, times[part], pool_shares(this, chances), money)


def _images(this: Plan, times: Times, shares: Floats, money: float) -> Iterator[Statement]:
    """Images of the pool with these shares at times, (moments, runners)."""
    bets = np.round(money * curves.turnover(this.minutes(times))[:, None] * shares, 2).tolist()
    prices = np.where(shares > 0.0, _price(np.where(shares > 0.0, shares, 1.0)), 0.0).tolist()
    for time, price, bet in zip(times.tolist(), prices, bets, strict=True):
        quotes = [_quote(*q) for q in zip(this.runner_ids, price, bet, strict=True) if q[1] > 0.0]
        yield time, ODDS.rank, "OddsUpdate", _body(this, quotes)


def _body(this: Plan, quotes: list[RunnerPrice]) -> dict[str, Any]:
    return {
        "market_id": f"sim-{this.slot.race_id}-tote",
        "market_type": "WIN",
        "pool": "TOTE",
        "image": True,
        "in_play": False,
        "places": None,
        "runners": quotes,
    }


def _price(shares: Floats) -> Floats:
    """Decimal odds that the pool pays as it stands, rounded down to a dime a dollar."""
    prices: Floats = np.floor(10.0 * np.clip((1.0 - TAKEOUT) / shares, 1.1, 500.0)) / 10.0
    return prices


def _quote(runner_id: str, price: float, bet: float) -> RunnerPrice:
    return {
        "runner_id": runner_id,
        "last": price,
        "back": None,
        "back_size": None,
        "lay": None,
        "lay_size": None,
        "traded": bet,
        "near_starting_price": None,
        "far_starting_price": None,
        "starting_price": None,
    }


def dividends(this: Plan, market: Market, finish: Finish) -> list[Dividend]:
    """What win and place pools pay on the official finish, to a bet of UNIT_STAKE dollars."""
    field = this.field
    win = _by_interest(field, pool_shares(this, market.final))
    place = np.power(win, PLACE_BIAS)
    place /= place.sum()
    return [
        *_pay("WIN", win, field, finish, 1),
        *_pay("PLACE", place, field, finish, field.places),
    ]


def _by_interest(field: Declared, shares: Floats) -> Floats:
    found = np.zeros(max(field.interests) + 1)
    for interest, share in zip(field.interests, shares.tolist(), strict=True):
        found[interest] = max(found[interest], share)
    return found


def _pay(pool: str, shares: Floats, field: Declared, finish: Finish, places: int) -> list[Dividend]:
    """The pool less takeout and the winners' stakes is profit, shared equally by winning interests."""
    order = np.argsort(finish.official, kind="stable").tolist()
    placed = [n for n in order if 0 < finish.official[n] <= places]
    winners = list(dict.fromkeys(field.interests[n] for n in placed))
    stakes = float(shares[winners].sum())
    profit = max(1.0 - TAKEOUT - stakes, 0.0) / len(winners)
    return [
        {
            "pool": pool,
            "selection": str(field.entries[field.interests.index(interest)]["program_number"]),
            "dividend": _rounded(1.0 + max(profit / float(shares[interest]), LEAST_PROFIT)),
            "unit_stake": UNIT_STAKE,
        }
        for interest in winners
    ]


def _rounded(payout: float) -> float:
    """Money for the unit stake: a nickel a dollar at least, else rounded down to the dime a dollar."""
    dimes = np.floor(10.0 * payout + 1e-9) / 10.0
    return round(UNIT_STAKE * max(float(dimes), 1.0 + LEAST_PROFIT), 2)
