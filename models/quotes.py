"""One price for each runner: the exchange's back, lay and last traded prices combined by liquidity."""

from dataclasses import dataclass

import numpy as np

from models.interface import MarketBatch
from models.layout import MIN_LANES, Flags, Floats, as_rows, sum_runners

LONGEST_PRICE = 1000.0
SMALLEST_SHARE = 0.001  # of a runner without a price
LARGEST_SHARE = 0.999
WIDEST_ANCHOR = 3.0  # a book whose back probability is over this many times its lay one is no estimate
THIN_SIZE = 100.0  # money at the best prices
LAST_ERROR = 0.05  # relative error of the last traded price of a runner that trades well
THIN_TRADED = 1000.0  # money traded on a runner


@dataclass(frozen=True, slots=True)
class Quotes:
    """What the market says of each runner, every array (batch, runners); inside, (runners, lanes).

    `inverse` is the inverse price in (0, 1); `priced` is False where no price is and `inverse` was filled;
    `spread` is the width of the book relative to its upper end in [0, 1], 1 where a side is missing.
    """

    inverse: Floats
    priced: Flags
    spread: Floats


def consensus(batch: MarketBatch, total: float = 1.0) -> Quotes:
    """Read one inverse price a runner from best prices, their sizes and money traded.

    Prices outside (1, 1000] count as absent, as does 0. Sizes and `traded` are money, >= 0.

    A two-sided book gives the size-weighted microprice between a = 1/back and l = 1/lay,
    m = l + (a - l) (lay size + 1) / (back size + lay size + 2): money that waits to be laid wants the runner
    and pulls towards the back price (Stoikov 2018, "The micro-price", Quantitative Finance 18). The last
    traded price t, clipped into the book, joins by inverse variance: weight v / (v + u) with
    v = (1 - l/a)**2 (1 + 100 / (1 + smaller size)) and u = 0.05**2 (1 + 1000 / (100 + traded)). So a wide or
    thin book leaves the word to the last trade, a tight and deep one keeps it. The constants are judgement.

    Of a one-sided book the last price is clipped by the one bound; without a last price the bound is used.
    Such a bound, and a book wider than threefold without a last price, says too little to crowd out the
    runners that are priced well: it takes at most what they leave of `total`, the number of winners. Runners
    without any price share equally what the others leave of it, from 0.001 to 0.999 each.
    """
    quotes = consensus_columns(book_columns(batch), total)
    races = len(batch.places)
    priced = np.ascontiguousarray(quotes.priced[:, :races].T)
    return Quotes(as_rows(quotes.inverse, races), priced, as_rows(quotes.spread, races))


def book_columns(batch: MarketBatch) -> Floats:
    """Back, lay, last, back size, lay size and traded, (6, runners, lanes)."""
    rows = (batch.back, batch.lay, batch.last, batch.back_size, batch.lay_size, batch.traded)
    races, runners = batch.back.shape
    book = np.empty((len(rows), runners, max(races, MIN_LANES)))
    for columns, each in zip(book, rows, strict=True):
        columns[:] = each.T
    return book


def consensus_columns(book: Floats, total: float | Floats = 1.0) -> Quotes:
    """`consensus` on `book_columns`, to (runners, lanes); `total` may be one for each lane."""
    asked, bid, trade = _inverse(book[:3])
    back_size, lay_size, traded = book[3:]
    low, high = np.minimum(asked, bid), np.maximum(asked, bid)
    two_sided, has_trade = low > 0.0, trade > 0.0
    spread = 1.0 - low / np.maximum(high, 1.0 / LONGEST_PRICE)

    micro = np.where(two_sided, bid + (asked - bid) * ((lay_size + 1.0) / (back_size + lay_size + 2.0)), high)
    bound = np.where(asked > 0.0, asked, 1.0)
    lower = np.minimum(bound, bid)
    clipped = np.minimum(np.maximum(trade, lower), np.maximum(bound, bid))
    of_book = spread * spread * (1.0 + THIN_SIZE / (1.0 + np.minimum(back_size, lay_size)))
    of_trade = LAST_ERROR**2 * (1.0 + THIN_TRADED / (100.0 + traded))
    trust = np.where(two_sided, of_book / (of_book + of_trade), 1.0) * has_trade
    combined = micro + trust * (clipped - micro)

    anchored = has_trade | (two_sided & (high <= WIDEST_ANCHOR * low))
    left = np.maximum(total - sum_runners(combined * anchored), SMALLEST_SHARE)
    combined = np.where(anchored, combined, np.minimum(combined, np.maximum(left, lower)))
    return _fill(combined, spread, total)


def _inverse(prices: Floats) -> Floats:
    """Inverse prices, 0 where a price is absent."""
    present = (prices > 1.0) & (prices <= LONGEST_PRICE)
    inverse: Floats = 1.0 / np.where(present, prices, np.inf)
    return inverse


def _fill(combined: Floats, spread: Floats, total: float | Floats) -> Quotes:
    """Give the runners without a price an equal share of what the others leave."""
    priced = combined > 0.0
    missing = len(combined) - np.add.reduce(priced, axis=0, dtype=np.float64)
    share = (total - sum_runners(combined)) / np.maximum(missing, 1.0)
    share = np.minimum(np.maximum(share, SMALLEST_SHARE), LARGEST_SHARE)
    return Quotes(np.where(priced, combined, share), priced, spread)
