"""How much to stake: flat, a share of the bankroll, or a fraction of Kelly; with limits."""

from dataclasses import dataclass
from typing import Literal

from streams.backtest.bets import BacktestError

Plan = Literal["flat", "proportional", "kelly"]
PLANS: dict[str, Plan] = {"flat": "flat", "proportional": "proportional", "kelly": "kelly"}


@dataclass(frozen=True, slots=True)
class Stakes:
    """A staking plan. `size` is money (flat), a share of the bankroll, or a fraction of the Kelly stake.

    Kelly for one bet at decimal odds d with probability p stakes (p d - 1) / (d - 1) of the bankroll
    (Kelly 1956, "A new interpretation of information rate"). No stake goes over `largest` of the bankroll.
    """

    plan: Plan = "flat"
    size: float = 10.0
    largest: float = 0.05
    daily_loss: float | None = None
    """Money that may be lost in a day; after that no more bets are made that day."""

    def stake(self, bankroll: float, price: float | None, probability: float | None) -> float:
        """Money to stake now. Raises BacktestError where Kelly lacks a price or a probability."""
        if bankroll <= 0.0:
            return 0.0
        if self.plan == "flat":
            return min(self.size, bankroll)
        if self.plan == "proportional":
            return bankroll * min(self.size, 1.0)
        if price is None or probability is None:
            raise BacktestError("Kelly needs a price and a probability: name a stake, or stake flat")
        share = max(0.0, (probability * price - 1.0) / (price - 1.0)) * self.size
        return bankroll * min(share, self.largest)


def stakes_of(text: str, daily_loss: float | None = None) -> Stakes:
    """The plan of "flat:10", "proportional:0.01" or "kelly:0.25". Raises BacktestError for other text."""
    name, _, number = text.partition(":")
    try:
        size = float(number)
    except ValueError:
        size = 0.0
    if name not in PLANS or not 0.0 < size < 1e9 or (name != "flat" and size > 1.0):
        raise BacktestError(f"--stake {text}: write flat:10, proportional:0.01 or kelly:0.25")
    return Stakes(PLANS[name], size, daily_loss=daily_loss)
