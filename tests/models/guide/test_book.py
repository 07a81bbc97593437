"""The guide's book: lines from results that are completed by what is told of the run later."""

from datetime import date
from typing import Any

import msgspec
import pytest

from models.form.facts import RaceFacts, RaceFinish, Runner, RunnerFinish
from models.guide.book import GuideBook
from models.guide.lines import Line, standing
from models.guide.values import values_of
from schemas.defaults import defaults
from schemas.records import PastPerformance

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
    FACTS.race_id, 1, official=True,
    runners=tuple(RunnerFinish(r.runner_id, float(n), odds=4.0) for n, r in enumerate(RUNNERS, 1)),
)  # fmt: skip


def run(horse: str = "h1", **fields: Any) -> PastPerformance:
    own = {
        **defaults(PastPerformance), "horse_id": horse, "race_date": DAY.isoformat(), "finish_position": 1,
        "number_of_runners": 3, "comments": "出閘緩慢。", "post_position": 1,
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


def test_standing_of_unknown_draws() -> None:
    assert standing([2.0, float("nan"), 8.0])[0::2] == [-0.5, 0.5]
    assert standing([5.0]) == [-0.5]
