"""Interpreters: each says what a person would read from the lines, and nothing where there is nothing."""

from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
import pytest

from models.form.facts import RaceFacts, Runner
from models.guide.book import GuideBook, Tally
from models.guide.lines import Line
from models.interpreters import annotate
from schemas.defaults import defaults
from schemas.records import Workout

TODAY = date(2026, 3, 1)
RUNNER = Runner("1", "h", jockey="J. Rider", weight_lbs=120.0)
FACTS = RaceFacts("BEL-20260301-01", TODAY, "BEL", (RUNNER,), distance_furlongs=8.0, surface="DIRT")
PLAIN = Line(
    day=TODAY.toordinal() - 30, track="BEL", furlongs=8.0, surface="DIRT", going="FAST", position=4,
    runners=10, lengths=5.0, price=8.0, early=5, rider="J. Rider", geared=False, weight=120.0,
)  # fmt: skip


def lines(*changes: dict[str, Any]) -> list[Line]:
    return [msgspec.structs.replace(PLAIN, day=PLAIN.day - 30 * n, **each) for n, each in enumerate(changes)]


def kinds(found: list[Any], kind: str) -> list[tuple[str, float]]:
    return [(each["text"], each["severity"]) for each in found if each["kind"] == kind]


def told(
    past: list[Line], facts: RaceFacts = FACTS, runner: Runner = RUNNER, book: GuideBook | None = None
) -> Any:
    return annotate(runner, facts, past, book or GuideBook())


def test_a_first_start_and_an_ordinary_horse() -> None:
    assert kinds(told([]), "DEBUT")
    assert told(lines({}, {}, {})) == []


def test_form_cycle() -> None:
    assert kinds(told(lines({"position": 1, "lengths": 0.0}, {"position": 1}, {})), "FORM")[0][0] == (
        "Won its last 2 runs."
    )
    assert kinds(told(lines(*[{"position": 8}] * 5)), "FORM")[0][1] < 0
    assert "better last time" in kinds(told(lines({"lengths": 0.5}, {}, {})), "FORM")[0][0]


@pytest.mark.parametrize(
    ("days", "words"), [(200, "Returns after 200"), (70, "First run for 70"), (5, "Back after")]
)
def test_layoff(days: int, words: str) -> None:
    past = [msgspec.structs.replace(PLAIN, day=TODAY.toordinal() - days)]
    assert kinds(told(past), "LAYOFF")[0][0].startswith(words)


def test_going_surface_and_distance_preference() -> None:
    wet = lines(
        *[{"going": "SLOPPY", "lengths": 0.0, "price": 2.0}] * 2, *[{"lengths": 12.0, "price": 30.0}] * 3
    )
    on_wet = told(wet, replace(FACTS, going="MUDDY"))
    assert kinds(on_wet, "GOING")[0] == ("Better on wet going: 2 of 5 runs were on it.", 1.0)
    assert kinds(told(wet, replace(FACTS, going="FAST")), "GOING")[0][1] < 0
    assert (
        kinds(told(lines({}, {}), replace(FACTS, surface="TURF")), "DISTANCE")[0][0] == "First try on turf."
    )
    assert (
        "longer trip"
        in kinds(told(lines({}, {}, {}), replace(FACTS, distance_furlongs=12.0)), "DISTANCE")[0][0]
    )


def test_trips_pace_weight_and_equipment() -> None:
    assert kinds(told(lines({"comments": "checked 3/8, no room"})), "TRIP")[0][1] > 0
    assert kinds(told(lines({"comments": "led, weakened"})), "TRIP")[0][1] < 0
    assert "in front" in kinds(told(lines(*[{"early": 1}] * 4)), "PACE")[0][0]
    assert "from behind" in kinds(told(lines(*[{"early": 10}] * 4)), "PACE")[0][0]
    assert kinds(told(lines({"weight": 128.0})), "CLASS")[0][1] > 0
    assert "first time" in kinds(told(lines({}), runner=replace(RUNNER, equipment="b")), "EQUIPMENT")[0][0]


def test_people_only_with_enough_behind_them() -> None:
    few, many = (GuideBook(people={"rider|J. Rider": Tally(n, 1.5 * n)}) for n in (5, 200))
    assert not kinds(told(lines({}), book=few), "PEOPLE")
    ((text, severity),) = kinds(told(lines({}), book=many), "PEOPLE")
    assert text.startswith("What J. Rider rides runs 1.2 lengths better")
    assert severity > 0


def test_bounds_and_order() -> None:
    found = told(
        lines(
            *[{"lengths": 0.0, "price": 1.1, "position": 1}] * 2, *[{"lengths": 25.0, "going": "SLOPPY"}] * 4
        )
    )
    weights = [abs(each["severity"]) * each["confidence"] for each in found]
    assert weights == sorted(weights, reverse=True)
    assert all(-1 <= each["severity"] <= 1 and 0 <= each["confidence"] <= 1 for each in found)


def work(days: int, rank: int | None = 20, ranked: int | None = 40) -> Any:
    day = date.fromordinal(TODAY.toordinal() - days).isoformat()
    own = {"horse_id": "h", "work_date": day, "distance_furlongs": 4.0, "rank": rank, "ranked": ranked}
    return {**defaults(Workout), **own}


def worked(*events: Any) -> GuideBook:
    book = GuideBook()
    for event in events:
        book.work(event)
    return book


def test_a_fast_work_is_told_with_its_rank_and_day() -> None:
    (found,) = kinds(told(lines({}, {}, {}), book=worked(work(5, 1, 35), work(9, 2, 35))), "WORKOUT")
    assert found[0] == "Worked fastest of 35 over 4 furlongs on 24 February."
    assert found[1] > 0
    (other,) = kinds(told(lines({}, {}, {}), book=worked(work(9, 3, 35))), "WORKOUT")
    assert other[0].startswith("Worked third fastest of 35")
    for ordinary in (work(9, 20, 40), work(9, 1, 5), work(9, None, None), work(60, 1, 35), work(0, 1, 35)):
        assert kinds(told(lines({}, {}, {}), book=worked(ordinary)), "WORKOUT") == []


def test_works_tell_of_a_horse_that_has_been_away_or_never_ran() -> None:
    away = [msgspec.structs.replace(PLAIN, day=TODAY.toordinal() - 90)]
    steady, idle = worked(*(work(days) for days in (4, 10, 17, 24))), worked(work(80))
    assert kinds(told(away, book=steady), "WORKOUT")[0][0] == "Kept working: 4 works in the last 30 days."
    (found,) = kinds(told(away, book=idle), "WORKOUT")
    assert found == ("No work in the last 30 days and no run for 90 days.", -0.25)
    assert "before its first start" in kinds(told([], book=idle), "WORKOUT")[0][0]
    assert kinds(told([]), "WORKOUT") == []


def test_a_work_told_again_is_known() -> None:
    book = worked(work(5))
    assert not book.work(work(5))
    assert not book.work(work(5) | {"work_date": "soon"})
