"""How fast a track rides: nothing is usual before there are days, and slow days are found out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack

from models.clock import FEWEST_DAYS, Clock, clock_of
from models.form.facts import RaceFacts
from tests.models.test_online import FIRST_DAY

FIRST = FIRST_DAY.toordinal()
SURE = 0.05
"""Variance of a race's speed where its horses are well known."""


def ridden(days: int = FEWEST_DAYS, usual: float = 0.4, races: int = 6) -> Clock:
    """A track that rides by turns a little faster and a little slower than usual."""
    clock = Clock()
    for day in range(days):
        for race in range(races):
            clock.learn(FIRST + day, usual + 0.3 * (-1) ** day + 0.2 * (-1) ** race, SURE)
    return clock


def test_slow_times_are_told_against_the_usual_of_earlier_days() -> None:
    clock, today = ridden(), FIRST + 20
    for speed in (-1.4, -1.2, -1.5, -1.3):
        clock.learn(today, speed, SURE)
    times = clock.told(today)
    assert times is not None
    assert times.races == 4
    assert times.usual == pytest.approx(0.4)
    assert times.surprise is not None
    assert times.surprise < -2.0
    assert -1.35 < times.speed < 0.4
    assert 0.0 < times.doubt < 0.3


def test_nothing_is_unusual_before_there_are_days_to_hold_it_against() -> None:
    clock, today = ridden(FEWEST_DAYS - 1), FIRST + 20
    clock.learn(today - 1, 0.4, SURE)
    before = clock.told(today - 1)
    assert before is not None
    assert (before.usual, before.surprise) == (None, None)
    clock.learn(today, -1.4, SURE)
    after = clock.told(today)
    assert after is not None
    assert after.usual is not None
    assert after.surprise is not None


def test_a_day_ends_with_the_next_and_another_day_is_told_nothing() -> None:
    clock = ridden()
    assert clock.told(FIRST + FEWEST_DAYS) is None
    clock.learn(FIRST + FEWEST_DAYS, 0.0, SURE)
    told = clock.told(FIRST + FEWEST_DAYS)
    assert told is not None
    assert told.races == 1
    clock.learn(FIRST, -9.0, SURE)
    assert clock.told(FIRST + FEWEST_DAYS) == told


@given(st.lists(st.tuples(st.floats(-5.0, 5.0), st.floats(0.01, 5.0)), min_size=1, max_size=9))
def test_the_day_lies_between_the_usual_and_its_races_and_is_surer_by_each(
    races: list[tuple[float, float]],
) -> None:
    clock, today = ridden(), FIRST + 20
    speeds, doubts = [0.4], []
    for race in races:
        clock.learn(today, *race)
        told = clock.told(today)
        assert told is not None
        speeds.append(race[0])
        doubts.append(told.doubt)
        assert min(speeds) - 1e-9 <= told.speed <= max(speeds) + 1e-9
    assert doubts == sorted(doubts, reverse=True)


def test_kept_and_read_again_it_goes_on_to_the_bit() -> None:
    clock = ridden()
    again = msgpack.decode(msgpack.encode(clock), type=Clock)
    for each in (clock, again):
        each.learn(FIRST + 20, -1.0, SURE)
    assert again.told(FIRST + 20) == clock.told(FIRST + 20)


def test_times_on_another_going_surface_or_track_are_another_clock() -> None:
    one = RaceFacts("BEL-1", FIRST_DAY, "BEL", (), surface="TURF", going="GOOD")
    soft = RaceFacts("BEL-2", FIRST_DAY, "BEL", (), surface="TURF", going="SOFT")
    assert len({clock_of(one), clock_of(soft)}) == 2


def test_days_that_were_all_alike_make_no_later_one_certain() -> None:
    clock = Clock()
    for day in range(FEWEST_DAYS + 1):
        clock.learn(FIRST + day, 0.4, SURE)
    times = clock.told(FIRST + FEWEST_DAYS)
    assert times is not None
    assert times.surprise == pytest.approx(0.0)
    assert times.doubt > 0.05
