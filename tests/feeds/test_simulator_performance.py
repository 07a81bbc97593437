from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.simulator.performance import Starters, softmax, strengths
from feeds.simulator.population import EARLY, MUD, STAMINA, TURF, population

HORSES = population(1, "GB")


def starters(*horses: int) -> Starters:
    """Equal circumstances at a mile on the flat of the going."""
    count = len(horses)
    return Starters(
        horses=np.array(horses),
        riders=np.zeros(count, dtype=np.int64),
        form=np.zeros(count),
        years=np.full(count, 4.5),
        weights=np.full(count, 126.0),
        draw=np.linspace(-0.5, 0.5, count),
        geared=np.zeros(count, dtype=np.bool_),
        furlongs=np.array([8.0]),
        turf=np.array([0.0]),
        wetness=np.array([0.0]),
        draw_bias=np.array([0.0]),
    )


def most(trait: int) -> list[int]:
    """The horse with the most of a trait, then the one with the least."""
    column = HORSES.traits[:, trait]
    return [int(column.argmax()), int(column.argmin())]


def lead(runners: Starters) -> float:
    """How far the first runner is ahead of the second, in log-odds."""
    first, second = strengths(HORSES, runners, 1.0)[:2]
    return float(first - second)


@pytest.mark.parametrize(
    ("trait", "change"),
    [
        (MUD, {"wetness": np.array([3.0])}),
        (TURF, {"turf": np.array([1.0])}),
        (STAMINA, {"furlongs": np.array([14.0])}),
    ],
)
def test_horses_gain_in_the_conditions_that_they_prefer(trait: int, change: dict[str, np.ndarray]) -> None:
    runners = starters(*most(trait), 3, 4, 5)
    assert lead(replace(runners, **change)) > lead(runners)


def test_a_lone_leader_has_it_easier_than_one_of_many() -> None:
    by_pace = np.argsort(HORSES.traits[:, EARLY])
    leader, leaders, closers = int(by_pace[-1]), by_pace[-6:-1].tolist(), by_pace[:5].tolist()
    alone = lead(starters(leader, closers[0], *closers[1:]))
    crowded = lead(starters(leader, closers[0], *leaders))
    assert alone > crowded


def test_weight_slows() -> None:
    runners = starters(1, 2, 3)
    weights = np.array([136.0, 126.0, 126.0])
    assert lead(replace(runners, weights=weights)) < lead(runners)


def test_a_better_rider_and_better_form_help() -> None:
    best, worst = int(HORSES.rider_skill.argmax()), int(HORSES.rider_skill.argmin())
    runners = starters(1, 2, 3)
    assert lead(replace(runners, riders=np.array([best, worst, worst]))) > lead(runners)
    assert lead(replace(runners, form=np.array([1.0, 0.0, 0.0]))) > lead(runners)


def test_a_race_is_the_same_alone_and_among_many() -> None:
    one, other = starters(10, 20, 30), starters(7, 8, 9)
    both = Starters(*(np.stack([getattr(r, name) for r in (one, other)]) for name in Starters.__slots__))
    assert strengths(HORSES, both, 1.7)[0].tolist() == strengths(HORSES, one, 1.7).tolist()


@given(st.lists(st.floats(-30.0, 30.0), min_size=2, max_size=24), st.data())
def test_chances_sum_to_one_over_those_that_run(log_odds: list[float], data: st.DataObject) -> None:
    running = np.array(data.draw(st.lists(st.booleans(), min_size=len(log_odds), max_size=len(log_odds))))
    running[0] = True
    chances = softmax(np.array(log_odds), running)
    assert chances.sum() == pytest.approx(1.0, abs=1e-12)
    assert (chances[~running] == 0.0).all()
    assert (chances[running] > 0.0).all()
