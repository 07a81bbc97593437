"""Tastes: what past lines say of wet going against dry, drawn to the field's where lines are few."""

from math import isnan

import msgspec
import pytest

from models.guide.lines import Line
from models.guide.tastes import Taste, taste_of, wet_taste

GOOD_RUN, BAD_RUN = (
    {"position": 1, "lengths": 0.0, "price": 3.0},
    {"position": 9, "lengths": 12.0, "price": 20.0},
)
PLAIN = Line(
    day=740_000, track="BEL", furlongs=8.0, surface="TURF", going="FIRM", position=4, runners=10, lengths=4.0,
    price=8.0, early=5, rider="J. Rider", geared=False, weight=120.0,
)  # fmt: skip


def lines(going: str, runs: int, **fields: object) -> list[Line]:
    return [msgspec.structs.replace(PLAIN, going=going, day=PLAIN.day - n, **fields) for n in range(runs)]


def test_a_horse_that_runs_better_on_wet_going_has_a_taste_for_it() -> None:
    mudlark = lines("SOFT", 3, **GOOD_RUN) + lines("FIRM", 3, **BAD_RUN)
    fine = lines("SOFT", 3, **BAD_RUN) + lines("FIRM", 3, **GOOD_RUN)
    assert wet_taste(mudlark, "TURF") > 0.0
    assert wet_taste(fine, "TURF") == pytest.approx(-wet_taste(mudlark, "TURF"))


def test_more_runs_say_more_and_never_more_than_they_show() -> None:
    few, many = Taste(1, 1, 1.0), Taste(6, 6, 1.0)
    assert 0.0 < few.likely < many.likely < 1.0


@pytest.mark.parametrize(
    "past",
    [
        [],
        lines("SOFT", 4),
        lines("FIRM", 4),
        [msgspec.structs.replace(PLAIN, going=None), *lines("SOFT", 2)],
        lines("SOFT", 2) + lines("FIRM", 2, position=None),
    ],
    ids=["no runs", "wet only", "dry only", "going not stated", "no figure on the dry"],
)
def test_without_rated_runs_on_both_it_is_unknown(past: list[Line]) -> None:
    assert isnan(wet_taste(past, "TURF"))


def test_wet_dirt_says_nothing_of_soft_turf() -> None:
    muddy = lines("MUDDY", 3, surface="DIRT", **GOOD_RUN) + lines("FIRM", 3, **BAD_RUN)
    assert isnan(wet_taste(muddy, "TURF"))
    both = muddy + lines("SOFT", 3)
    assert wet_taste(both, "TURF") == wet_taste(lines("FIRM", 3, **BAD_RUN) + lines("SOFT", 3), "TURF")


def test_runs_of_one_kind_alone_are_no_taste() -> None:
    assert taste_of((True, line) for line in lines("SOFT", 3)) is None
    assert taste_of([(True, PLAIN), (False, PLAIN)]) == Taste(1, 1, 0.0)
