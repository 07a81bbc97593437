"""Records of riders and trainers are told where their bounds leave out that the odds are right."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from models.form.facts import RaceFacts, RaceFinish, Runner, RunnerFinish
from models.guide.book import GuideBook
from models.interpreters.people import MOST_NOTES, people
from models.tallies import Tally
from schemas.identity import micros

TODAY = date(2026, 3, 1)
RECORDED = micros(datetime(2026, 2, 28, tzinfo=UTC))
RUNNER = Runner("1", "h", jockey="A. Rider", trainer="T. Trainer")
FACTS = RaceFacts("BEL-20260301-01", TODAY, "BEL", (RUNNER,), surface="DIRT")


def book(**tallies: Tally) -> GuideBook:
    made, names = GuideBook(), {"rider_trainer": "A. Rider|T. Trainer", "track": "T. Trainer|BEL"}
    for kind, tally in tallies.items():
        made.together.tallies[f"{kind}|{names.get(kind, 'T. Trainer')}"] = {2025: tally}
    return made


def told(made: GuideBook, runner: Runner = RUNNER, facts: RaceFacts = FACTS) -> list[Any]:
    return list(people(runner, facts, [], made))


def test_a_pair_that_wins_more_than_the_odds_expected() -> None:
    (note,) = told(book(rider_trainer=Tally(61, 24, 9.2, 2.0)))
    assert note["kind"] == "PEOPLE"
    assert note["text"] == (
        "A. Rider for T. Trainer: 24 wins of 61 known since 2024, where the odds expected 9.2 "
        "(1.2 to 1.9 times as many with 90 %)."
    )
    assert note["severity"] > 0.3
    assert note["confidence"] == pytest.approx(1.2 / 1.9, abs=0.05)


def test_one_that_wins_less_and_one_of_whom_nothing_can_be_said() -> None:
    (note,) = told(book(track=Tally(300, 12, 40.0, 6.0)))
    assert note["text"].startswith("T. Trainer at Belmont")
    assert note["severity"] < 0
    assert told(book(rider_trainer=Tally(61, 11, 9.2, 2.0))) == []
    assert told(book(rider_trainer=Tally(9, 9, 0.4, 0.1))) == []
    assert told(GuideBook()) == []


def test_two_at_most_and_the_weightiest() -> None:
    three = book(rider_trainer=Tally(90, 24, 9.0), track=Tally(90, 60, 9.0), first=Tally(90, 50, 9.0))
    notes = told(three)
    assert len(notes) == MOST_NOTES == 2
    assert notes[0]["text"].startswith("T. Trainer at")
    assert "with horses that never ran" in notes[1]["text"]


def test_nobody_is_named_where_nobody_is_known() -> None:
    nobody = replace(RUNNER, jockey="", trainer="")
    assert told(book(rider_trainer=Tally(61, 24, 9.2)), nobody) == []
    elsewhere = replace(FACTS, track_code="")
    assert told(book(track=Tally(300, 12, 40.0)), facts=elsewhere) == []


def finished(day: date, winner: str, horses: int = 5, odds: float = 4.0) -> tuple[RaceFacts, RaceFinish]:
    """A race of which the pair's horse is the first of the card."""
    runners = [Runner("1", "h", jockey="A. Rider", trainer="T. Trainer")]
    runners += [Runner(str(n), f"h{n}", jockey=f"R{n}", trainer=f"T{n}") for n in range(2, horses + 1)]
    facts = RaceFacts(f"BEL-{day:%Y%m%d}-01", day, "BEL", tuple(runners), surface="DIRT")
    places = [RunnerFinish(r.runner_id, 1.0 if r.runner_id == winner else 2.0, odds=odds) for r in runners]
    return facts, RaceFinish(facts.race_id, RECORDED, True, tuple(places))


def test_results_are_counted_by_their_share_of_the_book() -> None:
    made = GuideBook()
    for day in range(1, 25):
        made.learn(*finished(date(2025, 1, day), winner="1"))
    lines = made.before("h", TODAY.toordinal())
    pair, *_ = made.together.records(RUNNER, FACTS, lines)
    assert (pair.wins, pair.runs) == (24, 24)
    assert pair.expected == pytest.approx(24 / 5)
    notes = list(people(RUNNER, FACTS, lines, made))
    assert any(note["text"].startswith("A. Rider for T. Trainer: 24 wins of 24") for note in notes)


def test_a_result_told_again_counts_once() -> None:
    made = GuideBook()
    for _ in range(3):
        made.learn(*finished(date(2025, 1, 1), winner="1"))
    (pair, *_) = made.together.records(RUNNER, FACTS, [])
    assert pair.runs == 1


def test_results_without_odds_count_not_at_all() -> None:
    made = GuideBook()
    for day in range(1, 25):
        made.learn(*finished(date(2025, 1, day), winner="1", odds=float("nan")))
    assert made.together.tallies == {}
    assert list(people(RUNNER, FACTS, made.before("h", TODAY.toordinal()), made)) == []


def test_a_horse_of_which_nothing_is_known_never_ran_once_results_were_learnt_for_a_year() -> None:
    made = GuideBook()
    made.learn(*finished(date(2024, 1, 1), winner="1"))
    assert "first|T. Trainer" not in made.together.tallies
    facts, finish = finished(date(2025, 6, 1), winner="1")
    new = replace(facts, runners=(replace(facts.runners[0], horse_id="new"), *facts.runners[1:]))
    made.learn(new, finish)
    assert made.together.tallies["first|T. Trainer"][2025].runs == 1
