"""Tiers and what each is entitled to: the one table that everything asks."""

from dataclasses import dataclass
from enum import StrEnum


class Tier(StrEnum):
    """What an account has."""

    FREE = "free"
    PLUS = "plus"
    PRO = "pro"


@dataclass(frozen=True, slots=True)
class Entitlements:
    """What somebody may ask for."""

    requests_a_minute: int
    channels: int
    """Channels of one live connection."""
    rules: int
    """Alert rules."""
    webhooks: int
    api_keys: int
    tracked: int
    """Horses, riders, trainers and tracks followed."""
    history_days: int
    """How many days back history reaches."""


ANONYMOUS = Entitlements(
    requests_a_minute=600, channels=64, rules=0, webhooks=0, api_keys=0, tracked=0, history_days=2
)
"""Of whoever is not signed in."""

TABLE = {
    Tier.FREE: Entitlements(600, 64, 20, 1, 2, 100, 30),
    Tier.PLUS: Entitlements(1200, 256, 200, 5, 10, 1000, 400),
    Tier.PRO: Entitlements(6000, 1024, 1000, 20, 50, 10_000, 4000),
}


def of(tier: str | None) -> Entitlements:
    """Entitlements of a tier; None is nobody in particular."""
    return ANONYMOUS if tier is None else TABLE[Tier(tier)]
