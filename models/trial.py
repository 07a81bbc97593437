"""A candidate on trial beside the champion: a sequential test on the log-losses of races they both scored.

The test may be looked at after each race and stopped at any: it is the exponential e-process of Choe and
Ramdas, "Comparing Sequential Forecasters" (Operations Research, 2024, theorem 3). With differences
d = loss of the other - loss of the one, drawn into [-c/2, c/2], and g their mean before each race,

    E(l) = exp(l * sum(d) - psi(l) * sum((d - g)^2)),  psi(l) = (-log(1 - c l) - c l) / c^2,  0 <= l < 1/c

is expected to be at most 1 however long one waits, as long as the one was no better on average so far. So
is its mean over several l. It passes 1 / LEVEL with a chance of at most LEVEL then (Ville).
"""

from dataclasses import dataclass
from math import exp, log
from typing import Literal

LEVEL = 0.05
"""Chance of a wrong verdict, of either kind, over the whole of a trial."""

BOUND = 0.5
"""Differences of one race are drawn to at most this, in nats: one long shot decides nothing."""

STAKES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9)
"""Values of l, in parts of 1/c: small ones for long trials of small differences, and the opposite."""

SMALLEST = 1e-12
"""A winner to whom a model gave nothing counts as if it had given this."""

Verdict = Literal["BETTER", "WORSE", "OPEN"]
"""What is known of the candidate against the champion."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What all races so far came to; the same races in the same order give the same trial."""

    races: int = 0
    champion: float = 0.0
    """Sum of the champion's log-losses."""
    candidate: float = 0.0
    gained: float = 0.0
    """Sum of the differences in the candidate's favour, each drawn into the bound."""
    spread: float = 0.0
    """Sum of their squared deviations from their mean until then."""

    def after(self, champion: float, candidate: float) -> "Trial":
        """The trial with one more race, of which these are the log-losses."""
        difference = min(max(champion - candidate, -BOUND), BOUND)
        mean = self.gained / self.races if self.races else 0.0
        return Trial(
            self.races + 1,
            self.champion + champion,
            self.candidate + candidate,
            self.gained + difference,
            self.spread + (difference - mean) ** 2,
        )

    @property
    def difference(self) -> float:
        """Mean log-loss a race of the candidate less the champion's: below 0 the candidate is ahead."""
        return (self.candidate - self.champion) / self.races if self.races else 0.0

    @property
    def evidence(self) -> float:
        """Log of the e-value that the candidate is better."""
        return _evidence(self.gained, self.spread)

    @property
    def counter_evidence(self) -> float:
        """Log of the e-value that the candidate is worse."""
        return _evidence(-self.gained, self.spread)

    @property
    def verdict(self) -> Verdict:
        """What the evidence allows to say. Better only where the losses as they are say so too."""
        needed = log(1.0 / LEVEL)
        if self.evidence >= needed and self.difference < 0.0:
            return "BETTER"
        return "WORSE" if self.counter_evidence >= needed else "OPEN"


def _evidence(gained: float, spread: float) -> float:
    width = 2.0 * BOUND
    logs = [stake / width * gained - (-log(1.0 - stake) - stake) / width**2 * spread for stake in STAKES]
    top = max(logs)
    return top + log(sum(exp(each - top) for each in logs) / len(logs))


def log_loss(chances: dict[str, float], winners: tuple[str, ...]) -> float | None:
    """Log-loss of a race by runner, in nats; of a dead heat the mean. None where a winner has no chance told.

    >>> round(log_loss({"a": 0.5, "b": 0.5}, ("a",)), 3)
    0.693
    """
    if not winners or any(winner not in chances for winner in winners):
        return None
    return -sum(log(max(chances[winner], SMALLEST)) for winner in winners) / len(winners)


def in_words(trial: Trial) -> str:
    """The trial in one sentence."""
    said = {"BETTER": "the candidate is better", "WORSE": "the candidate is worse", "OPEN": "no verdict yet"}
    return (
        f"{said[trial.verdict]}: {trial.difference:+.4f} log-loss a race over {trial.races} races "
        f"(e-value {exp(min(trial.evidence, 700.0)):.3g} for better, "
        f"{exp(min(trial.counter_evidence, 700.0)):.3g} for worse; {1 / LEVEL:.0f} is enough)"
    )
