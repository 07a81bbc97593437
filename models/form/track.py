"""What the course itself favours: draws, running styles and weights, by course and distance and of late."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.form.ability import Run, centre
from models.form.facts import RaceFacts
from models.form.tables import State, Sums, mean
from models.layout import Floats

DRAW_HALF_LIFE = 2500.0
DRAW_SHRINK = 60.0
STYLE_HALF_LIFE = 900.0
LATE_HALF_LIFE = 25.0
USUAL_POST = 6.5  # what a draw is told from: features centre it in the field that runs
STYLE_SHRINK = 6.0  # of the squares of early positions centred: about eight races
COLUMNS = (
    "draw_surprise",
    "draw_wins",
    "draw_slope",
    "draw_slope_late",
    "style_slope",
    "style_slope_late",
    "draw_early",
)


class Course:
    """Sums of surprise by draw, and regressions of surprise on draw and on the running style expected."""

    def __init__(self) -> None:
        self._draws = Sums(DRAW_HALF_LIFE, 5)
        self._slopes = Sums(STYLE_HALF_LIFE, 4)
        self._late = Sums(LATE_HALF_LIFE, 4)

    def look(self, facts: RaceFacts) -> Floats:
        """Columns before the race, (runners, COLUMNS)."""
        day, runners = float(facts.race_date.toordinal()), len(facts.runners)
        sums = self._draws.read([*_draw_keys(facts, True), *_draw_keys(facts, False)], day)
        fine, coarse = sums[:runners], sums[runners:]
        surprise = _nested(fine, coarse, 1)
        won = _nested(fine, coarse, 2)
        early = _nested(fine, coarse, 4)
        slopes = self._slopes.read(_slope_keys(facts), day)
        late = self._late.read(_slope_keys(facts)[1:], day)
        post, _ = _posts(facts)
        wide = np.where(np.isnan(post), 0.0, post - USUAL_POST)
        base = _slope(slopes[1], 0.0, 0)
        draw = _slope(slopes[0], base, 0)
        style = _slope(slopes[0], _slope(slopes[1], 0.0, 2), 2)
        return np.stack(
            [
                surprise,
                won,
                draw * wide,
                _slope(late[0], 0.0, 0) * wide,
                np.full(runners, style),
                np.full(runners, _slope(late[0], 0.0, 2)),
                early,
            ],
            axis=1,
        )

    def learn(self, run: Run, expected_early: Floats) -> None:
        """Add a finished race; `expected_early`, 0 the lead to 1, is what was expected."""
        facts = run.facts
        known = ~np.isnan(run.surprise)
        surprise = np.where(known, run.surprise, 0.0)
        winners = run.position == 1.0
        won = winners / max(winners.sum(), 1) - np.exp(np.where(np.isnan(run.log_odds), -2.5, run.log_odds))
        first = _first_positions(run)
        numbers = np.stack(
            [
                known.astype(np.float64),
                surprise,
                won,
                (~np.isnan(first)).astype(np.float64),
                np.nan_to_num(first),
            ],
            axis=1,
        )
        keys = [*_draw_keys(facts, True), *_draw_keys(facts, False)]
        self._draws.add(keys, run.day, np.concatenate([numbers, numbers]))
        post, middle = _posts(facts)
        wide = np.where(np.isnan(post) | ~known, 0.0, post - middle)
        style = np.where(np.isnan(expected_early) | ~known, 0.0, expected_early - centre(expected_early))
        row = np.array(
            [[(wide * surprise).sum(), (wide * wide).sum(), (style * surprise).sum(), (style * style).sum()]]
        )
        self._slopes.add(_slope_keys(facts), run.day, np.repeat(row, 2, axis=0))
        self._late.add(_slope_keys(facts)[1:], run.day, row)

    def dump(self) -> State:
        """Everything, as arrays."""
        return {
            **self._draws.dump("course.draws"),
            **self._slopes.dump("course.slopes"),
            **self._late.dump("course.late"),
        }

    def load(self, state: Mapping[str, NDArray[np.float64] | NDArray[np.str_]]) -> None:
        """Become what `dump` gave."""
        self._draws.load("course.draws", state)
        self._slopes.load("course.slopes", state)
        self._late.load("course.late", state)


def _nested(fine: Floats, coarse: Floats, at: int) -> Floats:
    """Mean at the course, shrunk to that of the distance, itself shrunk to 0."""
    seen = 3 if at == 4 else 0
    above = mean(coarse[:, at], coarse[:, seen], DRAW_SHRINK, 0.5 if at == 4 else 0.0)
    return mean(fine[:, at], fine[:, seen], DRAW_SHRINK, above)


def _slope(sums: Floats, towards: float, at: int) -> float:
    """Slope of a regression through the middle, shrunk; draws count in twelfths of squares of posts."""
    shrink = STYLE_SHRINK if at == 2 else 100.0 * STYLE_SHRINK
    return float((sums[at] + shrink * towards) / (sums[at + 1] + shrink))


def _posts(facts: RaceFacts) -> tuple[Floats, float]:
    post = np.array([runner.post_position for runner in facts.runners], dtype=np.float64)
    return post, 0.5 * (1.0 + float(np.nanmax(post, initial=1.0)))


def _first_positions(run: Run) -> Floats:
    by_id = {each.runner_id: each.positions for each in run.finish.runners}
    found = [by_id.get(runner.runner_id) for runner in run.facts.runners]
    first = np.array([each[0] if each else np.nan for each in found], dtype=np.float64)
    early: Floats = (first - 1.0) / max(float(np.nanmax(first, initial=2.0)) - 1.0, 1.0)
    return early


def _trip(facts: RaceFacts) -> str:
    return f"{facts.track_code}|{facts.surface}|{facts.race_type}|{facts.distance_furlongs:.1f}"


def _draw_keys(facts: RaceFacts, with_course: bool) -> list[str]:
    trip = f"{_trip(facts)}|{facts.course}" if with_course else _trip(facts)
    posts = [runner.post_position for runner in facts.runners]
    return ["" if np.isnan(post) else f"{trip}|{post:.0f}" for post in posts]


def _slope_keys(facts: RaceFacts) -> list[str]:
    return [f"{_trip(facts)}|{facts.course}", f"{facts.track_code}|{facts.surface}|{facts.race_type}"]
