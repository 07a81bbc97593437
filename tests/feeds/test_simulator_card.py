from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from feeds.simulator import demo
from feeds.simulator.card import GOINGS, card_body, conditions_body, declare
from feeds.simulator.day import slots

DAY = replace(demo(1, datetime(2026, 7, 16, 17, 0, tzinfo=UTC)), races=120)
SLOTS = list(slots(DAY))
FIELDS = [declare(DAY, slot) for slot in SLOTS]
RACES = list(zip(SLOTS, FIELDS, strict=True))


def test_fields_are_as_large_as_their_country_runs_them() -> None:
    for slot, field in RACES:
        fewest, most = slot.venue.style.runners
        assert fewest <= int(field.eligible.sum()) <= most


def test_names_numbers_posts_and_riders_are_told_apart_within_a_race() -> None:
    for field in FIELDS:
        for key in ("runner_id", "horse_name", "program_number", "post_position", "jockey_name"):
            assert max(Counter(entry[key] for entry in field.entries).values()) == 1


def test_weights_are_within_the_countrys_range() -> None:
    for slot, field in RACES:
        low, high = slot.venue.style.weights
        assert all(low <= (entry["weight_carried_lbs"] or 0.0) <= high for entry in field.entries)


def test_a_coupled_entry_is_1_and_1a_and_one_betting_interest() -> None:
    coupled = [field for field in FIELDS if field.interests.count(0) == 2]
    assert coupled
    for field in coupled:
        first, second = field.entries[:2]
        assert (first["program_number"], second["program_number"]) == ("1", "1A")
        assert first["betting_interest"] == second["betting_interest"] == "1"


def test_the_morning_line_tells_the_able_from_the_rest() -> None:
    ability = np.concatenate([field.ability - field.ability.mean() for field in FIELDS])
    lines = np.array([entry["morning_line_odds"] for field in FIELDS for entry in field.entries])
    assert np.corrcoef(ability, -np.log(lines))[0, 1] > 0.8


def test_an_also_eligible_that_draws_in_is_declared() -> None:
    slot, field = next((s, f) for s, f in RACES if not f.eligible.all())
    before = card_body(slot, field, slot.scheduled_off, None)
    after = card_body(slot, field, slot.scheduled_off, len(field.entries) - 1)
    assert before["entries"][-1]["also_eligible"]
    assert not after["entries"][-1]["also_eligible"]
    assert after["number_of_runners"] == before["number_of_runners"] + 1


def test_place_terms_are_two_in_america_and_the_usual_ones_elsewhere() -> None:
    for slot, field in RACES:
        runners = len(field.entries)
        elsewhere = 3 if runners >= 8 else 2 if runners >= 5 else 1
        assert field.places == (2 if slot.venue.track.country == "US" else elsewhere)


def test_the_going_is_a_word_of_the_surface() -> None:
    assert {field.surface for field in FIELDS} == {"DIRT", "TURF"}
    for field in FIELDS:
        said = conditions_body(field, field.wetness)
        assert said["track_condition"] in GOINGS[field.surface]
