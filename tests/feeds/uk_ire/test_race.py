from collections.abc import Callable

import pytest

from feeds.uk_ire.race import race_of, runner_of

Line = Callable[..., dict[str, str]]


def test_stray_ends_of_names_are_dropped(line: Line) -> None:
    runner = runner_of(line(HorseName="Local Lad right", JockeyName="J M Sheridan right"))
    assert (runner.name, runner.jockey) == ("Local Lad", "J M Sheridan")


def test_who_did_not_finish_has_neither_time_nor_placing(line: Line) -> None:
    runner = runner_of(line(place="0", ResultStatus="PulledUp"))
    assert (runner.placing, runner.seconds, runner.lengths, runner.outcome) == (None, None, None, "PulledUp")


@pytest.mark.parametrize(("age", "told"), [("6", 6), ("36", None), ("", None)])
def test_ages_that_cannot_be_are_not_taken(line: Line, age: str, told: int | None) -> None:
    assert runner_of(line(Age=age)).age == told


@pytest.mark.parametrize("wrong", [{"HorseId": ""}, {"DecimalOdds": "0.5"}, {"WeightInPounds": "heavy"}])
def test_lines_that_cannot_be_are_refused(line: Line, wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"is no number|not over 1|could not convert"):
        runner_of(line(**wrong))


def test_the_race_is_in_our_words(line: Line) -> None:
    race = race_of(line(RaceType="Other", Pattern="(Group 3 ", Class="Class 1"))
    assert (race.race_type, race.race_class, race.rating_band) == ("Flat", "Class 1 Group 3", "120-0")
    assert race_of(line(RaceType="Flat")).race_type == "Bumper"
    assert race.furlongs == 25.5
