"""The last ten runs of each horse, averaged by recency, time and likeness to today's race."""

from collections.abc import Mapping
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from models.form.ability import Run, centre, weights
from models.form.comments import FLAGS, flags_of
from models.form.facts import RaceFacts, RunnerFinish
from models.form.tables import Keys, Rows, State, grown
from models.layout import Floats

RUNS = 10
AVERAGED = (
    "figure", "margin", "innovation", "place", "surprise", "odds", "rated", "early", "late", "gain",
)  # fmt: skip
KEPT = (
    *AVERAGED,
    "day",
    "distance",
    "track",
    "surface",
    "wet",
    "weight",
    "body",
    "class",
    "rating",
    "runners",
    "rider",
    *FLAGS,
)
AT = {name: at for at, name in enumerate(KEPT)}
WEIGHTS = ("recent", "season", "kernel", "last")
SUMMARIES = (
    "figure_best3",
    "figure_best5",
    "figure_median",
    "figure_spread",
    "figure_trend",
    "kernel_evidence",
    "surprise_wet",
    "surprise_distance",
    "surprise_track",
    "surprise_surface",
    "runs_surface",
    "wins",
    "placed",
    "odds_best",
    "place_best",
    "rated_best",
)
EARLIER = tuple((name, back) for back in (2, 3) for name in ("figure", "margin", "place", "odds", "rated"))
COLUMNS = (
    *(f"{name}_{weight}" for weight in WEIGHTS for name in AVERAGED),
    *SUMMARIES,
    *(f"{name}_{back}" for name, back in EARLIER),
)
FADE = 0.7  # a run
SEASON_HALF_LIFE = 90.0
DISTANCE_SCALE = 0.15  # of the log of the distance
OTHER_TRACK = 0.5
OTHER_SURFACE = 0.2
WORST_MARGIN = 8.0  # per cent of time
WET = ("YIELD", "SOFT", "HEAVY", "WET", "SLOW", "MUD", "SLOPPY", "SEALED")
_SURFACES = {"UNKNOWN": 0.0, "TURF": 1.0, "DIRT": 2.0, "SYNTHETIC": 3.0}
_FADES = FADE ** np.arange(RUNS)


class Histories:
    """Ring of each horse's runs, (horses, KEPT, RUNS), the latest first, NaN where there was none."""

    def __init__(self) -> None:
        self._runs: Floats = np.full((64, len(KEPT), RUNS), np.nan)
        self._results: Floats = np.zeros((64, 3))
        self._tracks = Keys()

    def recent(self, rows: Rows) -> Floats:
        """Copy of the runs of these horses, (runners, KEPT, RUNS)."""
        runs: Floats = self._runs[rows]
        return runs

    def look(self, facts: RaceFacts, rows: Rows) -> Floats:
        """Averages and summaries before the race, (runners, COLUMNS)."""
        runs, day = self._runs[rows], float(facts.race_date.toordinal())
        track = float(self._tracks.find([facts.track_code])[0])
        weight = _weights(runs, facts, day, track)
        averaged = runs[:, : len(AVERAGED)]
        means, evidence = _means(averaged, weight)
        values = np.concatenate([means.reshape(len(rows), -1), averaged[:, :, 0]], axis=1)
        summaries = self._summaries(runs, facts, rows, track, evidence)
        earlier = np.stack([runs[:, AT[name], back - 1] for name, back in EARLIER], axis=1)
        return np.concatenate([values, summaries, earlier], axis=1)

    def _summaries(
        self, runs: Floats, facts: RaceFacts, rows: Rows, track: float, evidence: Floats
    ) -> Floats:
        figure, surprise = runs[:, AT["figure"]], runs[:, AT["surprise"]]
        falling = -np.sort(-figure, axis=1)
        wet = runs[:, AT["wet"]] > 0.0
        near = np.abs(runs[:, AT["distance"]] - np.log(facts.distance_furlongs)) < 0.05
        here = runs[:, AT["track"]] == track
        surface = runs[:, AT["surface"]] == _SURFACES[facts.surface]
        results = self._results[rows]
        return np.stack(
            [
                row_mean(falling[:, :3]),
                row_mean(falling[:, :5]),
                _row_median(falling),
                _row_spread(figure),
                row_mean(figure[:, :3]) - row_mean(figure[:, 3:]),
                evidence[:, 2, 0],
                _shrunk(surprise, wet == is_wet(facts.going)),
                _shrunk(surprise, near),
                _shrunk(surprise, here),
                _shrunk(surprise, surface),
                np.where(surface, 1.0, 0.0).sum(axis=1),
                (results[:, 1] + 0.1) / (results[:, 0] + 1.0),
                (results[:, 2] + 0.3) / (results[:, 0] + 1.0),
                row_max(runs[:, AT["odds"]]),
                -row_max(-runs[:, AT["place"]]),
                row_max(runs[:, AT["rated"]]),
            ],
            axis=1,
        )

    def learn(self, run: Run, rows: Rows) -> None:
        """Put a finished race before each horse's earlier runs."""
        need = int(rows.max(initial=0)) + 1
        self._runs, self._results = grown(self._runs, need, np.nan), grown(self._results, need, 0.0)
        track = float(self._tracks.take([run.facts.track_code])[0])
        ran = kept(run, track)
        held = rows > 0
        shifted = self._runs[rows[held]]
        shifted[:, :, 1:] = shifted[:, :, :-1].copy()
        shifted[:, :, 0] = ran[held]
        self._runs[rows[held]] = shifted
        counts = np.stack([np.ones(len(rows)), run.position == 1.0, run.position <= 3.0], axis=1)
        self._results[rows[held]] += counts[held]

    def dump(self) -> State:
        """Everything, as arrays."""
        return {
            "history.runs": self._runs,
            "history.results": self._results,
            "history.tracks": self._tracks.names(),
        }

    def load(self, state: Mapping[str, NDArray[np.float64] | NDArray[np.str_]]) -> None:
        """Become what `dump` gave."""
        self._runs = np.array(state["history.runs"], dtype=np.float64)
        self._results = np.array(state["history.results"], dtype=np.float64)
        self._tracks = Keys(str(key) for key in state["history.tracks"])


def kept(run: Run, track: float) -> Floats:
    """What is kept of a finished race, (runners, KEPT)."""
    facts, runners = run.facts, run.facts.runners
    count = max(len(runners), 2)
    by_id = {each.runner_id: each for each in run.finish.runners}
    finish = [by_id.get(runner.runner_id) or RunnerFinish(runner.runner_id) for runner in runners]
    ran = np.full((len(runners), len(KEPT)), np.nan)
    early = early_positions(finish)
    columns = {
        "figure": run.figure,
        "margin": margins(run.seconds),
        "innovation": run.innovation[:, 1],
        "place": (run.position - 1.0) / (count - 1.0),
        "surprise": run.surprise,
        "odds": run.log_odds + np.log(count),
        "rated": run.prior[:, 1] + run.innovation[:, 1],
        "early": early,
        "late": late_speed(finish),
        "gain": early - (run.position - 1.0) / (count - 1.0),
        "weight": weights(facts),
        "body": np.array([runner.body_weight_lbs for runner in runners]),
        "rating": ratings(facts),
        "rider": np.array([rider_code(runner.jockey) for runner in runners]),
    }
    for name, column in columns.items():
        ran[:, AT[name]] = column
    ran[:, AT["day"]] = run.day
    ran[:, AT["distance"]] = np.log(facts.distance_furlongs)
    ran[:, AT["track"]] = track
    ran[:, AT["surface"]] = _SURFACES[facts.surface]
    ran[:, AT["wet"]] = float(is_wet(facts.going))
    ran[:, AT["class"]] = facts.class_level
    ran[:, AT["runners"]] = count
    ran[:, AT[FLAGS[0]] :] = np.array([flags_of(each.comments) for each in finish])
    return ran


def is_wet(going: str) -> bool:
    """Whether the going holds water.

    >>> is_wet("GOOD TO YIELDING"), is_wet("GOOD TO FIRM")
    (True, False)
    """
    return any(word in going for word in WET)


def rider_code(jockey: str) -> float:
    """A number that stands for a rider in arrays, the same everywhere; NaN for an unknown one."""
    return float(crc32(jockey.encode())) if jockey else float("nan")


def ratings(facts: RaceFacts) -> Floats:
    """Official ratings, (runners,); where not stated, the band's top less what weight is below 133 pounds."""
    stated = np.array([runner.official_rating for runner in facts.runners], dtype=np.float64)
    rated: Floats = np.where(np.isnan(stated), facts.rating_high - 133.0 + weights(facts), stated)
    return rated


def margins(seconds: Floats) -> Floats:
    """Per cent of time behind the winner, at most 8, (runners,)."""
    known = seconds > 0.0
    if not known.any():
        return np.full(len(seconds), np.nan)
    behind = 100.0 * np.log(np.where(known, seconds, np.nan) / seconds[known].min())
    capped: Floats = np.minimum(behind, WORST_MARGIN)
    return capped


def early_positions(finish: list[RunnerFinish]) -> Floats:
    """First running position from 0, the leader, to 1, NaN where there is none."""
    first = np.array([each.positions[0] if each.positions else np.nan for each in finish], dtype=np.float64)
    most = np.nanmax(first, initial=2.0)
    early: Floats = (first - 1.0) / (most - 1.0)
    return early


def late_speed(finish: list[RunnerFinish]) -> Floats:
    """Speed in the last section beyond the race's mean, per cent, NaN where no sections are known."""
    last = np.array([each.sections[-1] if each.sections else np.nan for each in finish], dtype=np.float64)
    speed = -100.0 * np.log(np.where(last > 0.0, last, np.nan))
    late: Floats = np.clip(speed - centre(speed), -8.0, 8.0)
    return late


def _weights(runs: Floats, facts: RaceFacts, day: float, track: float) -> Floats:
    """Weights of runs, (runners, 3, RUNS): by recency, by time and by likeness to today's race."""
    ago = day - runs[:, AT["day"]]
    apart = np.abs(runs[:, AT["distance"]] - np.log(facts.distance_furlongs))
    apart = np.where(np.isnan(apart), DISTANCE_SCALE, apart)
    surface = runs[:, AT["surface"]] == _SURFACES[facts.surface]
    alike = np.where(surface, np.where(runs[:, AT["track"]] == track, 1.0, OTHER_TRACK), OTHER_SURFACE)
    weight = np.empty((len(runs), 3, RUNS))
    weight[:, 0] = _FADES
    weight[:, 1] = np.exp2(-ago / SEASON_HALF_LIFE)
    weight[:, 2] = _FADES * np.exp(-apart / DISTANCE_SCALE) * alike
    return np.where(np.isnan(ago)[:, None], 0.0, weight)


def _means(averaged: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Weighted means of (runners, AVERAGED, RUNS), (runners, 3, AVERAGED), and the weight behind each."""
    known = ~np.isnan(averaged)
    filled = np.where(known, averaged, 0.0)
    total = (weight[:, :, None] * filled[:, None]).sum(axis=-1)
    evidence: Floats = (weight[:, :, None] * known[:, None]).sum(axis=-1)
    return np.divide(total, evidence, out=np.full(total.shape, np.nan), where=evidence > 1e-9), evidence


def row_mean(values: Floats) -> Floats:
    """Mean of what is known in each row, NaN where nothing is."""
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    mean: Floats = np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)
    return mean


def row_max(values: Floats) -> Floats:
    """Highest of what is known in each row, NaN where nothing is."""
    highest: Floats = np.where(np.isnan(values), -np.inf, values).max(axis=1)
    return np.where(np.isfinite(highest), highest, np.nan)


def _row_median(falling: Floats) -> Floats:
    """Median of rows that fall, with NaN at their end."""
    count = (~np.isnan(falling)).sum(axis=1)
    upper, lower = np.maximum((count - 1) // 2, 0), count // 2
    rows = np.arange(len(falling))
    return np.where(
        count > 0, 0.5 * (falling[rows, upper] + falling[rows, np.minimum(lower, RUNS - 1)]), np.nan
    )


def _row_spread(values: Floats) -> Floats:
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    beyond = np.where(known, values - row_mean(values)[:, None], 0.0)
    return np.where(count > 1, np.sqrt((beyond * beyond).sum(axis=1) / np.maximum(count - 1, 1)), np.nan)


def _shrunk(values: Floats, chosen: NDArray[np.bool_]) -> Floats:
    """Mean of the chosen, shrunk to 0 as if three more runs had said nothing."""
    used = chosen & ~np.isnan(values)
    total = np.where(used, values, 0.0).sum(axis=1)
    shrunk: Floats = total / (used.sum(axis=1) + 3.0)
    return shrunk
