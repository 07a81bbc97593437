"""Tote bets at the real dividends: what a bet of each pool was paid, by the names that tracks give pools."""

import re
from collections.abc import Iterable, Sequence

from schemas.records import Dividend
from streams.backtest.bets import pick_of

SAME = {
    "EXACTA": ("EXACTA", "FORECAST", "PERFECTA", "STRAIGHT FORECAST", "EXACTOR"),
    "TRIFECTA": ("TRIFECTA", "TIERCE", "TRIACTOR", "TRICAST"),
    "SUPERFECTA": ("SUPERFECTA", "QUARTET", "QUADRO"),
    "FIRST 4": ("FIRST 4", "FIRST FOUR"),
    "DOUBLE": ("DOUBLE", "DAILY DOUBLE"),
    "QUINELLA PLACE": ("QUINELLA PLACE", "DUET", "WIDE"),
    "TREBLE": ("TREBLE", "PICK 3"),
}
"""Names of the same bet at different tracks."""

UNORDERED = frozenset(("QUINELLA", "QUINELLA PLACE", "TRIO", "FIRST 4"))


def paid(pool: str, numbers: Sequence[str], dividends: Iterable[Dividend]) -> float | None:
    """Money back for 1 staked: 0.0 for a bet that lost, None where the pool has no dividend at all.

    `numbers` are program numbers in order; of bets over several races one each, of which a dividend may name
    several in a leg, as 4/1,12/6. Dead heats are dividends of their own, so nothing is divided here.
    """
    names = SAME.get(pool, (pool,))
    told = [dividend for dividend in dividends if dividend["pool"].upper() in names]
    if not told:
        return None
    won = [d["dividend"] / d["unit_stake"] for d in told if _names(pool, d["selection"], numbers)]
    return won[0] if won else 0.0


def moved(dividend: float, stake: float, pool_size: float | None, takeout: float) -> float:
    """The dividend for 1 had `stake` been in a pool of `pool_size` money too; as it is without a size.

    A pool pays (1 - takeout) of itself to the winning money: W = (1 - t) P / D; with s more on the winner
    it pays (1 - t)(P + s) / (W + s). Breakage is left out.
    """
    if pool_size is None or dividend <= 0.0:
        return dividend
    kept = 1.0 - takeout
    return kept * (pool_size + stake) / (kept * pool_size / dividend + stake)


def _names(pool: str, selection: str, numbers: Sequence[str]) -> bool:
    """Whether a dividend's selection names these numbers."""
    legs = re.split(r"[-/]", selection.replace(" ", ""))
    if pick_of(pool):
        return len(legs) == len(numbers) and all(
            n in leg.split(",") for n, leg in zip(numbers, legs, strict=True)
        )
    return _key(pool, legs) == _key(pool, numbers)


def _key(pool: str, numbers: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(numbers)) if pool in UNORDERED else tuple(numbers)
