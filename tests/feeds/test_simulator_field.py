from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from feeds.simulator import demo
from feeds.simulator.day import slots
from feeds.simulator.field import declare, restrictions, weights
from feeds.simulator.population import FEMALE, HORSES, STRINGS, population
from feeds.simulator.venues import STYLES

DAY = replace(demo(1, datetime(2026, 7, 16, 17, 0, tzinfo=UTC)), races=150)
SLOTS = list(slots(DAY))
FIELDS = [declare(DAY, slot) for slot in SLOTS]
RACES = list(zip(SLOTS, FIELDS, strict=True))


def test_fields_are_as_large_as_their_country_runs_them() -> None:
    for slot, field in RACES:
        fewest, most = slot.venue.style.runners
        assert fewest <= int(field.eligible.sum()) <= most


def test_a_field_does_not_depend_on_which_was_asked_for_before() -> None:
    again = declare(DAY, SLOTS[70])
    assert again.entries == FIELDS[70].entries
    assert (again.ability == FIELDS[70].ability).all()


def test_no_horse_runs_twice_until_all_strings_have_had_their_turn() -> None:
    day = replace(DAY, tracks=("ASCO",), races=STRINGS)
    ran = Counter(h for slot in list(slots(day))[::7] for h in declare(day, slot).starters.horses.tolist())
    assert max(ran.values()) == 1


def test_the_better_the_class_the_better_the_horses() -> None:
    rated: dict[str, list[float]] = {}
    for slot, field in RACES:
        if slot.venue.track.country == "GB":
            rated.setdefault(field.race_class, []).append(field.horses.rating[field.starters.horses].mean())
    means = [float(np.mean(rated[name])) for name in STYLES["GB"].classes]
    assert means == sorted(means)


def test_the_morning_line_tells_the_able_from_the_rest() -> None:
    ability = np.concatenate([field.ability - field.ability.mean() for field in FIELDS])
    lines = np.array([entry["morning_line_odds"] for field in FIELDS for entry in field.entries])
    assert 0.7 < np.corrcoef(ability, -np.log(lines))[0, 1] < 0.95


def test_conditions_of_a_race_admit_all_that_run() -> None:
    horses = population(1, "GB")
    fillies = np.flatnonzero((horses.age >= 4) & (horses.sex == FEMALE))[:5]
    youngsters = np.flatnonzero(horses.age == 2)[:4]
    assert restrictions(horses, fillies).endswith("yo+ F&M")
    assert restrictions(horses, youngsters) == "2yo"
    assert restrictions(horses, np.concatenate((youngsters, fillies))) == "2yo+"


def test_the_better_rated_carry_more() -> None:
    carried = weights(np.array([[2.0, 1.0, 0.5, -6.0]]), STYLES["GB"])
    assert carried.tolist() == [[136.0, 130.0, 127.0, 119.0]]


def test_place_terms_are_two_in_america_and_the_usual_ones_elsewhere() -> None:
    for slot, field in RACES:
        runners = int(field.eligible.sum())
        elsewhere = 3 if runners >= 8 else 2 if runners >= 5 else 1
        assert field.places == (2 if slot.venue.track.country == "US" else elsewhere)


def test_other_riders_and_goings_make_another_chance() -> None:
    field = FIELDS[1]
    start = field.starters
    assert (field.strengths(field.wetness, start.riders, start.geared) == field.ability).all()
    assert (field.strengths(3 - field.wetness, start.riders, start.geared) != field.ability).any()
    assert (field.strengths(field.wetness, start.riders[::-1], start.geared) != field.ability).any()
    assert max(start.horses) < HORSES
