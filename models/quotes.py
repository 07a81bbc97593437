"""One price for each runner: the exchange's back, lay and last traded prices combined by liquidity."""

from dataclasses import dataclass

import numpy as np

from models.compiled import compiled
from models.interface import MarketBatch
from models.layout import Flags, Floats

LONGEST_PRICE = 1000.0
SMALLEST_SHARE = 0.001  # of a runner without a price
LARGEST_SHARE = 0.999
WIDEST_ANCHOR = 3.0  # a book whose back probability is over this many times its lay one is no estimate
THIN_SIZE = 100.0  # money at the best prices
LAST_ERROR = 0.05  # relative error of the last traded price of a runner that trades well
THIN_TRADED = 1000.0  # money traded on a runner
BACK, LAY, LAST, BACK_SIZE, LAY_SIZE, TRADED = range(6)


@dataclass(frozen=True, slots=True)
class Quotes:
    """What the market says of each runner, every array (batch, runners).

    `inverse` is the inverse price in (0, 1); `priced` is False where no price is and `inverse` was filled;
    `spread` is the width of the book relative to its upper end in [0, 1], 1 where a side is missing.
    """

    inverse: Floats
    priced: Flags
    spread: Floats


@compiled()
def _inverse(price: float) -> float:
    """Inverse price, 0 where it is absent."""
    return 1.0 / price if 1.0 < price <= LONGEST_PRICE else 0.0


@compiled()
def _micro(asked: float, bid: float, back_size: float, lay_size: float) -> float:
    """The microprice of a two-sided book."""
    return bid + (asked - bid) * ((lay_size + 1.0) / (back_size + lay_size + 2.0))


@compiled()
def _trust(spread: float, numbers: Floats) -> float:
    """The weight of the last traded price beside a two-sided book; `numbers` are the runner's."""
    smaller = min(numbers[BACK_SIZE], numbers[LAY_SIZE])
    of_book = spread * spread * (1.0 + THIN_SIZE / (1.0 + smaller))
    of_trade = LAST_ERROR**2 * (1.0 + THIN_TRADED / (100.0 + numbers[TRADED]))
    trust: float = of_book / (of_book + of_trade)
    return trust


@compiled()
def _fill(inverse: Floats, priced: Flags, total: float) -> None:
    """Give the runners without a price an equal share of what the others leave."""
    taken, missing = 0.0, 0
    for at in range(len(inverse)):
        priced[at] = inverse[at] > 0.0
        taken += inverse[at]
        missing += not priced[at]
    share = min(max((total - taken) / max(missing, 1), SMALLEST_SHARE), LARGEST_SHARE)
    for at in range(len(inverse)):
        if not priced[at]:
            inverse[at] = share


@compiled()
def consensus_of(book: Floats, total: float, inverse: Floats, priced: Flags, spread: Floats) -> None:
    """`consensus` of one race: `book` (6, runners) into `inverse`, `priced` and `spread` (runners,)."""
    runners, anchors = book.shape[1], 0.0
    bounds = np.empty(runners)  # of what a runner that is no anchor may take at least, else infinite
    for at in range(runners):
        asked, bid, trade = (_inverse(book[BACK, at]), _inverse(book[LAY, at]), _inverse(book[LAST, at]))
        low, high = min(asked, bid), max(asked, bid)
        spread[at] = 1.0 - low / max(high, 1.0 / LONGEST_PRICE)
        bound = asked if asked > 0.0 else 1.0
        lower = min(bound, bid)
        inverse[at] = high
        if low > 0.0:
            inverse[at] = _micro(asked, bid, book[BACK_SIZE, at], book[LAY_SIZE, at])
        if trade > 0.0:
            trust = _trust(spread[at], book[:, at]) if low > 0.0 else 1.0
            clipped = min(max(trade, lower), max(bound, bid))
            inverse[at] += trust * (clipped - inverse[at])
        if trade > 0.0 or (low > 0.0 and high <= WIDEST_ANCHOR * low):
            anchors += inverse[at]
            bounds[at] = np.inf
        else:
            bounds[at] = lower
    left = max(total - anchors, SMALLEST_SHARE)
    for at in range(runners):
        inverse[at] = min(inverse[at], max(left, bounds[at]))
    _fill(inverse, priced, total)


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
    books = books_of(batch)
    races, _, runners = books.shape
    inverse, spread = np.empty((races, runners)), np.empty((races, runners))
    priced = np.empty((races, runners), dtype=np.bool_)
    _consensus_rows(books, float(total), inverse, priced, spread)
    return Quotes(inverse, priced, spread)


@compiled("void(float64[:,:,::1], float64, float64[:,::1], boolean[:,::1], float64[:,::1])")
def _consensus_rows(books: Floats, total: float, inverse: Floats, priced: Flags, spread: Floats) -> None:
    for race in range(len(books)):
        consensus_of(books[race], total, inverse[race], priced[race], spread[race])


def books_of(batch: MarketBatch) -> Floats:
    """Back, lay, last, back size, lay size and traded, (batch, 6, runners)."""
    books = np.empty((len(batch.places), TRADED + 1, batch.back.shape[1]))
    rows = (batch.back, batch.lay, batch.last, batch.back_size, batch.lay_size, batch.traded)
    for kind, each in enumerate(rows):
        books[:, kind] = each
    return books
