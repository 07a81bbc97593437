from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

from feeds.simulator import demo
from feeds.simulator.card import card_body, conditions_body
from feeds.simulator.day import slots
from feeds.simulator.field import GOINGS
from feeds.simulator.plan import entries_at, plan

DAY = replace(demo(1, datetime(2026, 7, 16, 17, 0, tzinfo=UTC)), races=120)
PLANS = [plan(DAY, slot) for slot in slots(DAY)]


def test_names_numbers_posts_and_riders_are_told_apart_within_a_race() -> None:
    for this in PLANS:
        for key in ("runner_id", "horse_name", "program_number", "post_position", "jockey_name"):
            assert max(Counter(entry[key] for entry in this.field.entries).values()) == 1


def test_weights_are_within_the_countrys_range() -> None:
    for this in PLANS:
        low, high = this.slot.venue.style.weights
        assert all(low <= (entry["weight_carried_lbs"] or 0.0) <= high for entry in this.field.entries)


def test_a_coupled_entry_is_1_and_1a_and_one_betting_interest() -> None:
    coupled = [this.field for this in PLANS if this.field.interests.count(0) == 2]
    assert coupled
    for field in coupled:
        first, second = field.entries[:2]
        assert (first["program_number"], second["program_number"]) == ("1", "1A")
        assert first["betting_interest"] == second["betting_interest"] == "1"


def test_an_also_eligible_that_draws_in_is_declared() -> None:
    this = next(p for p in PLANS if any(w.drawn_in is not None for w in p.script.withdrawals))
    before = card_body(this.slot, this.field, this.script.off, entries_at(this, this.slot.opens))
    after = card_body(this.slot, this.field, this.script.off, entries_at(this, this.script.off))
    assert before["entries"][-1]["also_eligible"]
    assert not after["entries"][-1]["also_eligible"]
    assert after["number_of_runners"] == before["number_of_runners"] + 1


def test_the_going_is_a_word_of_the_surface() -> None:
    assert {this.field.surface for this in PLANS} == {"DIRT", "TURF", "SYNTHETIC"}
    for this in PLANS:
        said = conditions_body(this.field, this.field.wetness)
        assert said["track_condition"] in GOINGS[this.field.surface]
