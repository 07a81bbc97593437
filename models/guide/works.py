"""Timed morning works of a horse, as the guide keeps them."""

from msgspec import Struct

from models.guide.lines import day_of
from schemas.records import Workout

KEPT = 12
"""Works kept of a horse."""


class Work(Struct, frozen=True):
    """One work; None where the source does not say."""

    day: int
    """Proleptic ordinal of its date."""
    furlongs: float | None
    seconds: float | None
    rank: int | None
    ranked: int | None

    @property
    def standing(self) -> float | None:
        """Part of the works of its day and distance that were not slower: small is fast."""
        return self.rank / self.ranked if self.rank and self.ranked else None


def work_of(event: Workout) -> Work | None:
    """The work of an event; None where it has no date to stand at."""
    day = day_of(event["work_date"])
    if day is None:
        return None
    return Work(day, event["distance_furlongs"], event["seconds"], event["rank"], event["ranked"])
