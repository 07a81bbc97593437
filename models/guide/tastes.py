"""What suits a horse by its past lines: how much better it ran under one kind of conditions than others.

Told in words by the interpreters, and held against a day's results by the learner of the day.
"""

from collections.abc import Iterable, Sequence
from math import nan
from typing import NamedTuple

from models.guide.lines import Line, is_wet

SPREAD = 1.5
"""Standard deviation of a horse's ratings from run to run, in log-odds: 1.3 in Hong Kong, 1.8 in Britain."""

TASTES = 0.3
"""Standard deviation of what horses truly have more on the wet than on the dry, in log-odds: a judgement.

Ratings differ by more (0.7 in Hong Kong, 1.5 in Britain), because wet runs come together in time: much of it
is what form did in between.
"""


class Taste(NamedTuple):
    """Runs of both kinds, and the mean rating of the first above that of the second, in log-odds."""

    here: int
    there: int
    apart: float

    @property
    def likely(self) -> float:
        """`apart` drawn to the field's, that is to 0: few runs say little.

        The mean of a normal taste given a normal reading of it (Gelman et al. 2013, section 2.5).

        >>> round(Taste(2, 2, 1.0).likely, 3), round(Taste(6, 6, 1.0).likely, 3)
        (0.038, 0.107)
        """
        doubt = SPREAD**2 * (1.0 / self.here + 1.0 / self.there)
        return self.apart * TASTES**2 / (TASTES**2 + doubt)


def taste_of(told: Iterable[tuple[bool, Line]]) -> Taste | None:
    """The taste that lines show, each told to be of the one kind or the other; None without both kinds."""
    rated = [(same, rating) for same, line in told if (rating := line.rating) is not None]
    here = [rating for same, rating in rated if same]
    there = [rating for same, rating in rated if not same]
    if not here or not there:
        return None
    return Taste(len(here), len(there), sum(here) / len(here) - sum(there) / len(there))


def wet_taste(lines: Sequence[Line], surface: str) -> float:
    """What a horse is likely to have more on wet going than on dry, in log-odds; NaN where not known.

    Only lines of the surface count: who likes wet dirt says nothing of soft turf.
    """
    told = [
        (wet, line) for line in lines if line.surface == surface and (wet := is_wet(line.going)) is not None
    ]
    taste = taste_of(told)
    return nan if taste is None else taste.likely
