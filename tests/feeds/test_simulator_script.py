from dataclasses import fields, replace
from datetime import UTC, datetime

import numpy as np
import pytest

from feeds.simulator import Chances, RaceDay, demo, real
from feeds.simulator.day import slots
from feeds.simulator.plan import Plan, changes, entries_at, phases, plan, starters, suspension, truths
from feeds.simulator.population import RIDERS
from feeds.simulator.script import LATEST, SCRATCH_MINUTES
from schemas.identity import MICROS, micros

DAY = replace(demo(1, datetime(2026, 7, 16, 17, 0, tzinfo=UTC)), races=60)
NEVER = Chances(*(0.0 for _ in fields(Chances)))


def plans(day: RaceDay, **chances: float) -> list[Plan]:
    """Races after the first, with only these things happening."""
    quiet = replace(day, chances=replace(NEVER, **chances))
    return [plan(quiet, slot) for slot in slots(quiet)][1:]


def test_without_chances_races_go_off_as_announced() -> None:
    for this in plans(DAY):
        (open_,) = phases(this)
        assert (open_.begins, open_.ends) == (this.slot.opens, this.script.off)
        assert 0 <= this.script.off - this.slot.scheduled_off <= LATEST * DAY.late_seconds * MICROS


def test_the_first_race_of_a_demo_always_loses_a_runner() -> None:
    withdrawals = plan(DAY, next(slots(DAY))).script.withdrawals
    assert [w.at for w in withdrawals] == [micros(DAY.start) + 12 * MICROS]


def test_betting_stops_at_a_scratch_and_opens_again_without_the_runner() -> None:
    for this in plans(DAY, scratch=1.0, second_scratch=1.0):
        before, *later = phases(this)
        assert len(later) == len(this.script.withdrawals) in {1, 2}
        for withdrawal, phase in zip(this.script.withdrawals, later, strict=True):
            assert before.ends == withdrawal.at
            assert phase.begins == withdrawal.at + suspension(DAY)
            assert before.running[withdrawal.runner]
            assert not phase.running[withdrawal.runner]
            before = phase


def test_also_eligibles_draw_in_for_the_first_that_is_scratched() -> None:
    spare = [this for this in plans(DAY, scratch=1.0) if not this.field.eligible.all()]
    assert spare
    for this in spare:
        assert this.field.entries[-1]["also_eligible"]
        assert this.script.withdrawals[0].drawn_in == len(this.field.entries) - 1
        assert changes(this)[-1][1][-1]


def test_a_runner_put_back_runs_and_is_back_before_the_off() -> None:
    for this in plans(DAY, scratch=1.0, re_entry=1.0):
        (withdrawal,) = this.script.withdrawals
        assert withdrawal.reinstated_at is not None
        assert withdrawal.at < withdrawal.reinstated_at < this.script.off
        assert phases(this)[-1].running.tolist() == this.field.eligible.tolist()


def test_a_delay_moves_the_off_but_not_the_race_id() -> None:
    delayed = plans(DAY, delay=1.0)
    assert [this.slot.race_id for this in delayed] == [this.slot.race_id for this in plans(DAY)]
    for this in delayed:
        told = this.script.delay_at
        assert told is not None
        assert this.scheduled(told - 1) == this.slot.scheduled_off < this.scheduled(told) <= this.script.off


def test_an_abandoned_race_takes_bets_until_it_is_abandoned_and_nothing_else_happens() -> None:
    for this in plans(DAY, abandoned=1.0, scratch=1.0, delay=1.0, going_change=1.0):
        assert phases(this)[-1].ends == this.script.abandoned_at
        assert (this.script.withdrawals, this.script.delay_at, this.script.going_at) == ((), None, None)


def test_coupled_runners_are_never_scratched() -> None:
    for this in plans(DAY, scratch=1.0, second_scratch=1.0):
        for withdrawal in this.script.withdrawals:
            assert this.field.interests.count(this.field.interests[withdrawal.runner]) == 1


@pytest.mark.parametrize("open_seconds", [10.0, 59.0])
def test_nothing_happens_in_markets_hardly_open(open_seconds: float) -> None:
    short = replace(DAY, open_seconds=open_seconds)
    for this in plans(short, scratch=1.0, delay=1.0, abandoned=1.0, going_change=1.0):
        assert len(phases(this)) == 1
        assert this.script.abandoned_at is this.script.delay_at is this.script.going_at is None


def test_scratches_come_in_the_morning_more_than_at_the_gate() -> None:
    day = replace(real(1, DAY.start), races=300, gap_seconds=60.0)
    early = replace(day, early_offs=(SCRATCH_MINUTES * 90.0,), open_seconds=SCRATCH_MINUTES * 90.0)
    scratches = [
        (this.slot.scheduled_off - w.at, this)
        for this in plans(early, scratch=1.0)
        for w in this.script.withdrawals
    ]
    hours = np.array([left for left, _ in scratches]) / (3600 * MICROS)
    assert (hours < 4.0).mean() < 0.35
    assert 5.0 < np.median(hours) < 10.0


def test_lateness_is_about_a_minute_and_sometimes_many() -> None:
    day = replace(real(1, DAY.start), races=400, gap_seconds=60.0)
    late = np.array([this.script.off - this.slot.scheduled_off for this in plans(day)]) / MICROS
    assert np.median(late) == pytest.approx(55.0, rel=0.15)
    assert np.percentile(late, [10, 90]) == pytest.approx([23.0, 160.0], rel=0.25)


def test_a_change_of_rider_is_on_a_new_card_and_changes_the_truth() -> None:
    for this in plans(DAY, rider_change=1.0):
        (switch,) = this.script.switches
        before, after = entries_at(this, switch.at - 1), entries_at(this, switch.at)
        changed = [n for n, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]]
        assert changed == [switch.runner]
        assert after[switch.runner]["jockey_name"] not in {entry["jockey_name"] for entry in before}
        assert 0 <= (switch.rider or 0) < RIDERS
        (_, first), (at, later) = truths(this)
        assert at == switch.at
        assert first[switch.runner] != later[switch.runner]


def test_a_change_of_equipment_puts_blinkers_on_or_off() -> None:
    for this in plans(DAY, equipment_change=1.0):
        (switch,) = this.script.switches
        worn = [entries_at(this, time)[switch.runner]["equipment"] for time in (switch.at - 1, switch.at)]
        assert sorted(worn, key=str) == ["None", "b"] or set(worn) == {None, "b"}


def test_a_change_of_going_changes_the_truth_of_all() -> None:
    changed = [this for this in plans(DAY, going_change=1.0) if this.script.wetness != this.field.wetness]
    assert changed
    for this in changed:
        (_, first), (at, later) = truths(this)
        assert at == this.script.going_at
        assert (first != later)[starters(this)].all()


def test_only_an_objection_can_be_upheld() -> None:
    assert not any(this.script.disqualification for this in plans(DAY, upheld=1.0))
    assert all(this.script.disqualification for this in plans(DAY, objection=1.0, upheld=1.0))
