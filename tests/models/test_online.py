"""The learner of the day: a planted bias is found and helps, chance moves nothing, bad prices are seen."""

from collections.abc import Iterator
from datetime import date, timedelta
from math import nan

import numpy as np
import pytest
from msgspec import msgpack

from models.form.facts import RaceFacts, RaceFinish, Runner, RunnerFinish
from models.online import DOUBTED, Meeting, Online

FIRST_DAY = date(2026, 3, 1)
FIELD = 10
NO_PLACE = [nan] * FIELD


def race(
    random: np.random.Generator, day: date, bias: float = 0.0, blind: bool = False
) -> tuple[RaceFacts, RaceFinish]:
    """A race whose prices know everything but a bias of the draw; `blind`, and they know nothing."""
    strength = random.normal(0.0, 0.8, FIELD)
    draw = random.permutation(FIELD)
    chances = np.exp(strength) / np.exp(strength).sum()
    truth = -2.0 * strength if blind else strength + bias * (draw / (FIELD - 1) - 0.5)
    order = np.argsort(-(truth + random.gumbel(size=FIELD)))
    position = np.argsort(order) + 1
    runners = tuple(Runner(str(n), post_position=float(draw[n] + 1)) for n in range(FIELD))
    ends = tuple(
        RunnerFinish(str(n), float(position[n]), odds=1.0 / (1.15 * chances[n])) for n in range(FIELD)
    )
    facts = RaceFacts("BEL-1", day, "BEL", runners, surface="DIRT")
    return facts, RaceFinish("BEL-1", 0, True, ends)


def days(online: Online, count: int, bias: float, seed: int = 1, races: int = 8) -> Iterator[RaceFacts]:
    """Run days of races with such a bias; the last race of each, before it is learnt."""
    random = np.random.default_rng(seed)
    for n in range(count):
        for last in range(races):
            facts, finish = race(random, FIRST_DAY + timedelta(n), bias)
            if last == races - 1:
                yield facts
            online.learn(facts, finish, NO_PLACE)


def test_a_bias_of_the_draw_is_found_within_the_day_and_forgotten_with_it() -> None:
    online = Online()
    (facts,) = days(online, 1, -4.0, races=12)
    today = online.taught(facts, NO_PLACE)
    assert today is not None
    assert today.races == 12
    assert today.bias[0] < -2.0 * today.doubt[0] < 0.0
    assert today.bias[1] == 0.0
    tomorrow, _ = race(np.random.default_rng(2), FIRST_DAY + timedelta(1))
    assert online.taught(tomorrow, NO_PLACE) is None


def test_places_early_are_learnt_as_draws_are() -> None:
    online, random = Online(), np.random.default_rng(4)
    for _ in range(8):
        facts, finish = race(random, FIRST_DAY)
        front = [each.position / FIELD for each in finish.runners]
        online.learn(facts, finish, front)
    today = online.taught(facts, front)
    assert today is not None
    assert today.bias[1] < -2.0 * today.doubt[1] < 0.0


def test_it_moves_chances_only_once_that_is_shown_to_help() -> None:
    online = Online()
    leaning = []
    for facts in days(online, 40, -2.5):
        today = online.taught(facts, NO_PLACE)
        assert today is not None
        leaning.append(max(map(abs, today.lean)) > 0.0)
    assert not leaning[0]
    assert leaning[-1]
    lowest = min(range(FIELD), key=lambda n: facts.runners[n].post_position)
    assert today is not None
    assert today.lean[lowest] == max(today.lean)


def test_where_days_have_no_bias_nothing_moves() -> None:
    online = Online()
    for facts in days(online, 60, 0.0):
        today = online.taught(facts, NO_PLACE)
        assert today is not None
        assert set(today.lean) == {0.0}


def test_prices_that_do_not_hold_are_seen_and_doubted_for_the_day() -> None:
    online, random = Online(), np.random.default_rng(3)
    held = [online.learn(*race(random, FIRST_DAY), NO_PLACE) for _ in range(40)]
    assert not any(held)
    day = FIRST_DAY + timedelta(1)
    alarms = [online.learn(*race(random, day, blind=True), NO_PLACE) for _ in range(15)]
    assert any(alarms)
    facts, finish = race(random, day)
    today = online.taught(facts, NO_PLACE)
    assert today is not None
    assert today.trust == DOUBTED
    later, finish = race(random, day + timedelta(1))
    online.learn(later, finish, NO_PLACE)
    after = online.taught(later, NO_PLACE)
    assert after is not None
    assert after.trust == 1.0


def test_kept_and_read_again_it_goes_on_to_the_bit() -> None:
    online = Online()
    *_, facts = days(online, 12, -2.0)
    again = Online(msgpack.decode(msgpack.encode(online.meetings), type=dict[str, Meeting]))
    assert again.taught(facts, NO_PLACE) == online.taught(facts, NO_PLACE)
    random = np.random.default_rng(5)
    for _ in range(3):
        facts, finish = race(random, FIRST_DAY + timedelta(20), -2.0)
        assert again.learn(facts, finish, NO_PLACE) == online.learn(facts, finish, NO_PLACE)
        assert again.taught(facts, NO_PLACE) == online.taught(facts, NO_PLACE)
    assert again.meetings == online.meetings


@pytest.mark.parametrize("lacking", ["odds", "winner", "runners"])
def test_a_race_that_cannot_be_judged_teaches_nothing(lacking: str) -> None:
    facts, finish = race(np.random.default_rng(1), FIRST_DAY)
    ends = list(finish.runners)
    if lacking == "odds":
        ends[3] = RunnerFinish("3", ends[3].position)
    elif lacking == "winner":
        ends = [end for end in ends if end.position != 1.0]
    else:
        ends = [end for end in ends if end.position <= 4.0]
    online = Online()
    assert not online.learn(facts, RaceFinish("BEL-1", 0, True, tuple(ends)), NO_PLACE)
    assert online.meetings == {}
