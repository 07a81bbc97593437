"""Equipment: what is worn for the first time, again or no more, by the codes of those who list it."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from models.form.facts import RaceFacts, Runner
from models.guide.lines import Line
from models.interpreters.notes import Note, note

HONG_KONG = {
    "B": "blinkers", "BO": "a blinker with one cowl", "CC": "a Cornell collar",
    "CO": "a cheek piece on one side", "CP": "cheek pieces", "E": "ear plugs", "H": "a hood",
    "P": "pacifiers", "PC": "pacifiers with cowls", "PS": "a pacifier with one cowl",
    "SB": "a sheepskin browband", "SR": "a shadow roll", "TT": "a tongue tie", "V": "a visor",
    "VO": "a visor with one cowl", "XB": "a crossed noseband",
}  # fmt: skip
"""The Jockey Club's codes; a 1 behind one says for the first time, a 2 again, a - taken off today."""

LETTERS = {
    "b": "blinkers", "e": "an eye shield", "h": "a hood", "p": "cheek pieces", "t": "a tongue tie",
    "v": "a visor",
}  # fmt: skip
"""Britain's and America's, written one after the other; a 1 behind them says the last for the first time."""

EYE_SHIELD, BANDAGES = "e/s", "f"
"""The one code with a stroke in it; and front bandages, which past runs list and cards do not."""

NONE = ("none", "n/a", "-")
_CODE = re.compile(r"([A-Z]+)([-\d]?)")
FIRST, AGAIN, OFF = "1", "2", "-"


class Worn(NamedTuple):
    """What is listed of a horse: each code's mark, empty without one, and whether marks tell every change."""

    marks: dict[str, str]
    marked: bool

    @property
    def on(self) -> frozenset[str]:
        """What it wears."""
        return frozenset(code for code, mark in self.marks.items() if mark != OFF)


def worn(equipment: str) -> Worn:
    """What a source lists, code by code.

    >>> worn("B-/TT1"), worn("tp1").marks
    (Worn(marks={'B': '-', 'TT': '1'}, marked=True), {'t': '', 'p': '1'})
    """
    text = equipment.strip()
    if not text or text.lower() in NONE:
        return Worn({}, marked=False)
    if text == text.upper():
        return Worn(dict(_CODE.findall(text)), marked=True)
    letters = text.lower().replace(EYE_SHIELD, "e").rstrip("0123456789")
    if not set(letters) <= {*LETTERS, BANDAGES}:
        return Worn({text.lower(): ""}, marked=False)  # it is written out
    marks = dict.fromkeys(letters.replace(BANDAGES, ""), "")
    if text[-1] == FIRST and letters[-1:] in marks:
        marks[letters[-1]] = FIRST
    return Worn(marks, marked=False)


def equipment(runner: Runner, facts: RaceFacts, lines: Sequence[Line]) -> Iterator[Note]:
    """What of its equipment is new against its past runs, as one annotation; `lines` latest first."""
    if not lines or not (runner.equipment or any(each.equipment for each in facts.runners)):
        return  # a first start, or nobody's equipment is listed
    today, past = worn(runner.equipment), [_on(line) for line in lines]
    first = [code for code, mark in today.marks.items() if mark == FIRST or _is_new(code, today, past)]
    again = [code for code, mark in today.marks.items() if mark == AGAIN or _is_back(code, today, past)]
    off = [code for code, mark in today.marks.items() if mark == OFF]
    if not (today.marked or worn(lines[0].gear or "").marked):  # else its marks alone say so
        off += sorted((past[0] or frozenset()) - set(today.marks))
    said = [
        *([f"wears {_listed(first)} for the first time"] if first else []),
        *([f"{_listed(again, bare=True)} again"] if again else []),
        *([f"{_listed(off, bare=True)} off"] if off else []),
    ]
    if said:
        text = "; ".join(said)
        yield note("EQUIPMENT", 0.2 if first else 0.1 if again else 0.0, 0.3, f"{text[0].upper()}{text[1:]}.")


def _on(line: Line) -> frozenset[str] | None:
    """What it wore in a run; None where only that it wore something is known."""
    if line.gear is None:
        return None if line.geared else frozenset()
    return worn(line.gear).on


def _is_new(code: str, today: Worn, past: Sequence[frozenset[str] | None]) -> bool:
    """Never worn in a run that is known, where marks do not say so."""
    unmarked = not today.marked and not today.marks[code]
    return unmarked and all(on is not None and code not in on for on in past)


def _is_back(code: str, today: Worn, past: Sequence[frozenset[str] | None]) -> bool:
    """Not worn last time and once before."""
    last = past[0]
    away = not today.marked and not today.marks[code] and last is not None and code not in last
    return away and any(on is not None and code in on for on in past[1:])


def _listed(codes: Sequence[str], *, bare: bool = False) -> str:
    """Codes in words, "blinkers and a tongue tie"; `bare` without articles."""
    words = [HONG_KONG.get(code) or LETTERS.get(code) or code for code in codes]
    *most, last = [word.removeprefix("a ").removeprefix("an ") for word in words] if bare else words
    return f"{', '.join(most)} and {last}" if most else last
