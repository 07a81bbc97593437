from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from feeds.simulator import demo
from feeds.simulator.day import slots
from feeds.simulator.finish import NOSE, SECONDS_PER_LENGTH, Finish, result_body, run
from feeds.simulator.plan import Plan, plan, truths

DAY = demo(1, datetime(2026, 7, 16, 17, 0, tzinfo=UTC))
SLOT = next(slots(DAY))
PLAN = plan(DAY, SLOT)
RUNNING = PLAN.field.eligible


def at(index: int, dead_heat: bool = False, disqualification: bool = False) -> Plan:
    """The same race run another time."""
    script = replace(PLAN.script, dead_heat=dead_heat, disqualification=disqualification)
    return Plan(DAY, replace(SLOT, index=index), PLAN.field, script)


def positions(finish: Finish, official: bool = False) -> list[int]:
    return sorted((finish.official if official else finish.positions)[RUNNING].tolist())


def test_true_chances_of_winning_are_the_softmax_of_ability() -> None:
    races = 6000
    won = Counter(int(np.flatnonzero(run(at(n), RUNNING).positions == 1)[0]) for n in range(races))
    weights = np.exp(truths(at(0))[-1][1]) * RUNNING
    for runner, chance in enumerate(weights / weights.sum()):
        assert won[runner] / races == pytest.approx(chance, abs=0.02)


@pytest.mark.parametrize("index", range(20))
def test_every_runner_has_a_position_a_time_and_beaten_lengths(index: int) -> None:
    finish = run(at(index), RUNNING)
    count = int(RUNNING.sum())
    assert positions(finish) == list(range(1, count + 1))
    assert finish.positions[~RUNNING].tolist() == [0] * (len(RUNNING) - count)
    order = np.argsort(finish.positions[RUNNING])
    lengths, seconds = finish.lengths_behind[RUNNING][order], finish.seconds[RUNNING][order]
    assert lengths[0] == 0.0
    assert (np.diff(lengths) > NOSE - 1e-9).all()
    assert seconds[0] == finish.winning_time_seconds
    assert seconds - seconds[0] == pytest.approx(lengths * SECONDS_PER_LENGTH, abs=0.0051)


def test_a_dead_heat_has_two_winners_and_no_second() -> None:
    finish = run(at(3, dead_heat=True), RUNNING)
    assert positions(finish)[:4] == [1, 1, 3, 4]
    assert len(set(finish.seconds[finish.positions == 1])) == 1


@pytest.mark.parametrize("index", range(10))
def test_a_disqualified_runner_is_last_once_official_and_those_behind_move_up(index: int) -> None:
    finish = run(at(index, disqualification=True), RUNNING)
    out = finish.disqualified
    assert out is not None
    assert finish.positions[out] in (1, 2)
    assert finish.official[out] == RUNNING.sum()
    assert positions(finish, official=True) == positions(finish)


def test_a_disqualification_in_a_dead_heat_leaves_one_winner() -> None:
    finish = run(at(4, dead_heat=True, disqualification=True), RUNNING)
    assert positions(finish, official=True)[:3] == [1, 2, 3]


def test_only_the_official_result_says_who_is_disqualified() -> None:
    finish = run(at(0, disqualification=True), RUNNING)
    starting = np.full(len(RUNNING), 5.0)
    unofficial = result_body(PLAN.field, finish, starting, "UNOFFICIAL", [])["finishers"]
    official = result_body(PLAN.field, finish, starting, "OFFICIAL", [])["finishers"]
    assert [f["disqualified"] for f in unofficial] == [False] * len(unofficial)
    assert [f["disqualified"] for f in official] == [False] * (len(official) - 1) + [True]
    assert [f["finish_position"] for f in official] == list(range(1, len(official) + 1))


def test_longer_races_on_wetter_going_take_longer() -> None:
    field = PLAN.field
    dry = run(at(0), RUNNING).winning_time_seconds
    far = Plan(DAY, SLOT, replace(field, distance_furlongs=12.0), replace(PLAN.script, wetness=3))
    assert 55.0 < dry < 125.0
    assert 140.0 < run(far, RUNNING).winning_time_seconds < 170.0
