from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice, pairwise

import pytest

from feeds.simulator import RaceDay, crowd, demo, history, real
from feeds.simulator.day import generator, slots
from schemas.errors import SettingsError
from schemas.identity import MICROS, micros

START = datetime(2026, 7, 16, 17, 0, tzinfo=UTC)
NOON = micros(START)


def offs_in_seconds(day: RaceDay, count: int) -> list[float]:
    return [(slot.scheduled_off - NOON) / MICROS for slot in islice(slots(day), count)]


def test_a_demo_has_five_races_open_at_its_start_and_the_first_off_after_half_a_minute() -> None:
    first = list(islice(slots(demo(1, START)), 6))
    assert [slot.opens == NOON for slot in first] == [True] * 5 + [False]
    assert offs_in_seconds(demo(1, START), 5) == [30.0, 150.0, 240.0, 350.0, 460.0]


def test_a_demo_goes_on_with_a_race_every_minute_and_a_half_to_two_and_a_half() -> None:
    offs = offs_in_seconds(demo(1, START), 200)[4:]
    gaps = [later - sooner for sooner, later in pairwise(offs)]
    assert 90.0 <= min(gaps) < 100.0
    assert 140.0 < max(gaps) <= 150.0


def test_a_real_day_has_eight_races_at_one_track_half_an_hour_apart() -> None:
    # At six in London none of the tracks comes to its midnight within the day.
    day = list(slots(real(1, START.replace(hour=6))))
    assert [slot.race_number for slot in day] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert len({slot.venue.track.code for slot in day}) == 1
    assert offs_in_seconds(real(1, START), 8) == [14_400.0 + 1_800.0 * n for n in range(8)]


def test_race_ids_carry_the_racing_date_where_the_track_is() -> None:
    ids = [slot.race_id for slot in islice(slots(demo(1, START)), 7)]
    assert ids == [
        "BEL-20260716-01",
        "ASCO-20260716-01",
        "FLEM-20260717-01",
        "SAR-20260716-01",
        "HKHV-20260717-01",
        "CURR-20260716-01",
        "BEL-20260716-02",
    ]


def test_race_numbers_start_anew_at_midnight_and_no_race_id_comes_twice() -> None:
    late = demo(1, datetime(2026, 7, 17, 3, 30, tzinfo=UTC))
    new_york = [slot for slot in islice(slots(late), 300) if slot.venue.track.code == "BEL"]
    assert [slot.race_number for slot in new_york][:4] == [1, 2, 3, 1]
    ids = [slot.race_id for slot in islice(slots(late), 2000)]
    assert len(set(ids)) == 2000


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": datetime(2026, 7, 16)},
        {"start": datetime(2026, 7, 16, tzinfo=timezone(timedelta(hours=2)))},
        {"races": -1},
        {"tracks": ()},
        {"early_offs": ()},
        {"gap_spread": 1.0},
        {"open_seconds": 0.0},
        {"compression": 0.0},
        {"tote_seconds": 0.0},
        {"opening_scratch_seconds": 30.0},
    ],
)
def test_a_day_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        replace(demo(1, START), **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_is_none_is_refused_in_words_for_people(seed: int) -> None:
    words = rf"seed {seed}: give a whole number from 0 to 4294967295"
    for ask in (lambda: demo(seed, START), lambda: real(seed, START), lambda: history(seed, "GB")):
        with pytest.raises(SettingsError, match=words):
            ask()


def test_the_least_and_the_greatest_seed_are_days() -> None:
    assert {demo(seed, START).seed for seed in (0, 2**32 - 1)} == {0, 2**32 - 1}


def test_no_purpose_has_the_random_numbers_of_another() -> None:
    keys = [(1,), (1, 0), (1, 0, 0), (1, 0, 3), (1, 0, 3, 0), (1, 0, 3, 1), (2,), (0,), (0, 0)]
    assert len({generator(*key).bytes(8) for key in keys}) == len(keys)
    assert generator(1, 0, 3).bytes(8) == generator(1, 0, 3).bytes(8)


@pytest.mark.parametrize("code", ["NOWHERE", "TOKY", "PARI"])
def test_tracks_without_simulated_racing_are_refused(code: str) -> None:
    with pytest.raises(ValueError, match=r"NOWHERE|no racing"):
        next(slots(replace(demo(1, START), tracks=(code,))))


def test_a_crowd_has_a_thousand_races_open_at_any_time_at_all_tracks() -> None:
    day = crowd(real(1, START), 1000)
    opened = list(islice(slots(day), 3000))
    for moment in (0, 100 * MICROS, 7_200 * MICROS):
        now = NOON + moment
        assert 985 <= sum(slot.opens <= now < slot.scheduled_off for slot in opened) <= 1001
    assert len({slot.venue.track.code for slot in opened}) > 500
    assert len({slot.race_id for slot in opened}) == 3000
