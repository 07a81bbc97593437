"""The exchange's win market of a race: an image, then changes, starting prices, and prices in running."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feeds.simulator.card import Flags, Floats
from feeds.simulator.day import Slot
from feeds.simulator.finish import Finish
from feeds.simulator.ladder import HIGHEST, PRICES, rung
from feeds.simulator.market import Market, turnover
from feeds.simulator.script import Plan
from schemas.identity import MICROS
from schemas.records import RunnerPrice
from topics.catalogue import ODDS

Statement = tuple[int, int, str, dict[str, Any]]
"""When it is made, its topic's rank, the event's name and its body."""

OVERROUND = 1.015
"""Of prices last traded, on average."""

CHUNK = 256
"""Moments stated at a time, so that memory does not grow with the length of the day."""

TURNOVER = 250_000.0
"""Median money traded on a race."""

PROJECTED_FROM = 0.1
"""Projected starting prices are stated for this last part of the open time."""


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Runners that are stated, moment after moment; every array is by runner stated."""

    runners: NDArray[np.intp]
    chances: Floats
    remaining: Floats
    traded: Floats


def before_off(this: Plan, market: Market) -> Iterator[Statement]:
    """Updates until betting ends: images where betting opens or stops, else what changed."""
    rng, ids = this.generator(4), this.runner_ids
    money = TURNOVER * rng.lognormal(0.0, 0.5)
    share = market.chances.max(axis=0) * rng.lognormal(0.0, 0.15, len(ids))
    share *= money / share.sum()
    for start in range(0, len(market.times), CHUNK):
        part = slice(start, start + CHUNK)
        chances, images, remaining = market.chances[part], market.images[part], market.remaining[part]
        moments, runners = np.nonzero(_stated(rng, chances, images))
        left = remaining[moments]
        cells = _Cells(runners, chances[moments, runners], left, share[runners] * turnover(left))
        prices = _prices(rng, ids, cells)
        ends = np.searchsorted(moments, np.arange(len(images)), side="right").tolist()
        times, suspended = market.times[part].tolist(), market.suspended[part].tolist()
        first = 0
        for time, image, lapsed, end in zip(times, images.tolist(), suspended, ends, strict=True):
            stated = prices[first:end]
            quotes = [_without_offers(price) for price in stated] if lapsed else stated
            yield time, ODDS.rank, "OddsUpdate", odds_body(this.slot, quotes, image=image)
            first = end


def _stated(rng: np.random.Generator, chances: Floats, images: Flags) -> Flags:
    """Which runners each update states, (moments, runners): all in an image, else at least one."""
    running = chances > 0.0
    haste = rng.random(chances.shape) / np.minimum(1.6 * chances + 0.08, 0.8)
    haste[~running] = np.inf
    stated = (haste < 1.0) | (haste == haste.min(axis=1, keepdims=True)) | images[:, None]
    found: Flags = stated & running
    return found


def _prices(rng: np.random.Generator, ids: list[str], cells: _Cells) -> list[RunnerPrice]:
    """Prices of the runners stated."""
    count = len(cells.runners)
    fair = 1.0 / (OVERROUND * cells.chances)
    at = rung(fair)
    low = np.floor(at).astype(np.int64)
    wide = np.floor(5.0 * cells.remaining * rng.random(count)).astype(np.int64)
    last = low + (rng.random(count) < at - low)
    depth = (20.0 + 2500.0 * turnover(cells.remaining)) * np.sqrt(cells.chances)
    sizes = np.round(2.0 + depth * rng.gamma(2.0, 0.5, (2, count)), 2)
    projected = fair * rng.lognormal(((0.0,), (0.05,)), ((0.02,), (0.1,)), (2, count))
    projected = np.where(cells.remaining < PROJECTED_FROM, np.clip(projected, 1.01, 1000.0), 0.0)
    columns = (
        cells.runners.tolist(),
        np.clip(last, 0, HIGHEST).tolist(),
        np.clip(low - wide // 2, 0, HIGHEST - 1).tolist(),
        sizes[0].tolist(),
        np.clip(low + 1 + wide - wide // 2, 1, HIGHEST).tolist(),
        sizes[1].tolist(),
        np.round(cells.traded, 2).tolist(),
        *np.round(projected, 2).tolist(),
    )
    return [
        {
            "runner_id": ids[runner],
            "last": PRICES[last_at],
            "back": PRICES[back_at],
            "back_size": back_size,
            "lay": PRICES[lay_at],
            "lay_size": lay_size,
            "traded": traded,
            "near_starting_price": near or None,
            "far_starting_price": far or None,
            "starting_price": None,
        }
        for runner, last_at, back_at, back_size, lay_at, lay_size, traded, near, far in zip(
            *columns, strict=True
        )
    ]


def _without_offers(price: RunnerPrice) -> RunnerPrice:
    return {**price, "back": None, "back_size": None, "lay": None, "lay_size": None}


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


def odds_body(
    slot: Slot, prices: list[RunnerPrice], *, image: bool = False, in_play: bool = False
) -> dict[str, Any]:
    """Body of an OddsUpdate of the exchange's win market."""
    return {
        "market_id": f"sim-{slot.race_id}-win",
        "market_type": "WIN",
        "pool": "EXCHANGE",
        "image": image,
        "in_play": in_play,
        "places": None,
        "runners": prices,
    }
