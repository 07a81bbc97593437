"""Raw values of one runner from its past lines: they depend on no price and on no other runner."""

from collections.abc import Callable, Sequence
from math import exp, isfinite, log, nan

from models.form.facts import RaceFacts, Runner
from models.guide.lines import Line, is_wet

FEATURE_SET = "guide-1"

FADING = 0.85
"""What each run farther back counts of the one after it."""

DOUBT = 0.7
"""Runs' worth of an average horse that every mean is drawn towards."""

TRIP_WIDTH = 0.15
"""Width of the kernel over log distance."""

COLUMNS = (
    "runs", "figure", "backed", "rating", "rating at the trip", "rating on dry", "rating on wet",
    "rating on turf", "rating on dirt", "rating on synthetic", "last figure", "last backed", "forward",
    "days off", "weight", "post", "geared", "rating geared", "rider", "trainer", "sire", "trend",
)  # fmt: skip
COLUMN = {name: at for at, name in enumerate(COLUMNS)}


def values_of(
    runner: Runner, facts: RaceFacts, lines: Sequence[Line], people: Callable[[str, str], float]
) -> list[float]:
    """One value a column of COLUMNS, NaN where nothing is known; `lines` latest first, all of earlier days.

    `people(kind, name)` is what a rider, trainer or sire is worth in the unit of figures.
    """
    past = [(line, FADING**back) for back, line in enumerate(lines)]
    figures = [(figure, weight, line) for line, weight in past if (figure := line.figure) is not None]
    backed = [(value, weight) for line, weight in past if (value := line.backed) is not None]
    forward = [(value, weight) for line, weight in past if (value := line.forward) is not None]

    rated = [(rating, weight, line) for line, weight in past if (rating := line.rating) is not None]

    overall = _mean([(rating, weight) for rating, weight, _ in rated], DOUBT)

    def mean(counts: Callable[[Line], float]) -> float:
        """Over the runs that count here, drawn towards all of them where few do."""
        mass = sum(weight * counts(line) for _, weight, line in rated)
        total = sum(rating * weight * counts(line) for rating, weight, line in rated)
        return (total + DOUBT * overall) / (mass + DOUBT)

    return [
        float(len(lines)),
        _mean([(figure, weight) for figure, weight, _ in figures], DOUBT),
        _mean(backed, DOUBT),
        overall,
        mean(lambda line: _near(line.furlongs, facts.distance_furlongs)),
        mean(lambda line: _suits(is_wet(line.going), False)),
        mean(lambda line: _suits(is_wet(line.going), True)),
        mean(lambda line: float(line.surface == "TURF")),
        mean(lambda line: float(line.surface == "DIRT")),
        mean(lambda line: float(line.surface == "SYNTHETIC")),
        figures[0][0] if figures else nan,
        backed[0][0] if backed else nan,
        _mean(forward, 0.0),
        float(facts.race_date.toordinal() - lines[0].day) if lines else nan,
        runner.weight_lbs,
        runner.post_position,
        float(bool(runner.equipment)),
        mean(lambda line: float(line.geared)) - mean(lambda line: float(not line.geared)),
        people("rider", runner.jockey),
        people("trainer", runner.trainer),
        people("sire", runner.sire),
        figures[0][0] - (figures[1][0] + figures[2][0]) / 2.0 if len(figures) > 2 else nan,
    ]


def _mean(weighted: list[tuple[float, float]], doubt: float) -> float:
    mass = sum(weight for _, weight in weighted)
    return sum(value * weight for value, weight in weighted) / (mass + doubt) if mass > 0.0 else nan


def _near(then: float | None, now: float) -> float:
    """How much a run at another distance says of one at this; half where either is unknown."""
    if then is None or not isfinite(now):
        return 0.5
    return exp(-((log(then / now) / TRIP_WIDTH) ** 2))


def _suits(then: bool | None, now: bool) -> float:
    return 0.5 if then is None else 1.0 if then == now else 0.3
