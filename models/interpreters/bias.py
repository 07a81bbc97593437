"""Bias last time: whether a horse ran against what its day favoured, or was helped by it."""

from collections.abc import Iterator, Sequence
from math import erf, sqrt

from models.guide.book import GuideBook
from models.guide.lines import Line
from models.interpreters.notes import Note, note

SURE = 0.6
"""Standard deviations that a day's bias has to be from nothing to be told: three to one that it is there."""

TO_ONE_SIDE = 0.25
"""How far from the middle of the field a runner has to have been."""


def bias_last_time(lines: Sequence[Line], book: GuideBook) -> Iterator[Note]:
    """Annotations of the last run's day, by all its races; `lines` latest first, all of days before."""
    lean = book.lean_on(lines[0]) if lines else None
    if lean is None:
        return
    last = lines[0]
    forward = None if last.forward is None else last.forward - 0.5
    for kind, bias, doubt, place, sides, places in (
        ("DRAW", lean.draw, lean.draw_doubt, last.draw, ("low draws", "high draws"), ("low", "high")),
        ("PACE", lean.early, lean.early_doubt, forward, ("front runners", "horses from behind"), _RAN),
    ):
        sure = abs(bias) / doubt if doubt > 0.0 else 0.0
        if sure < SURE or place is None or abs(place) < TO_ONE_SIDE:
            continue
        favoured, where = sides[bias > 0.0], places[place > 0.0]
        where = f"drawn {where}" if kind == "DRAW" else where
        helped = bias * place > 0.0
        what = "Was helped" if helped else "Ran against the bias"
        text = f"{what} last time: {where} on a day that seemed to favour {favoured}."
        yield note(kind, -2.0 * bias * place, erf(sure / sqrt(2.0)), text)


_RAN = ("in front early", "behind early")
