"""Class moves: by the names of classes, by pattern, by purse."""

from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
import pytest

from models.form.facts import RaceFacts, Runner
from models.guide.lines import Line
from models.interpreters.classes import class_move, level_of

FACTS = RaceFacts("HKST-20250629-01", date(2025, 6, 29), "HKST", (Runner("1", "h"),), race_class="Class 4")
RAN = Line(
    day=1, track="HKST", furlongs=6.0, surface="TURF", going="GOOD", position=6, runners=12, lengths=4.0,
    price=9.0, early=5, rider="Z Purton", geared=False, weight=126.0,
)  # fmt: skip


def moves(facts: RaceFacts, *past: dict[str, Any]) -> list[tuple[str, float]]:
    lines = [msgspec.structs.replace(RAN, **each) for each in past]
    return [(note["text"], note["severity"]) for note in class_move(facts, lines)]


def runs(*classes: str, position: int = 6) -> list[dict[str, Any]]:
    return [{"race_class": name, "position": position} for name in classes]


def test_a_drop_speaks_for_it_and_says_from_where() -> None:
    ((text, severity),) = moves(FACTS, *runs("Class 3", "Class 3", "Class 4"))
    assert text == "Down to Class 4: its last 2 runs were in Class 3."
    assert severity > 0.0


def test_a_drop_to_where_it_has_not_run_is_told_as_its_lowest() -> None:
    ((text, _),) = moves(FACTS, *runs("Class 3", "Class 2", "Class 3 (Restricted)"))
    assert text == "Down to Class 4, its lowest class in 3 runs: its last run was in Class 3."


def test_a_rise_is_against_it_unless_it_won() -> None:
    facts = replace(FACTS, race_class="Class 3")
    ((text, severity),) = moves(facts, *runs("Class 4", "Class 3"))
    assert (text, severity < 0.0) == ("Up to Class 3: its last run was in Class 4.", True)
    ((text, severity),) = moves(facts, *runs("Class 4", "Class 3", position=1))
    assert (text, severity) == ("Up to Class 3: it won in Class 4 last time.", 0.0)


def test_the_same_class_and_first_starts_say_nothing() -> None:
    assert moves(FACTS, *runs("Class 4 (Restricted)", "Class 3")) == []
    assert moves(FACTS) == []


def test_pattern_races_are_above_classes() -> None:
    ((text, severity),) = moves(replace(FACTS, race_class="Hong Kong Group Three"), *runs("Class 2"))
    assert text == "Up to Group 3: its last run was in Class 2."
    assert severity < 0.0


@pytest.mark.parametrize(
    ("name", "level"),
    [("Class 5", 5.0), ("Class 1 Group 2", 0.5), ("Belmont-G1", 0.25), ("Alw92000n1x", None), (None, None)],
)
def test_levels(name: str | None, level: float | None) -> None:
    assert level_of(name) == level


def test_where_classes_have_no_names_purses_tell() -> None:
    facts = replace(FACTS, race_class="OClm 50000n1x", purse=110_000.0)
    ((text, severity),) = moves(facts, {"race_class": "Alw40000n1x", "purse": 40_000.0})
    assert text == "Up in class: worth $110,000 today, $40,000 last time."
    assert severity < 0.0
    ((text, severity),) = moves(facts, {"race_class": "WndrAgn-Stk", "purse": 300_000.0})
    assert text.startswith("Down in class: worth $110,000 today, $300,000")
    assert severity > 0.0
    assert moves(facts, {"race_class": "Alw92000n1x", "purse": 92_000.0}) == []
