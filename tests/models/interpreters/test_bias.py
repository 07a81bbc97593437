"""Bias last time: against what the day favoured, or helped by it, and only where the day leaned."""

from datetime import date
from typing import Any

import msgspec

from models.guide.book import GuideBook, Lean
from models.guide.lines import Line
from models.interpreters.bias import bias_last_time

DAY = date(2025, 6, 1).toordinal()
RAN = Line(
    day=DAY, track="HKHV", furlongs=6.0, surface="TURF", going="GOOD", position=6, runners=11, lengths=4.0,
    price=9.0, early=10, rider="Z Purton", geared=False, weight=126.0, draw=0.5,
)  # fmt: skip


def said(lean: Lean, **fields: Any) -> list[tuple[str, bool]]:
    book = GuideBook()
    book.lean("HKHV|TURF", lean)
    lines = [msgspec.structs.replace(RAN, **fields)]
    return [(note["text"], note["severity"] > 0.0) for note in bias_last_time(lines, book)]


def test_drawn_on_the_wrong_side_it_ran_against_the_bias_which_speaks_for_it() -> None:
    lean = Lean(DAY, -0.15, 0.12, 0.0, 0.12)
    text = "Ran against the bias last time: drawn high on a day that seemed to favour low draws."
    assert said(lean) == [(text, True)]
    assert said(lean, draw=-0.5) == [
        ("Was helped last time: drawn low on a day that seemed to favour low draws.", False)
    ]


def test_a_closer_on_a_day_for_front_runners() -> None:
    ((text, speaks_for),) = said(Lean(DAY, 0.0, 0.12, -0.15, 0.12))
    assert text == (
        "Ran against the bias last time: behind early on a day that seemed to favour front runners."
    )
    assert speaks_for


def test_a_day_that_hardly_leaned_another_day_or_the_middle_say_nothing() -> None:
    assert said(Lean(DAY, -0.05, 0.12, -0.05, 0.12)) == []
    assert said(Lean(DAY - 1, -0.3, 0.12, -0.3, 0.12)) == []
    assert said(Lean(DAY, -0.3, 0.12, -0.3, 0.12), draw=0.1, early=6) == []
    assert list(bias_last_time([], GuideBook())) == []


def test_the_last_word_on_a_day_counts_and_days_long_past_are_forgotten() -> None:
    book = GuideBook()
    for lean in (
        Lean(DAY - 500, 0.2, 0.1, 0.0, 0.1),
        Lean(DAY, 0.1, 0.1, 0.0, 0.1),
        Lean(DAY, 0.3, 0.1, 0.0, 0.1),
    ):
        book.lean("HKHV|TURF", lean)
    assert [(each.day, each.draw) for each in book.leans["HKHV|TURF"]] == [(DAY, 0.3)]
