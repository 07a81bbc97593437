"""What relatives do is told of horses that never ran, and of first tries where it says something."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from models.breeding import Family
from models.form.facts import RaceFacts, RaceFinish, Runner, RunnerFinish
from models.guide.book import GuideBook
from models.guide.lines import Line
from models.interpreters import annotate
from models.interpreters.breeding import breeding
from schemas.defaults import defaults
from schemas.identity import micros
from schemas.records import HorseProfile, PastPerformance

TODAY = date(2026, 5, 1)
RECORDED = micros(datetime(2026, 4, 30, tzinfo=UTC))
FAMILY = Family("GOOD SIRE", born=2024)
RUNNER = Runner("1", "new", sire="GOOD SIRE", year_born=2024.0)
FACTS = RaceFacts("BEL-20260501-01", TODAY, "BEL", (RUNNER,), 0, 6.0, "TURF", going="SOFT")
LINE = Line(
    day=TODAY.toordinal() - 30, track="BEL", furlongs=6.0, surface="TURF", going="SOFT", position=4,
    runners=10, lengths=5.0, price=8.0, early=5, rider="J", geared=False, weight=120.0, share=0.1,
    learnt=True,
)  # fmt: skip


def book(wins: int, runs: int, family: Family = FAMILY, **changes: Any) -> GuideBook:
    made = GuideBook()
    for n in range(runs):
        position = 1 if n < wins else 5
        made.relatives.count(msgspec.structs.replace(LINE, position=position, **changes), family)
    return made


def told(
    made: GuideBook, lines: Sequence[Line] = (), runner: Runner = RUNNER, facts: RaceFacts = FACTS
) -> list[Any]:
    return list(breeding(runner, facts, lines, made))


def test_a_horse_that_never_ran_is_told_its_sires_runners_of_its_age_on_the_going() -> None:
    (note,) = told(book(45, 212))
    assert note["kind"] == "BREEDING"
    assert note["text"].startswith(
        "By Good Sire: his 2-year-olds on wet turf are worth 1.9 times their share"
    )
    assert "45 wins of 212, where the odds expected 21.2)" in note["text"]
    assert note["text"].endswith("100 is average).")
    assert note["severity"] == pytest.approx(0.65, abs=0.1)


def test_where_less_is_known_of_today_the_cell_is_wider() -> None:
    made = book(45, 212)
    no_age, no_going = replace(RUNNER, year_born=float("nan")), replace(FACTS, going="")
    assert "his runners on wet turf are" in told(made, runner=no_age)[0]["text"]
    assert "his 2-year-olds are" in told(made, facts=no_going)[0]["text"]
    assert "his runners on turf are" in told(made, runner=no_age, facts=no_going)[0]["text"]
    nothing = replace(FACTS, going="", surface="UNKNOWN")
    assert "his runners are" in told(made, runner=no_age, facts=nothing)[0]["text"]


def test_few_runs_of_relatives_are_not_told_of_and_unknown_ones_neither() -> None:
    assert told(book(9, 49)) == []
    assert told(book(45, 212), runner=Runner("1", "new")) == []
    assert told(GuideBook()) == []


def test_the_dams_sire_speaks_where_the_sire_has_no_runners() -> None:
    made = book(45, 212, Family("OTHER", "", "BROODMARE SIRE", 2024))
    runner = replace(RUNNER, dam_sire="BROODMARE SIRE")
    assert told(made, runner=runner)[0]["text"].startswith(
        "Dam by Broodmare Sire: his daughters' 2-year-olds"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"surface": "DIRT", "going": "FAST"}, "First known run on turf. By Good Sire: his runners on turf"),
        ({"going": "FIRM"}, "First known run on wet turf. By Good Sire: his runners on wet turf"),
        ({"furlongs": 8.0}, "First known run over sprints. By Good Sire: his runners over sprints"),
    ],
)
def test_a_first_try_is_told_where_the_bounds_leave_100_out(changes: dict[str, Any], words: str) -> None:
    lines = [msgspec.structs.replace(LINE, **changes)]
    (note,) = told(book(45, 212), lines)
    assert note["text"].startswith(words)
    assert told(book(21, 212), lines) == []
    assert told(book(45, 212), [LINE, *lines]) == []


def test_a_horses_own_runs_are_its_form_and_no_relatives() -> None:
    own, family = GuideBook(), Family("GOOD SIRE", "MARE")
    dirt = msgspec.structs.replace(LINE, surface="DIRT", position=1, relatives=family.keys)
    wins = [msgspec.structs.replace(dirt, day=LINE.day - n) for n in range(12)]
    for line in wins:
        own.relatives.count(line, family)
    assert own.relatives.rating_of(family, "surface:TURF").low > 100.0
    assert own.relatives.rating_of(family, "surface:TURF", wins) == (100.0, 100.0, 100.0, 0)
    assert told(own, wins, replace(RUNNER, dam="MARE")) == []
    for line in wins:
        own.relatives.count(msgspec.structs.replace(line, position=2), family)
    assert own.relatives.of("sire", "GOOD SIRE", "", wins).wins == 0


def test_runs_that_a_relative_never_counted_are_not_taken_from_it() -> None:
    """A dam made known after results, and a sire whom a card writes otherwise."""
    made = GuideBook()
    for day in range(1, 11):
        runners = (Runner("1", "h", sire="SIRE"), Runner("2", "other", sire="SIRE"))
        facts = RaceFacts(f"BEL-202604{day:02d}-01", date(2026, 4, day), "BEL", runners, surface="DIRT")
        places = (RunnerFinish("1", 2.0, odds=1.9), RunnerFinish("2", 1.0, odds=1.9))
        made.learn(facts, RaceFinish(facts.race_id, RECORDED, True, places))
    made.introduce(profile("h", dam_name="Mare"))
    sibling = {**run_of("sibling"), "number_of_runners": 2, "finish_position": 3}
    made.introduce(profile("sibling", dam_name="Mare", sire_name="Sire (IRE)"))
    for day in range(1, 12):
        assert made.tell({**sibling, "race_date": f"2026-04-{day:02d}"})  # type: ignore[typeddict-item]
    own = made.lines["h"]
    assert len(own) == 10
    assert made.relatives.of("dam", "MARE", "", own).runs == 11
    assert made.relatives.of("sire", "SIRE (IRE)", "", own).runs == 11
    assert made.relatives.of("sire", "SIRE", "", own).runs == 10
    assert made.relatives.of("dam", "MARE", "", made.lines["sibling"]).runs == 0
    assert 0.0 < made.relatives.rating_of(Family("SIRE", "MARE"), "surface:TURF", own).value < 100.0


def test_a_run_told_alone_is_taken_from_the_relatives_that_a_later_profile_names() -> None:
    made = GuideBook()
    for day in range(1, 4):
        made.tell({**run_of("h"), "race_date": f"2026-04-{day:02d}"})  # type: ignore[typeddict-item]
    made.introduce(profile("h", sire_name="Sire"))
    made.introduce(profile("h", dam_name="Mare"))
    for relative, name in (("sire", "SIRE"), ("dam", "MARE")):
        assert made.relatives.of(relative, name, "").runs == 3
        assert made.relatives.of(relative, name, "", made.lines["h"]).runs == 0


def run_of(horse: str) -> Any:
    return {
        **defaults(PastPerformance), "horse_id": horse, "race_date": "2026-04-01", "surface": "TURF",
        "track_condition": "SOFT", "number_of_runners": 10, "finish_position": 1,
        "recorded_time": RECORDED,
    }  # fmt: skip


def profile(horse: str, **own: Any) -> Any:
    return {**defaults(HorseProfile), "horse_id": horse, **own}


def test_past_runs_and_profiles_of_a_guide_make_the_same_note() -> None:
    made = GuideBook()
    for n in range(120):
        sire = "Good Sire" if n < 60 else "Other Sire"
        assert made.introduce(profile(f"h{n}", sire_name=sire, dam_name=f"Mare {n}", year_born=2024))
        place = 1 if n % 3 == 0 and n < 60 else 4
        run: Any = {**run_of(f"h{n}"), "starting_price": 9.0, "finish_position": place}
        assert made.tell(run)
        assert not made.tell(run)
    made.introduce(profile("new", sire_name="Good Sire", dam_name="Mare", year_born=2024))
    notes = annotate(Runner("1", "new"), FACTS, [], made)
    (text,) = [note["text"] for note in notes if "2-year-olds" in note["text"]]
    assert text.startswith("By Good Sire: his 2-year-olds on wet turf are worth")
    assert "20 wins of 60, where the odds expected" in text


def test_runs_told_before_the_profile_count_once_it_is_known() -> None:
    run = run_of("h")
    made = GuideBook()
    assert made.tell(run)
    made.introduce(profile("h", sire_name="Sire", year_born=2024))
    made.introduce(profile("h", sire_name="Sire", dam_name="Mare", year_born=2024))
    made.introduce(profile("h", sire_name="Sire", dam_name="Mare", year_born=2024))
    assert made.relatives.of("sire", "SIRE", "age on going:2 wet TURF").runs == 1
    assert made.relatives.of("dam", "MARE", "").runs == 1
    run["race_date"] = "2026-04-10"
    made.tell(run)
    assert made.relatives.of("sire", "SIRE", "").runs == 2
    assert made.relatives.alone.even.runs == 2


def test_what_a_profile_leaves_out_is_kept_and_the_card_overrules_it() -> None:
    made = GuideBook()
    assert made.introduce(profile("h", sire_name="Sire", dam_sire_name="Grandsire", year_born=2022))
    assert made.introduce(profile("h", dam_name="Mare"))
    assert not made.introduce(profile("h", dam_name="Mare"))
    assert made.family_of(Runner("1", "h")) == Family("SIRE", "MARE", "GRANDSIRE", 2022)
    assert made.family_of(Runner("1", "h", sire="CARD SIRE")).sire == "CARD SIRE"


def test_a_race_counts_for_sires_only_where_that_of_each_runner_is_known() -> None:
    """Who has a known sire may be known by what it did after the race."""
    made = GuideBook()
    for day, other in ((1, "OTHER"), (2, "")):
        runners = (Runner("1", "a", sire="GOOD SIRE"), Runner("2", "b", sire=other))
        facts = RaceFacts(f"BEL-2026040{day}-01", date(2026, 4, day), "BEL", runners, surface="TURF")
        places = (RunnerFinish("1", 1.0, odds=1.9), RunnerFinish("2", 2.0, odds=1.9))
        made.learn(facts, RaceFinish(facts.race_id, RECORDED, True, places))
    assert made.relatives.of("sire", "GOOD SIRE", "").runs == 1
