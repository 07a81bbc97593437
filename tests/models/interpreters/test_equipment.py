"""Equipment against past runs: Hong Kong's marked codes, Britain's letters, words."""

from dataclasses import replace
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.form.facts import RaceFacts, Runner
from models.guide.lines import Line
from models.interpreters.equipment import equipment, worn

TODAY = date(2025, 6, 29)
RUNNER = Runner("1", "h")
FACTS = RaceFacts("HKST-20250629-01", TODAY, "HKST", (RUNNER, Runner("2", "g", equipment="TT")))
RAN = Line(
    day=TODAY.toordinal() - 20, track="HKST", furlongs=6.0, surface="TURF", going="GOOD", position=4,
    runners=12, lengths=3.0, price=8.0, early=5, rider="Z Purton", geared=False, weight=126.0,
)  # fmt: skip


def said(today: str, *past: str | None) -> list[str]:
    """What is said of today's equipment after runs in that of the past, the latest first."""
    lines = [
        msgspec.structs.replace(RAN, day=RAN.day - 20 * n, gear=gear, geared=bool(gear))
        for n, gear in enumerate(past)
    ]
    return [note["text"] for note in equipment(replace(RUNNER, equipment=today), FACTS, lines)]


@pytest.mark.parametrize(
    ("today", "past", "text"),
    [
        ("B-", ["B"], "Blinkers off."),
        ("B-/TT", ["B/TT"], "Blinkers off."),
        ("B/TT1", ["B"], "Wears a tongue tie for the first time."),
        ("B1/TT1", [""], "Wears blinkers and a tongue tie for the first time."),
        ("B2/TT", ["TT", "B/TT"], "Blinkers again."),
        (
            "CP-/B2/XB1",
            ["CP"],
            "Wears a crossed noseband for the first time; blinkers again; cheek pieces off.",
        ),
        ("PC1/TT-", ["TT"], "Wears pacifiers with cowls for the first time; tongue tie off."),
    ],
)
def test_hong_kong_marks_what_is_new_again_and_off(today: str, past: list[str], text: str) -> None:
    assert said(today, *past) == [text]


def test_hong_kong_s_unmarked_codes_are_as_last_time_whatever_lines_know() -> None:
    assert said("B/TT", "TT", "TT") == []
    assert said("", "B/TT") == []


@pytest.mark.parametrize(
    ("today", "past", "text"),
    [
        ("tp", ["t", "t"], "Wears cheek pieces for the first time."),
        ("tp1", ["t"], "Wears cheek pieces for the first time."),
        ("p", ["t", "p"], "Cheek pieces again; tongue tie off."),
        ("", ["b"], "Blinkers off."),
        ("b", ["", "b"], "Blinkers again."),
        ("e/s", ["h"], "Wears an eye shield for the first time; hood off."),
        ("blinkers", [""], "Wears blinkers for the first time."),
        ("b", ["f"], "Wears blinkers for the first time."),
    ],
)
def test_letters_without_marks_are_held_against_past_runs(today: str, past: list[str], text: str) -> None:
    assert said(today, *past) == [text]


def test_front_bandages_are_on_no_card_and_so_never_off() -> None:
    assert said("b", "bf") == []


def test_nothing_is_said_of_a_first_start_or_where_nobody_s_equipment_is_listed() -> None:
    assert said("b") == []
    bare = replace(FACTS, runners=(RUNNER,))
    assert list(equipment(RUNNER, bare, [msgspec.structs.replace(RAN, gear="b", geared=True)])) == []


def test_a_line_that_only_knows_that_something_was_worn_makes_nothing_new() -> None:
    known = msgspec.structs.replace(RAN, geared=True)
    assert list(equipment(replace(RUNNER, equipment="t"), FACTS, [known])) == []


@given(st.text(max_size=12), st.lists(st.text(max_size=6), max_size=3))
def test_whatever_a_source_writes_makes_at_most_one_annotation_with_a_sentence(
    today: str, past: list[str]
) -> None:
    found = said(today, *past)
    assert len(found) <= 1
    assert all(text.endswith(".") for text in found)


def test_none_in_words_is_none() -> None:
    assert worn("none").on == worn("").on == frozenset()


def test_what_is_worn_for_the_first_time_speaks_for_it_and_taken_off_says_nothing_either_way() -> None:
    (first,) = equipment(replace(RUNNER, equipment="V1"), FACTS, [RAN])
    (off,) = equipment(replace(RUNNER, equipment="V-"), FACTS, [RAN])
    assert first["severity"] > 0.0 == off["severity"]
