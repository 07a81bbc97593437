"""The learner of the day: a planted bias is found and helps, chance moves nothing, bad prices are seen."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from math import nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack

from models.form.facts import RaceFacts, RaceFinish, Runner, RunnerFinish
from models.online import DOUBTED, USUAL_BIAS, Habits, Meeting, Online
from models.trial import Trial

FIRST_DAY = date(2026, 3, 1)
FIELD = 10
UNKNOWN = [nan] * FIELD
NO_PLACE = Habits(UNKNOWN, UNKNOWN)


TASTES = np.linspace(-0.2, 0.2, FIELD)
"""What runners have on wet going, by their number, in log-odds."""

WET = Habits(UNKNOWN, TASTES.tolist())


def race(
    random: np.random.Generator, day: date, bias: float = 0.0, blind: bool = False, going: float = 0.0
) -> tuple[RaceFacts, RaceFinish]:
    """A race whose prices know everything but a bias of draw and going; `blind`, and they know nothing."""
    strength = random.normal(0.0, 0.8, FIELD)
    draw = random.permutation(FIELD)
    chances = np.exp(strength) / np.exp(strength).sum()
    truth = -2.0 * strength if blind else strength + bias * (draw / (FIELD - 1) - 0.5)
    truth = truth + going * TASTES / 0.4
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
        front = Habits([each.position / FIELD for each in finish.runners], UNKNOWN)
        online.learn(facts, finish, front)
    today = online.taught(facts, front)
    assert today is not None
    assert today.bias[1] < -2.0 * today.doubt[1] < 0.0


def shown_to_help() -> Meeting:
    trial = Trial()
    for _ in range(100):
        trial = trial.after(2.0, 1.6)
    return Meeting(trial=trial)


def wet_day(online: Online, day: date, going: float, seed: int = 7, races: int = 8) -> RaceFacts:
    """Run a day of races in which the going is by so much not what prices took it for; its last race."""
    random = np.random.default_rng(seed)
    for _ in range(races):
        facts, finish = race(random, day, going=going)
        online.learn(facts, finish, WET)
    return facts


class TestTheGoing:
    def test_where_lovers_of_the_wet_win_it_raises_them_later_that_day_and_only_that_day(self) -> None:
        online = Online({"BEL|DIRT": shown_to_help()})
        facts = wet_day(online, FIRST_DAY, 4.0)
        today = online.taught(facts, WET)
        assert today is not None
        assert today.bias[2] > 2.0 * today.doubt[2] > 0.0
        assert [place[2] for place in today.places] == sorted(place[2] for place in today.places)
        assert today.lean[-1] - today.lean[0] > 0.5 * today.bias[2]
        tomorrow, finish = race(np.random.default_rng(2), FIRST_DAY + timedelta(1))
        assert online.taught(tomorrow, WET) is None
        online.learn(tomorrow, finish, WET)
        again = online.taught(tomorrow, WET)
        assert again is not None
        assert abs(again.bias[2]) < today.doubt[2] < again.doubt[2]

    def test_where_lovers_of_the_dry_win_it_lowers_those_of_the_wet(self) -> None:
        online = Online()
        today = online.taught(wet_day(online, FIRST_DAY, -4.0), WET)
        assert today is not None
        assert today.bias[2] < -2.0 * today.doubt[2] < 0.0

    def test_unknown_tastes_teach_nothing_and_are_moved_by_nothing(self) -> None:
        online = Online({"BEL|DIRT": shown_to_help()})
        facts, finish = race(np.random.default_rng(3), FIRST_DAY, going=4.0)
        online.learn(facts, finish, NO_PLACE)
        today = online.taught(facts, NO_PLACE)
        assert today is not None
        assert today.bias[2] == 0.0
        assert today.doubt[2] == pytest.approx(USUAL_BIAS)
        online.learn(facts, finish, WET)
        one_unknown = Habits(UNKNOWN, [nan, *WET.wet[1:]])
        later = online.taught(facts, one_unknown)
        assert later is not None
        assert later.bias[2] != 0.0
        assert later.places[0][2] == 0.0

    def test_it_moves_chances_only_once_that_is_shown_to_help(self) -> None:
        online, leaning = Online(), []
        for n in range(40):
            today = online.taught(wet_day(online, FIRST_DAY + timedelta(n), 2.5, seed=n), WET)
            assert today is not None
            leaning.append(max(map(abs, today.lean)) > 0.0)
        assert not leaning[0]
        assert leaning[-1]

    def test_where_prices_know_the_going_nothing_moves(self) -> None:
        online = Online()
        for n in range(40):
            today = online.taught(wet_day(online, FIRST_DAY + timedelta(n), 0.0, seed=n), WET)
            assert today is not None
            assert set(today.lean) == {0.0}

    @given(st.lists(st.one_of(st.just(nan), st.floats(-3.0, 3.0)), min_size=FIELD, max_size=FIELD))
    def test_no_taste_stands_outside_the_axis(self, wet: list[float]) -> None:
        online = Online()
        facts, finish = race(np.random.default_rng(5), FIRST_DAY)
        online.learn(facts, finish, WET)
        today = online.taught(facts, Habits(UNKNOWN, wet))
        assert today is not None
        assert all(-0.5 <= place[2] <= 0.5 for place in today.places)

    @given(order=st.permutations(range(FIELD)), seed=st.integers(0, 99))
    def test_runners_in_another_order_have_the_same_answer(self, order: list[int], seed: int) -> None:
        one, other = Online({"BEL|DIRT": shown_to_help()}), Online({"BEL|DIRT": shown_to_help()})
        random = np.random.default_rng(seed)
        habits = Habits(random.uniform(0.0, 1.0, FIELD).tolist(), TASTES.tolist())
        facts, finish = race(random, FIRST_DAY, -2.0, going=3.0)
        moved = replace(facts, runners=tuple(facts.runners[at] for at in order))
        moved_habits = Habits([habits.early[at] for at in order], [habits.wet[at] for at in order])
        one.learn(facts, finish, habits)
        other.learn(moved, finish, moved_habits)
        here, there = one.taught(facts, habits), other.taught(moved, moved_habits)
        assert here is not None
        assert there is not None
        assert there.lean == pytest.approx([here.lean[at] for at in order], abs=1e-12)
        assert there.bias == pytest.approx(here.bias, abs=1e-12)


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
