"""The form book says of each runner what was known before its race, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from models.form.book import AT, COLUMNS, FormBook, LookAheadError
from models.form.facts import RaceFacts, RaceFinish
from models.form.history import ratings
from schemas.errors import HprError

Race = tuple[RaceFacts, RaceFinish]


def book_of(races: list[Race]) -> FormBook:
    book = FormBook()
    for facts, finish in races:
        book.settle(facts.race_date)
        book.learn(facts, finish)
    return book


@pytest.fixture(name="book")
def of_all_but_the_last_day(races: list[Race]) -> FormBook:
    book = book_of(races[:-4])
    book.settle(races[-1][0].race_date)
    return book


def test_a_race_of_a_day_that_was_learnt_is_refused(book: FormBook, races: list[Race]) -> None:
    with pytest.raises(LookAheadError, match="its own future"):
        book.look(races[-5][0])


def test_a_planted_leak_is_caught(races: list[Race]) -> None:
    """Somebody feeds the results of tomorrow before today's form is asked for."""
    book = book_of(races)
    book.settle(races[-1][0].race_date + timedelta(days=1))
    with pytest.raises(LookAheadError):
        book.look(races[-5][0])


def test_a_leak_hidden_behind_a_wrong_date_is_caught(races: list[Race]) -> None:
    """What was recorded after the off gives itself away, whatever date its race claims."""
    facts, finish = races[-1]
    book = book_of([(replace(facts, race_date=races[0][0].race_date), finish)])
    today = races[-2][0]
    book.settle(today.race_date)
    with pytest.raises(LookAheadError, match="after its off"):
        book.look(today)


def test_results_of_today_wait_until_today_is_over(book: FormBook, races: list[Race]) -> None:
    today = races[-4:]
    before = book.look(today[3][0])
    book.learn(*today[0])
    book.settle(today[0][0].race_date)
    assert_array_equal(book.look(today[3][0]), before)


def test_a_result_that_comes_after_its_day_was_learnt_is_refused(book: FormBook, races: list[Race]) -> None:
    with pytest.raises(LookAheadError, match="learnt already"):
        book.learn(*races[0])


def test_an_unofficial_result_teaches_nothing(races: list[Race]) -> None:
    facts, finish = races[0]
    book = FormBook()
    book.learn(facts, replace(finish, official=False))
    book.settle(races[-1][0].race_date)
    assert_array_equal(book.look(races[-1][0]), FormBook().look(races[-1][0]))


def test_more_of_a_result_replaces_the_less(races: list[Race]) -> None:
    facts, finish = races[0]
    bare = replace(finish, runners=tuple(replace(each, comments="") for each in finish.runners))
    book = FormBook()
    for told in (bare, finish):
        book.learn(facts, told)
    book.settle(races[-1][0].race_date)
    whole = book_of(races[:1])
    whole.settle(races[-1][0].race_date)
    assert book.dump() == whole.dump()


def test_the_order_of_a_days_results_does_not_matter(races: list[Race]) -> None:
    one, other = FormBook(), FormBook()
    for at in (0, 1, 2, 3):
        one.learn(*races[at])
        other.learn(*races[3 - at])
    for book in (one, other):
        book.settle(races[-1][0].race_date)
    assert one.dump() == other.dump()


def test_each_runner_is_looked_up_on_its_own(book: FormBook, races: list[Race]) -> None:
    facts = races[-1][0]
    together = book.look(facts)
    alone = [book.look(replace(facts, runners=(runner,)))[0] for runner in facts.runners]
    assert_array_equal(np.array(alone), together)


def test_a_horse_never_seen_has_values_or_nan_and_no_infinity(book: FormBook, races: list[Race]) -> None:
    facts = races[-1][0]
    stranger = replace(facts.runners[0], horse_id="NEW", jockey="", trainer="", sire="", equipment="")
    values = book.look(replace(facts, runners=(stranger,)))
    assert values.shape == (1, len(COLUMNS))
    assert not np.isinf(values).any()
    assert values[0, AT["runs"]] == 0.0
    assert np.isnan(values[0, AT["days_off"]])


def test_the_better_horse_is_rated_higher(races: list[Race]) -> None:
    facts = races[-1][0]
    book = book_of(races)
    book.settle(facts.race_date + timedelta(days=1))
    later = replace(facts, race_date=facts.race_date + timedelta(days=7), moment=0)
    values = book.look(later)
    share = np.array([1.0 / each.odds for each in races[-1][1].runners])
    assert np.corrcoef(values[:, AT["market"]], np.log(share))[0, 1] > 0.7


def test_a_book_is_the_same_after_dump_and_load(book: FormBook, races: list[Race]) -> None:
    again = FormBook.load(book.dump())
    for facts, finish in races[-4:]:
        assert_array_equal(again.look(facts), book.look(facts))
        book.learn(facts, finish)
        again.learn(facts, finish)
    later = races[-1][0].race_date + timedelta(days=1)
    book.settle(later)
    again.settle(later)
    assert again.dump() == book.dump()


@pytest.mark.parametrize("data", [b"", b"no book", b"PK\x03\x04broken"])
def test_damaged_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(HprError, match="build it again"):
        FormBook.load(data)


def test_facts_and_finish_are_of_one_race(races: list[Race]) -> None:
    with pytest.raises(ValueError, match="with the finish of"):
        FormBook().learn(races[0][0], races[1][1])


def test_a_race_told_of_after_the_first_of_the_next_day_is_learnt_a_day_later(races: list[Race]) -> None:
    """Noon in New York comes after the first race of the next day at Ascot."""
    (early, _), (facts, finish), today = races[0], races[1], races[-1][0]
    book, patient = FormBook(), FormBook()
    for each in (book, patient):
        each.learn(early, replace(races[0][1], recorded_time=today.moment - 1))
    patient.learn(facts, replace(finish, recorded_time=today.moment))
    for each in (book, patient):
        each.settle(today.race_date, today.moment)
    assert_array_equal(patient.look(today), book.look(today))
    patient.settle(today.race_date, today.moment + 1)
    with pytest.raises(LookAheadError, match="after its off"):
        patient.look(today)
    assert patient.settled == early.race_date


class TestSpeed:
    """How fast a race was run, before its day is over."""

    def test_a_track_that_rides_two_percent_slower_is_read_so(
        self, book: FormBook, races: list[Race]
    ) -> None:
        facts, finish = races[-4]
        slower = tuple(replace(each, seconds=each.seconds * 1.02) for each in finish.runners)
        as_run, slowed = book.speed(facts, finish), book.speed(facts, replace(finish, runners=slower))
        assert as_run is not None
        assert slowed is not None
        assert abs(as_run[0]) < 3.0 * as_run[1] ** 0.5
        assert as_run[0] - slowed[0] == pytest.approx(100.0 * np.log(1.02), abs=1e-6)
        assert slowed[1] == as_run[1]

    def test_reading_it_teaches_the_book_nothing(self, book: FormBook, races: list[Race]) -> None:
        before = book.look(races[-1][0])
        book.speed(*races[-4])
        assert_array_equal(book.look(races[-1][0]), before)

    def test_without_times_a_par_or_a_day_to_come_it_is_unknown(
        self, book: FormBook, races: list[Race]
    ) -> None:
        facts, finish = races[-4]
        untimed = tuple(replace(each, seconds=float("nan")) for each in finish.runners)
        assert book.speed(facts, replace(finish, runners=untimed)) is None
        assert book.speed(replace(facts, distance_furlongs=31.0), finish) is None
        assert book.speed(*races[-5]) is None
        assert FormBook().speed(facts, finish) is None


def test_what_a_horse_did_in_each_run_is_told(book: FormBook, races: list[Race]) -> None:
    facts = races[-1][0]
    today = facts.runners[0]
    ran = [
        (earlier, ratings(earlier)[at], each.position)
        for earlier, finish in races
        if earlier.race_date < facts.race_date
        for at, runner in enumerate(earlier.runners)
        for each in finish.runners
        if runner.horse_id == today.horse_id and each.runner_id == runner.runner_id
    ]
    found = book.look(facts)[0]
    for back in (2, 3):
        earlier, _, position = ran[-back]
        wanted = (position - 1.0) / (len(earlier.runners) - 1.0)
        assert found[AT[f"place_{back}"]] == pytest.approx(wanted)
    assert found[AT["career_days"]] == (facts.race_date - ran[0][0].race_date).days
    assert found[AT["weight_share"]] == pytest.approx(100.0 * today.weight_lbs / today.body_weight_lbs)
    won = [rating for _, rating, position in ran[-10:] if position == 1.0]
    assert_array_equal(found[AT["rating_below_won"]], ratings(facts)[0] - max(won) if won else np.nan)
