"""The exchange's win market of a race until betting ends: an image, then what changed."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from feeds.simulator import curves
from feeds.simulator.book import Held, cells_of, columns, stated_runners
from feeds.simulator.day import Slot
from feeds.simulator.ladder import PRICES
from feeds.simulator.market import CHUNK, Market
from feeds.simulator.plan import Plan
from schemas.records import RunnerPrice
from topics.catalogue import ODDS

Statement = tuple[int, int, str, dict[str, Any]]
"""When it is made, its topic's rank, the event's name and its body."""

_Row = tuple[int, int, int, int, float, float, float, float, float]
"""Runner; rungs of last, back and lay; sizes, money traded, projected prices."""


def before_off(this: Plan, market: Market) -> Iterator[Statement]:
    """Updates until betting ends: images where betting opens or stops, else what changed."""
    rng, ids = this.generator(4), this.runner_ids
    money = curves.MONEY * float(rng.lognormal(0.0, curves.MONEY_SPREAD))
    taste = rng.lognormal(0.0, 0.2, len(ids))
    share = money * market.final * taste / (market.final * taste).sum()
    share = np.where(share > 0.0, share, money / 50.0)
    held = Held.of(len(ids))
    for chunk in range(market.chunks):
        part = slice(chunk * CHUNK, (chunk + 1) * CHUNK)
        chances, images = market.chances(chunk), market.images[part]
        minutes = this.minutes(market.times[part])
        cells = cells_of(stated_runners(rng, chances, images))
        priced = columns(
            rng, cells=cells, held=held, chances=chances, minutes=minutes, images=images, share=share
        )
        order = np.argsort(cells.moments, kind="stable")
        ends = np.searchsorted(cells.moments[order], np.arange(len(images)), side="right").tolist()
        times, suspended = market.times[part].tolist(), market.suspended[part].tolist()
        rows = list(zip(*(column[order].tolist() for column in priced), strict=True))
        first = 0
        for time, image, lapsed, end in zip(times, images.tolist(), suspended, ends, strict=True):
            quotes = [_quote(ids, row) for row in rows[first:end]]
            if lapsed:
                quotes = [_without_offers(price) for price in quotes]
            yield time, ODDS.rank, "OddsUpdate", odds_body(this.slot, quotes, image=image)
            first = end


def _quote(ids: list[str], row: _Row) -> RunnerPrice:
    runner, last, back, lay, back_size, lay_size, traded, near, far = row
    return {
        "runner_id": ids[runner],
        "last": PRICES[last] if last >= 0 else None,
        "back": PRICES[back],
        "back_size": back_size,
        "lay": PRICES[lay],
        "lay_size": lay_size,
        "traded": traded,
        "near_starting_price": near or None,
        "far_starting_price": far or None,
        "starting_price": None,
    }


def _without_offers(price: RunnerPrice) -> RunnerPrice:
    return {**price, "back": None, "back_size": None, "lay": None, "lay_size": None}


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
