"""Class: whether the race is of a higher or a lower class than the runs before, by name or by its purse."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from math import isfinite, log

from models.form.facts import RaceFacts
from models.guide.lines import Line
from models.interpreters.notes import Note, note

_CLASS = re.compile(r"\bClass ([1-7])\b", re.IGNORECASE)
_PATTERN = re.compile(r"(?:\bG|\bGr(?:oup|ade) ?)(1|2|3|One|Two|Three)\b", re.IGNORECASE)
_NUMBERS = {"one": 1, "two": 2, "three": 3}

RICHER = 1.5
"""What a purse has to be times another one to be of another class, where classes have no names."""

STEP = 0.25
"""What a class is worth to a runner from above; half of it is against one from below that has not won."""


def level_of(race_class: str | None) -> float | None:
    """A class as a number, lower for better: that of the class, below 1 for a pattern race; None without one.

    >>> level_of("Class 4 (Restricted)"), level_of("Manhttn-G1"), level_of("Hong Kong Group Three")
    (4.0, 0.25, 0.75)
    """
    found = _PATTERN.search(race_class or "")
    if found:
        text = found[1].lower()
        return 0.25 * (_NUMBERS.get(text) or int(text))
    found = _CLASS.search(race_class or "")
    return float(found[1]) if found else None


def class_move(facts: RaceFacts, lines: Sequence[Line]) -> Iterator[Note]:
    """An annotation of a move up or down in class from the last run; `lines` latest first."""
    if not lines:
        return
    today, last = level_of(facts.race_class), level_of(lines[0].race_class)
    if today is not None and last is not None:
        yield from _by_name(today, last, lines)
    elif isfinite(facts.purse) and lines[0].purse:
        yield from _by_purse(facts.purse, lines[0].purse)


def _by_name(today: float, last: float, lines: Sequence[Line]) -> Iterator[Note]:
    if today == last:
        return
    levels = [level_of(line.race_class) for line in lines]
    ran = sum(1 for _ in takewhile(lambda level: level == last, levels))
    new = all(level is not None and (level < today if today > last else level > today) for level in levels)
    extreme = "lowest" if today > last else "highest"
    first = f", its {extreme} class in {len(lines)} runs" if new and ran < len(lines) else ""
    before = f"its last {ran} runs were in {_name(last)}" if ran > 1 else f"its last run was in {_name(last)}"
    if lines[0].position == 1:
        before = f"it won in {_name(last)} last time"
    steps = min(abs(today - last), 2.0)
    if today > last:
        yield note("CLASS", STEP * steps, 0.5, f"Down to {_name(today)}{first}: {before}.")
    else:
        severity = 0.0 if lines[0].position == 1 else -0.5 * STEP * steps
        yield note("CLASS", severity, 0.5, f"Up to {_name(today)}{first}: {before}.")


def _name(level: float) -> str:
    return f"Class {level:.0f}" if level >= 1.0 else f"Group {4.0 * level:.0f}"


def _by_purse(today: float, last: float) -> Iterator[Note]:
    if max(today, last) < RICHER * min(today, last):
        return
    words = "Up" if today > last else "Down"
    severity = STEP * log(last / today) * (1.0 if today < last else 0.5)
    text = f"{words} in class: worth ${today:,.0f} today, ${last:,.0f} last time."
    yield note("CLASS", min(max(severity, -0.3), 0.5), 0.3, text)
