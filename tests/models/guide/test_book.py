"""The guide's book: lines from results that are completed by what is told of the run later."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.form.facts import RaceFacts, RaceFinish, Runner, RunnerFinish
from models.guide.book import GuideBook
from models.guide.lines import KEPT, Line, standing
from models.guide.values import values_of
from schemas import identity
from schemas.defaults import defaults
from schemas.records import PastPerformance


def micros(year: int, month: int, day: int, hour: int = 0) -> int:
    return identity.micros(datetime(year, month, day, hour, tzinfo=UTC))


DAY = date(2025, 6, 1)
RUNNERS = tuple(
    Runner(str(n), f"h{n}", jockey="Z Purton", post_position=float(n), weight_lbs=126.0, equipment=gear)
    for n, gear in ((1, "B/TT"), (2, ""), (3, ""))
)
FACTS = RaceFacts(
    "HKST-20250601-01", DAY, "HKST", RUNNERS, distance_furlongs=6.0, surface="TURF", race_class="Class 4",
    purse=150_000.0,
)  # fmt: skip
FINISH = RaceFinish(
    FACTS.race_id, micros(2025, 6, 1, 8), official=True,
    runners=tuple(RunnerFinish(r.runner_id, float(n), odds=4.0) for n, r in enumerate(RUNNERS, 1)),
)  # fmt: skip


def run(horse: str = "h1", **fields: Any) -> PastPerformance:
    own = {
        **defaults(PastPerformance), "horse_id": horse, "race_date": DAY.isoformat(), "finish_position": 1,
        "number_of_runners": 3, "comments": "出閘緩慢。", "post_position": 1,
        "recorded_time": micros(2025, 6, 2),
    }  # fmt: skip
    return {**own, **fields}  # type: ignore[typeddict-item]


@pytest.fixture
def book() -> GuideBook:
    found = GuideBook()
    found.learn(FACTS, FINISH)
    return found


def test_a_result_leaves_class_purse_gear_and_draw_with_the_line(book: GuideBook) -> None:
    first, second = book.lines["h1"][0], book.lines["h2"][0]
    assert (first.gear, first.race_class, first.purse, first.draw) == ("B/TT", "Class 4", 150_000.0, -0.5)
    assert (second.gear, second.draw) == ("", 0.0)


def test_what_is_told_next_day_completes_the_line_once_and_changes_no_value(book: GuideBook) -> None:
    before = values_of(RUNNERS[0], FACTS, book.lines["h1"], book.worth)
    people = dict(book.people)
    assert book.tell(run())
    assert book.lines["h1"][0].comments == "出閘緩慢。"
    assert book.lines["h1"][0].gear == "B/TT"
    assert not book.tell(run())
    assert not book.tell(run(comments="another"))
    assert msgspec.msgpack.encode(values_of(RUNNERS[0], FACTS, book.lines["h1"], book.worth)) == (
        msgspec.msgpack.encode(before)
    )
    assert book.people == people


def test_a_run_of_a_day_that_no_line_has_is_a_line_of_its_own(book: GuideBook) -> None:
    assert book.tell(run(race_date="2025-05-01", comments=None, equipment="H", race_class_details="Class 5"))
    line = book.lines["h1"][1]
    assert (line.gear, line.race_class, line.comments, line.draw) == ("H", "Class 5", None, -0.5)


def test_a_book_stored_by_an_earlier_release_still_loads(book: GuideBook) -> None:
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(book))
    del kept["leans"]
    for lines in kept["lines"].values():
        for line in lines:
            for name in ("gear", "race_class", "purse", "draw"):
                del line[name]
    loaded = msgspec.convert(kept, GuideBook)
    assert loaded.leans == {}
    assert isinstance(loaded.lines["h1"][0], Line)
    assert loaded.lines["h1"][0].gear is None


def test_a_run_dated_after_it_was_recorded_is_refused_and_ends_no_tally(book: GuideBook) -> None:
    named: Any = {"jockey_name": "Rider", "trainer_name": "Trainer", "starting_price": 4.0}
    assert book.tell(run("a", **named))
    for wrong in ("2206-05-31", "2025-06-03"):
        assert not book.tell(run("b", race_date=wrong, recorded_time=micros(2025, 6, 2), **named))
    assert "b" not in book.lines
    assert book.tell(run("c", **named))
    assert book.together.tallies["rider_trainer|Rider|Trainer"][2025].runs == 2
    book.learn(replace(FACTS, race_date=date(2206, 6, 1)), FINISH)
    assert book.together.latest == 2025


def test_a_run_is_of_the_day_of_its_track_which_can_be_ahead_of_universal_time(book: GuideBook) -> None:
    first_minute = micros(2025, 5, 31, 10)
    assert not book.tell(run("a", recorded_time=first_minute - 1))
    assert book.tell(run("a", recorded_time=first_minute))


MEETINGS = st.lists(
    st.tuples(
        st.integers(0, 300),  # days after new year
        st.sampled_from(["T", "U", ""]),
        st.sampled_from(["DIRT", "TURF"]),
        st.sampled_from([None, "wide", "tired. Claimed"]),
        st.booleans(),  # learnt from a result before it is told
    ),
    max_size=8,
    unique_by=lambda each: each[0],
)


def told_in(meetings: list[Any], turns: list[int]) -> GuideBook:
    """The horse's results and runs as they take turns, of each meeting its result first."""
    found, learnt = GuideBook(), set()
    for at in turns:
        days, trainer, surface, comments, official = meetings[at]
        when = date(2025, 1, 1) + timedelta(days)
        if official and at not in learnt:
            learnt.add(at)
            runner = replace(RUNNERS[0], trainer=trainer)
            facts = replace(FACTS, race_date=when, runners=(runner, *RUNNERS[1:]), surface=surface)
            found.learn(facts, replace(FINISH, recorded_time=micros(2025, 12, 31)))
        else:
            found.tell(
                run(
                    race_date=when.isoformat(), comments=comments, trainer_name=trainer or None,
                    surface=surface, starting_price=4.0, recorded_time=micros(2025, 12, 31),
                )
            )  # fmt: skip
    return found


@given(MEETINGS, st.randoms(use_true_random=False))
def test_what_people_did_together_is_the_same_in_whatever_order_it_is_told(
    meetings: list[Any], random: Any
) -> None:
    turns = [at for at, meeting in enumerate(meetings) for _ in range(1 + meeting[-1])]
    shuffled = random.sample(turns, len(turns))
    turns.sort(key=lambda at: meetings[at][0])
    one, other = (told_in(meetings, each).together.tallies for each in (turns, shuffled))
    counted = {key: {year: (t.runs, t.wins) for year, t in years.items()} for key, years in one.items()}
    assert counted == {
        key: {year: (t.runs, t.wins) for year, t in years.items()} for key, years in other.items()
    }
    assert all(tally.runs > 0 for years in one.values() for tally in years.values())


def test_a_claim_told_late_is_taken_back_by_a_run_between() -> None:
    meetings = [(0, "T", "DIRT", "Claimed", True), (40, "T", "DIRT", None, True), (20, "T", "DIRT", None, 0)]
    found = told_in(meetings, [0, 1, 0])
    assert found.together.tallies["claim|T"][2025].runs == 1
    found = told_in(meetings, [0, 1, 0, 2])
    assert found.together.tallies["claim|T"][2025].runs == 1  # now of the run between
    assert "claim|T" not in told_in([meetings[0], (40, "", *meetings[1][2:])], [0, 1, 0]).together.tallies


def test_a_run_between_is_counted_by_the_one_before_it_though_that_is_kept_no_longer(
    book: GuideBook,
) -> None:
    maiden = replace(FACTS, race_date=date(2026, 7, 1), runners=(Runner("1", "new", trainer="T"),))
    finish = replace(FINISH, runners=(RunnerFinish("1", 1.0, odds=4.0),), recorded_time=micros(2026, 12, 31))
    book.learn(maiden, finish)
    assert book.together.tallies["first|T"][2026].runs == 1
    days = ["2026-05-01", *(f"2026-08-{day:02d}" for day in range(1, KEPT - 1)), "2026-06-01"]
    for day in days:  # it ran before, and before the last of them there is no room for the first
        assert book.tell(run("new", race_date=day, recorded_time=micros(2026, 12, 31)))
    assert "first|T" not in book.together.tallies


def test_standing_of_unknown_draws() -> None:
    assert standing([2.0, float("nan"), 8.0])[0::2] == [-0.5, 0.5]
    assert standing([5.0]) == [-0.5]
