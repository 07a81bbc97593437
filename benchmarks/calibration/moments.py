"""Moments of win markets by minutes to the off."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.calibration.tapes import BACK, LAST, LAY, TRADED, Tape
from feeds.simulator.ladder import rung

Floats = NDArray[np.float64]

BUCKETS = ((0, 5), (5, 10), (10, 15), (15, 30), (30, 60))
"""Minutes to the off, from and to."""

SHORT = 20.0
"""Volatility is of runners whose price is at most this: beyond, the ladder's steps are all one sees."""

TRADING = 10.0


@dataclass(frozen=True, slots=True)
class MarketMoments:
    """Of one market or the median of several; each a value a bucket, but for the last four."""

    updates_a_minute: tuple[float, ...]
    volatility: tuple[float, ...]
    """Root mean square change of the log of the last price over one minute."""
    back_overround: tuple[float, ...]
    """Sum of inverse best back prices, less 1."""
    lay_overround: tuple[float, ...]
    last_overround: tuple[float, ...]
    spread_ticks: tuple[float, ...]
    """Mean ticks from best back to best lay, of prices below 10."""
    turnover: tuple[float, ...]
    """Part of the money traded by the far end of the bucket."""
    runners_an_update: float
    """In the last TRADING minutes."""
    back_book: float
    lay_book: float
    """Sums of inverse best prices, less 1, over the last TRADING minutes."""
    money: float


def moments(tape: Tape) -> MarketMoments:
    """Moments of one market; nan where nothing is known."""
    minutes = np.arange(BUCKETS[-1][1] + 1.0)
    prices = tape.sample(minutes)
    changes = np.log(prices[:-1, :, LAST]) - np.log(prices[1:, :, LAST])
    changes[prices[1:, :, LAST] > SHORT] = np.nan
    ticks = rung(prices[:, :, LAY]) - rung(prices[:, :, BACK])
    ticks[np.isnan(prices[:, :, LAY] + prices[:, :, BACK]) | (prices[:, :, BACK] >= 10.0)] = np.nan
    money = np.nansum(prices[:, :, TRADED], axis=1)
    near = tape.updates <= TRADING

    def of(values: Floats) -> tuple[float, ...]:
        return tuple(_mean(values[low:high]) for low, high in BUCKETS)

    return MarketMoments(
        updates_a_minute=tuple(
            float(((tape.updates >= low) & (tape.updates < high)).sum()) / (high - low)
            for low, high in BUCKETS
        ),
        volatility=tuple(value**0.5 for value in of(changes**2)),
        back_overround=of(_book(prices[:, :, BACK])),
        lay_overround=of(_book(prices[:, :, LAY])),
        last_overround=of(_book(prices[:, :, LAST])),
        spread_ticks=of(ticks),
        turnover=tuple(float(money[high] / money[0]) if money[0] else float("nan") for _, high in BUCKETS),
        runners_an_update=float(tape.stated[near].mean()),
        back_book=_mean(_book(prices[: int(TRADING) + 1, :, BACK])),
        lay_book=_mean(_book(prices[: int(TRADING) + 1, :, LAY])),
        money=float(money[0]),
    )


def median(found: Sequence[MarketMoments]) -> MarketMoments:
    """The median of each moment over markets, leaving out those where it is unknown."""
    names = [field.name for field in fields(MarketMoments)]
    values: dict[str, Any] = {name: _median([getattr(each, name) for each in found]) for name in names}
    return MarketMoments(**values)


def _median(values: Sequence[object]) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = np.nanmedian(np.array(values, dtype=np.float64), axis=0)
    return float(found) if found.ndim == 0 else tuple(found.tolist())


def _mean(values: Floats) -> float:
    """Mean of what is known; nan of nothing."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _book(prices: Floats) -> Floats:
    """Excess of the sum of inverse prices over 1; nan unless every runner has a price."""
    book: Floats = (1.0 / prices).sum(axis=1) - 1.0
    return book
