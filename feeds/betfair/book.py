"""The order book of one market, kept from stream changes: best prices, volumes, projected starting prices."""

from feeds.betfair.messages import Depth, Level, RunnerChange
from schemas.records import RunnerPrice

LOWEST_PRICE = 1.0
HIGHEST_PRICE = 1000.0
"""Betfair's price ladder runs from 1.01 to 1000."""


def is_price(value: float) -> bool:
    """Whether `value` can be decimal odds: above 1, at most 1000; NaN is not."""
    return LOWEST_PRICE < value <= HIGHEST_PRICE


class Side:
    """One side of a runner's order book; `sign` is 1 where higher prices are better, -1 where lower ones."""

    __slots__ = ("best", "levels", "sign", "sizes")

    def __init__(self, sign: float) -> None:
        self.sign = sign
        self.sizes: dict[float, float] = {}
        self.levels: dict[int, Level] = {}
        self.best: float | None = None

    def ladder(self, changes: list[Level], problems: list[str]) -> bool:
        """Fold changes of the full ladder, (price, size), in; True if the best price or its size changed."""
        sizes, sign, best, changed = self.sizes, self.sign, self.best, False
        for price, size in changes:
            if size == 0.0:
                if sizes.pop(price, None) is not None and price == best:
                    best = (max(sizes) if sign > 0.0 else min(sizes)) if sizes else None
                    changed = True
            elif size > 0.0 and LOWEST_PRICE < price <= HIGHEST_PRICE:
                sizes[price] = size
                if best is None or (price - best) * sign >= 0.0:
                    best, changed = price, True
            else:
                problems.append(f"offer {price:g} for {size:g} cannot be")
        self.best = best
        return changed

    def depth(self, changes: list[Depth], problems: list[str]) -> bool:
        """Fold changes by level, (level, price, size), in; True if the best price or its size changed."""
        before = self.top()
        for level, price, size in changes:
            if size == 0.0 or price == 0.0:
                self.levels.pop(level, None)
            elif size > 0.0 and is_price(price):
                self.levels[level] = (price, size)
            else:
                problems.append(f"offer {price:g} for {size:g} cannot be")
        return self.top() != before

    def top(self) -> tuple[float, float] | tuple[None, None]:
        """Best price and its size; the full ladder is trusted before levels."""
        if self.best is not None:
            return self.best, self.sizes[self.best]
        return self.levels[min(self.levels)] if self.levels else (None, None)


class RunnerBook:
    """What the market says of one runner."""

    __slots__ = ("back", "far", "last", "lay", "near", "runner_id", "starting_price", "traded")

    def __init__(self, runner_id: str) -> None:
        self.runner_id = runner_id
        self.back, self.lay = Side(1.0), Side(-1.0)
        self.last: float | None = None
        self.traded: float | None = None
        self.near: float | None = None
        self.far: float | None = None
        self.starting_price: float | None = None

    def apply(self, change: RunnerChange, problems: list[str]) -> bool:
        """Fold one change in; True if anything in `quote` changed. What cannot be is left out and named."""
        changed = False
        if (ladder := change.atb) is not None:
            changed = self.back.ladder(ladder, problems)
        if (ladder := change.atl) is not None:
            changed |= self.lay.ladder(ladder, problems)
        if (depth := change.batb or change.bdatb) is not None:
            changed |= self.back.depth(depth, problems)
        if (depth := change.batl or change.bdatl) is not None:
            changed |= self.lay.depth(depth, problems)
        if (
            change.ltp is not None
            or change.tv is not None
            or change.spn is not None
            or change.spf is not None
        ):
            changed |= self._trade(change, problems)
        return changed

    def _trade(self, change: RunnerChange, problems: list[str]) -> bool:
        before = self.last, self.traded, self.near, self.far
        if change.ltp:
            if is_price(change.ltp):
                self.last = change.ltp
            else:
                problems.append(f"last traded price {change.ltp:g} cannot be")
        if change.tv is not None and change.tv >= 0.0:
            self.traded = change.tv
        if change.spn is not None:
            self.near = projected(change.spn)
        if change.spf is not None:
            self.far = projected(change.spf)
        return before != (self.last, self.traded, self.near, self.far)

    def quote(self) -> RunnerPrice:
        """The runner's prices in full."""
        back, back_size = self.back.top()
        lay, lay_size = self.lay.top()
        return {
            "runner_id": self.runner_id,
            "last": self.last,
            "back": back,
            "back_size": back_size,
            "lay": lay,
            "lay_size": lay_size,
            "traded": self.traded,
            "near_starting_price": self.near,
            "far_starting_price": self.far,
            "starting_price": self.starting_price,
        }


def projected(value: float) -> float | None:
    """A projected starting price; Betfair writes "NaN" and "Infinity" where there is none."""
    return value if is_price(value) else None
