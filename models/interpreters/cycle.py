"""Form cycle: first starts, layoffs, winning and losing runs, and which way the figures go."""

from collections.abc import Iterator, Sequence

from models.form.facts import RaceFacts, Runner
from models.guide.lines import Line
from models.interpreters.notes import Note, note

LAYOFF_DAYS, LONG_LAYOFF_DAYS, QUICK_DAYS = 60, 180, 9
LEAST_CHANGE = 1.5
"""Lengths by which a figure has to differ from those before to be a trend."""


def cycle(runner: Runner, facts: RaceFacts, lines: Sequence[Line]) -> Iterator[Note]:
    """Annotations of where a horse stands in its form; `lines` latest first."""
    del runner
    if not lines:
        yield note("DEBUT", 0.0, 0.2, "No run is known: the market's opinion counts.")
        return
    yield from _rest(facts.race_date.toordinal() - lines[0].day)
    placings = [line.position for line in lines if line.position is not None]
    if len(placings) > 1 and placings[0] == placings[1] == 1:
        yield note("FORM", 0.7, 0.8, f"Won its last {_streak(placings)} runs.")
    elif placings and placings[0] == 1:
        yield note("FORM", 0.5, 0.6, "Won last time out.")
    elif len(placings) >= 5 and min(placings[:5]) > 5:
        yield note("FORM", -0.5, 0.6, "Not in the first five in its last five runs.")
    yield from _trend([figure for line in lines[:4] if (figure := line.figure) is not None])


def _rest(days: int) -> Iterator[Note]:
    if days >= LONG_LAYOFF_DAYS:
        yield note("LAYOFF", -0.4, 0.6, f"Returns after {days} days.")
    elif days >= LAYOFF_DAYS:
        yield note("LAYOFF", -0.2, 0.5, f"First run for {days} days.")
    elif 0 < days <= QUICK_DAYS:
        yield note("LAYOFF", 0.1, 0.3, f"Back after {days} days.")


def _streak(placings: list[int]) -> int:
    return next((at for at, placing in enumerate(placings) if placing != 1), len(placings))


def _trend(figures: list[float]) -> Iterator[Note]:
    if len(figures) < 3:
        return
    change = figures[0] - sum(figures[1:]) / (len(figures) - 1)
    if change >= LEAST_CHANGE:
        yield note("FORM", 0.15 * change, 0.5, f"Ran {change:.1f} lengths better last time than before.")
    elif change <= -LEAST_CHANGE:
        yield note("FORM", 0.15 * change, 0.5, f"Ran {-change:.1f} lengths worse last time than before.")
