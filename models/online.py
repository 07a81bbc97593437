"""What drifts during a meeting, learnt race by race: whom draw, early place and going favour, if prices hold.

After each official race the share of its rivals that every runner beat is held against the share that the
starting prices promised. With p the public's chances, runner i beats j with q_ij = p_i / (p_i + p_j); a
shift of b x_i in its log-odds changes its share by about b x_i g_i, g_i the mean of q_ij (1 - q_ij). So a
Bayesian linear regression of the surprise on x_i g_i (river; Bishop 2006, section 3.3) has b in log-odds,
for the draw, the place usual early and what a horse has on wet going more than on dry, each from -0.5 to 0.5,
and begins anew each day. Where lovers of the wet beat their prices, the track rides wetter than prices think.

What it finds is told. It moves chances only at tracks where it has been shown to help: each race is first
judged with and without it, and the sequential test of `models.trial` has to say so. On history little is
gained, so that little moves. Nats a race, of races with an earlier one on their day:

    Hong Kong 2008 to 2025, 11,693 races            draw and early +.00009 (z 0.8)  all three +.00007 (z 0.7)
    Great Britain and Ireland 2021 to 2025, 32,862  draw and early +.00009 (z 1.9)  all three +.00010 (z 2.1)

The going by itself is worth -.00001 (z -1.6) and +.00001 (z 1.0). A day's bias is in the prices, or chance.

Whether prices hold is a Page-Hinkley test on the standardised log-loss of the public, (loss - entropy) / sd,
of mean 0 where its chances are true: 2 alarms in 13,440 races of Hong Kong, 20 in 39,883 of Great Britain and
Ireland taken as one series; after nine races where losses rise by one and a half standard deviations.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite, log, sqrt
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from msgspec import Struct

from models.form.facts import RaceFacts, RaceFinish
from models.layout import Floats
from models.trial import Trial

AXES = ("draw", "early", "going")
USUAL_BIAS = 0.15
"""Standard deviation of a day's bias before its first race, in log-odds between one end and the other."""

NOISE = 0.27
"""Standard deviation of the share beaten about the one promised: Hong Kong's."""

FEWEST = 5
"""Runners of a race that teaches."""

RISE, ALARM, FIRST = 0.5, 8.0, 8
"""Page-Hinkley: what the mean may rise by, its threshold, and races before it may sound."""

FORGET = 2_000
"""Races after which the test begins anew, as it does after an alarm."""

DOUBTED = 0.7
"""What confidence is left for the rest of a day on which prices were found not to hold."""

TASTE = 0.2
"""Log-odds on wet going above the field's at which a runner stands at the end of that axis: by history."""

ByAxis: TypeAlias = tuple[float, float, float]
"""A number each of AXES."""


class Habits(NamedTuple):
    """What is known of each runner from earlier days, in the card's order; NaN where unknown."""

    early: Sequence[float]
    """The place usual early, from 0 in front to 1 at the back."""
    wet: Sequence[float]
    """What it is likely to have more on wet going than on dry, in log-odds."""


class Lesson(Struct, frozen=True):
    """One race of the day: of each runner its places times its leverage, and its surprise."""

    places: list[ByAxis]
    surprise: list[float]


class Meeting(Struct):
    """One track and surface: the lessons of its latest day, and the public's losses over many."""

    day: int = 0
    lessons: list[Lesson] = []
    losses: list[float] = []
    """Standardised, since the test began anew."""
    alarmed: int = 0
    """The day of the last alarm."""
    trial: Trial = Trial()
    """Of the public with the day's bias beside the public alone."""


@dataclass(frozen=True, slots=True)
class Today:
    """What is said of a race to come: the same for the same lessons."""

    races: int
    bias: ByAxis
    """Log-odds between one end and the other, by AXES: below 0 low draws, those in front, the dry."""
    doubt: ByAxis
    """Its standard deviation."""
    lean: list[float]
    """What it adds to each runner's log-odds; 0 where it is not shown to help."""
    places: list[ByAxis]
    """Where each runner is by AXES, from -0.5 to 0.5; 0 where unknown."""
    trust: float


@dataclass(slots=True)
class Online:
    """The learner. `meetings` is all that it keeps: made from them, it goes on as if it had never stopped."""

    meetings: dict[str, Meeting] = field(default_factory=dict)
    _working: dict[str, "_Working"] = field(default_factory=dict)

    def learn(self, facts: RaceFacts, finish: RaceFinish, habits: Habits) -> bool:
        """Take in an official race with what was known of its runners; whether prices ceased to hold."""
        found = _judged(facts, finish, habits)
        if found is None:
            return False
        key, day = key_of(facts), facts.race_date.toordinal()
        meeting = self.meetings.setdefault(key, Meeting())
        if day != meeting.day:
            meeting.day, meeting.lessons = day, []
            self._working.pop(key, None)
        working = self._at(key)
        plain, leaning = found.losses(working.bias)
        meeting.trial = meeting.trial.after(plain, leaning)
        meeting.lessons.append(found.lesson)
        meeting.losses.append(found.loss)
        working.learn(found.lesson)
        alarm = working.sounds(found.loss)
        if alarm:
            meeting.alarmed = day
        if alarm or len(meeting.losses) >= FORGET:
            meeting.losses = []
            del self._working[key]
        return alarm

    def taught(self, facts: RaceFacts, habits: Habits) -> Today | None:
        """What the day has taught of a race to come; None before the first race of its day."""
        key, day = key_of(facts), facts.race_date.toordinal()
        meeting = self.meetings.get(key)
        if meeting is None or meeting.day != day:
            return None
        bias, doubt = self._at(key).bias, self._at(key).doubt
        places = _places([runner.post_position for runner in facts.runners], habits)
        helps = float(meeting.trial.verdict == "BETTER")
        lean: Floats = helps * (places @ np.array(bias))
        trust = DOUBTED if meeting.alarmed == day else 1.0
        return Today(len(meeting.lessons), bias, doubt, lean.tolist(), _rows(places), trust)

    def _at(self, key: str) -> "_Working":
        working = self._working.get(key)
        if working is None:
            working = self._working[key] = _Working(self.meetings[key])
        return working


def key_of(facts: RaceFacts) -> str:
    """Races of one meeting that teach each other."""
    return f"{facts.track_code}|{facts.surface}"


class _Working:
    """What follows from a meeting's lessons and losses, in river's terms."""

    def __init__(self, meeting: Meeting) -> None:
        # Only now: it takes seconds to load, and only who learns needs it.
        from river.drift import PageHinkley
        from river.linear_model import BayesianLinearRegression

        self._model: Any = BayesianLinearRegression(alpha=USUAL_BIAS**-2, beta=NOISE**-2)
        self._test: Any = PageHinkley(min_instances=FIRST, delta=RISE, threshold=ALARM, mode="up")
        for lesson in meeting.lessons:
            self.learn(lesson)
        for loss in meeting.losses:
            self.sounds(loss)

    def learn(self, lesson: Lesson) -> None:
        for places, surprise in zip(lesson.places, lesson.surprise, strict=True):
            self._model.learn_one(dict(zip(AXES, places, strict=True)), surprise)

    def sounds(self, loss: float) -> bool:
        self._test.update(loss)
        return bool(self._test.drift_detected)

    @property
    def bias(self) -> ByAxis:
        draw, early, going = (self._model.predict_one({axis: 1.0}) for axis in AXES)
        return draw, early, going

    @property
    def doubt(self) -> ByAxis:
        told = (self._model.predict_one({axis: 1.0}, with_dist=True).sigma for axis in AXES)
        draw, early, going = (sqrt(max(sigma**2 - NOISE**2, 0.0)) for sigma in told)
        return draw, early, going


@dataclass(frozen=True, slots=True)
class _Judged:
    """A race against its prices."""

    chances: Floats
    won: Floats
    """Share of the win by runner."""
    places: Floats
    lesson: Lesson
    loss: float

    def losses(self, bias: ByAxis) -> tuple[float, float]:
        """Log-losses of the public alone, and with the bias known before the race."""
        moved = np.log(self.chances) + self.places @ np.array(bias)
        moved -= moved.max() + log(np.exp(moved - moved.max()).sum())
        return float(-(self.won * np.log(self.chances)).sum()), float(-(self.won * moved).sum())


def _judged(facts: RaceFacts, finish: RaceFinish, habits: Habits) -> _Judged | None:
    """None of a race that teaches nothing: too few runners, no prices, no winner."""
    by_id = {each.runner_id: each for each in finish.runners}
    ran = [at for at, runner in enumerate(facts.runners) if runner.runner_id in by_id]
    ends = [by_id[facts.runners[at].runner_id] for at in ran]
    odds = np.array([end.odds for end in ends])
    position = np.array([end.position if isfinite(end.position) else 1e9 for end in ends])
    winners = position == 1.0
    if len(ran) < FEWEST or not winners.any() or not (odds > 1.0).all():
        return None
    chances = (1.0 / odds) / (1.0 / odds).sum()
    known = Habits([habits.early[at] for at in ran], [habits.wet[at] for at in ran])
    places = _places([facts.runners[at].post_position for at in ran], known)
    ahead = chances[:, None] / (chances[:, None] + chances[None, :])
    np.fill_diagonal(ahead, 0.0)
    beaten = (position[:, None] < position[None, :]) + 0.5 * (position[:, None] == position[None, :])
    np.fill_diagonal(beaten, 0.0)
    rivals = len(ran) - 1
    leverage = (ahead * (1.0 - ahead)).sum(axis=1) / rivals
    surprise: Floats = (beaten - ahead).sum(axis=1) / rivals
    lesson = Lesson(_rows(places * leverage[:, None]), surprise.tolist())
    won = winners / winners.sum()
    return _Judged(chances, won, places, lesson, _standardised(chances, won))


def _standardised(chances: Floats, won: Floats) -> float:
    logs = np.log(chances)
    entropy = -(chances * logs).sum()
    variance = (chances * logs * logs).sum() - entropy**2
    return float((-(won * logs).sum() - entropy) / sqrt(max(variance, 1e-6)))


def _places(posts: Sequence[float], habits: Habits) -> Floats:
    """Where runners are by AXES, (runners, 3): draw by rank, the others from the middle of those known."""
    post = np.array(posts, dtype=np.float64)
    known = np.isfinite(post)
    rank = np.argsort(np.argsort(np.where(known, post, np.inf), kind="stable"), kind="stable")
    draw = np.where(known, rank / max(int(known.sum()) - 1, 1) - 0.5, 0.0)
    going = np.clip(_from_the_middle(habits.wet) / (2.0 * TASTE), -0.5, 0.5)
    return np.column_stack([draw, _from_the_middle(habits.early), going])


def _from_the_middle(told: Sequence[float]) -> Floats:
    """What is told less its mean; 0 where nothing is."""
    values = np.array(told, dtype=np.float64)
    known = np.isfinite(values)
    middle = values[known].mean() if known.any() else 0.0
    found: Floats = np.where(known, values - middle, 0.0)
    return found


def _rows(places: Floats) -> list[ByAxis]:
    return [(float(draw), float(front), float(wet)) for draw, front, wet in places]
