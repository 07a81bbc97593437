"""Ability of horses: Kalman filters over speed figures and the market's opinion; pars, day variants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.form.facts import RaceFacts, RaceFinish
from models.form.tables import Keys, Rows, State, Sums, grown, mean
from models.layout import Flags, Floats

LONGEST_REST = 400.0  # days after which uncertainty grows no more
USUAL_WEIGHT = 123.0
POINTS_A_POUND = 0.03  # figure points
MARKET_SCALE = 1.08
PAR_HALF_LIFE = 1500.0
PAR_SHRINK = 4.0
DAY_VARIANCE = 0.6
RACE_VARIANCE = 0.25
RACE_SHARE = 0.6  # of what a race's offset has beyond the day's
DEBUT_HALF_LIFE = 700.0
DEBUT_SHRINK = 10.0


@dataclass(frozen=True, slots=True)
class Filter:
    """Constants of one random-walk filter: variance of a reading, at first, a run and a day; cap; a pound."""

    name: str
    noise: float
    first: float
    run: float
    day: float
    cap: float
    pound: float


FILTERS = (
    Filter("figure", 0.55, 0.9, 0.02, 0.0006, 1.6, 0.0),
    Filter("market", 0.35, 1.2, 0.05, 0.001, 1.8, 0.0),
    Filter("market_fast", 0.35, 1.2, 0.25, 0.002, 1.8, 0.0),
    Filter("market_weight", 0.35, 1.2, 0.05, 0.001, 1.8, 0.05),
    Filter("market_weight_fast", 0.35, 1.2, 0.25, 0.002, 1.8, 0.05),
)
_NOISE, _FIRST, _RUN, _DAY, _CAP, _POUND = (
    np.array([getattr(each, field) for each in FILTERS])
    for field in ("noise", "first", "run", "day", "cap", "pound")
)
COLUMNS = (
    *(each.name for each in FILTERS),
    "figure_variance",
    "market_variance",
    "figure_with_weight",
    "runs",
    "days_off",
    "career_days",
)


@dataclass(frozen=True, slots=True)
class Run:
    """A finished race with what ability says of it, arrays (runners,) in the order of the facts' runners.

    `prior` and `innovation` are (runners, filters): ability before, and what the race said beyond it, capped.
    `figure` is the speed figure in figure points; `surprise` the figure less prior ability, centred.
    """

    facts: RaceFacts
    day: float
    rows: Rows
    position: Floats
    odds: Floats
    log_odds: Floats
    seconds: Floats
    prior: Floats
    innovation: Floats
    figure: Floats
    surprise: Floats
    finish: RaceFinish


@dataclass(frozen=True, slots=True)
class _Reading:
    """A race as the filters meet it: readings, priors, variances, all (runners, filters), and its offsets."""

    facts: RaceFacts
    finish: RaceFinish
    rows: Rows
    position: Floats
    odds: Floats
    log_odds: Floats
    seconds: Floats
    readings: Floats
    prior: Floats
    variance: Floats
    offset: Floats
    spread: Floats


class Abilities:
    """Means and variances of all horses, (horses, filters), with what races and days are compared by.

    State m with variance P; P grows by a constant a run and a day, up to that of a horse never seen. A race
    reads z for each runner; its offset is the precision-weighted mean of z - m, clipped about the median;
    then m += P / (P + R) clip(z - offset - m, +-cap). The figure reads z = 100 (log par - log seconds) +
    0.03 (weight - 123), so that a point is 1 % of time; the market reads 1.08 log q of its normalised share
    q. A horse never seen stands at the mean of its class's earlier debutants. Source of the filter: Kalman
    (1960), "A new approach to linear filtering and prediction problems", J. Basic Engineering 82; of pars
    and variants: Beyer (1975), "Picking Winners"; constants fitted on Hong Kong races before 2022.
    """

    def __init__(self) -> None:
        width = len(FILTERS)
        self._horses = Keys()
        self._means: Floats = np.zeros((64, width))
        self._variances: Floats = np.ones((64, width))
        self._last: Floats = np.zeros(64)
        self._runs: Floats = np.zeros(64)
        self._debut_day: Floats = np.zeros(64)
        self._pars = Sums(PAR_HALF_LIFE, 2)
        self._debuts = Sums(DEBUT_HALF_LIFE, width * 2)

    def find(self, facts: RaceFacts) -> Rows:
        """Row of each runner's horse, 0 of one never seen."""
        return self._horses.find(runner.horse_id for runner in facts.runners)

    def look(self, facts: RaceFacts) -> Floats:
        """Values before the race, (runners, COLUMNS)."""
        rows, day = self.find(facts), float(facts.race_date.toordinal())
        weight = weights(facts)
        prior, variance = self._before(facts, rows, day)
        extra = np.where(np.isnan(weight), 0.0, weight - USUAL_WEIGHT)
        values = np.empty((len(rows), len(COLUMNS)))
        values[:, : len(FILTERS)] = prior - _POUND * extra[:, None]
        values[:, len(FILTERS)] = variance[:, 0]
        values[:, len(FILTERS) + 1] = variance[:, 1]
        values[:, len(FILTERS) + 2] = prior[:, 0] - POINTS_A_POUND * extra
        values[:, len(FILTERS) + 3] = self._runs[rows]
        values[:, len(FILTERS) + 4] = np.where(rows > 0, day - self._last[rows], np.nan)
        values[:, len(FILTERS) + 5] = np.where(rows > 0, day - self._debut_day[rows], 0.0)
        return values

    def learn(self, races: Sequence[tuple[RaceFacts, RaceFinish]]) -> list[Run]:
        """Learn the races of one day, all at once, and say what each of them said."""
        read = [self._read(facts, finish) for facts, finish in races]
        self._set_offsets(read)
        return [self._update(each) for each in read]

    def speed(self, facts: RaceFacts, finish: RaceFinish) -> tuple[float, float]:
        """How much faster than par a race was run by its horses' earlier figures, % of time; its variance.

        NaN where nothing was run over the distance before, or nothing was timed.
        """
        if self._pars.read(par_keys(facts), float(facts.race_date.toordinal()))[1][1] <= 0.0:
            return float("nan"), float("inf")
        read = self._read(facts, finish)
        return float(read.offset[0]), float(read.spread[0])

    def _before(self, facts: RaceFacts, rows: Rows, day: float) -> tuple[Floats, Floats]:
        means = self._means[rows]
        rest = np.minimum(day - self._last[rows], LONGEST_REST)
        variance = np.minimum(self._variances[rows] + _RUN + _DAY * rest[:, None], _FIRST)
        new = rows == 0
        if new.any():
            means[new] = self._debut(facts, day)
            variance[new] = _FIRST
        return means, variance

    def _debut(self, facts: RaceFacts, day: float) -> Floats:
        sums = self._debuts.read((class_key(facts), facts.track_code, "all"), day)
        width = len(FILTERS)
        level: Floats = np.zeros(width)
        for row in sums[::-1]:
            level = mean(row[:width], row[width:], DEBUT_SHRINK, level)
        return level

    def _read(self, facts: RaceFacts, finish: RaceFinish) -> _Reading:
        rows, day = self.find(facts), float(facts.race_date.toordinal())
        by_id = {each.runner_id: each for each in finish.runners}
        found = [by_id.get(runner.runner_id) for runner in facts.runners]
        table = np.array(
            [(f.position, f.seconds, f.odds) if f is not None else (np.nan,) * 3 for f in found],
            dtype=np.float64,
        ).reshape(len(rows), 3)
        position, seconds, odds = table[:, 0], table[:, 1], table[:, 2]
        prior, variance = self._before(facts, rows, day)
        log_odds = log_shares(odds)
        log_seconds = np.log(np.where(seconds > 0.0, seconds, np.nan))
        weight = weights(facts)
        extra = np.where(np.isnan(weight), 0.0, weight - USUAL_WEIGHT)
        pace = (
            100.0 * (self._par(facts, day, log_seconds, prior[:, 0]) - log_seconds) + POINTS_A_POUND * extra
        )
        readings = np.repeat(MARKET_SCALE * log_odds[:, None], len(FILTERS), axis=1) + _POUND * extra[:, None]
        readings[:, 0] = pace
        offset, spread = offsets(readings, prior, variance)
        return _Reading(
            facts, finish, rows, position, odds, log_odds, seconds, readings, prior, variance, offset, spread
        )

    def _par(self, facts: RaceFacts, day: float, log_seconds: Floats, ability: Floats) -> float:
        """Log of the par time before the race; the race's own where nothing was run before."""
        sums = self._pars.read(par_keys(facts), day)
        fine, coarse = sums[0], sums[1]
        if coarse[1] > 0.0:
            return float(mean(fine[0], fine[1], PAR_SHRINK, coarse[0] / coarse[1]))
        return par_of(log_seconds, ability)

    def _set_offsets(self, read: Sequence[_Reading]) -> None:
        """Give each figure offset the day's variant of its track and surface, and a share of its own."""
        groups: dict[tuple[str, str], list[_Reading]] = {}
        for each in read:
            groups.setdefault((each.facts.track_code, each.facts.surface), []).append(each)
        for group in groups.values():
            own = np.array([each.offset[0] for each in group])
            spread = np.array([each.spread[0] for each in group])
            weight = np.where(np.isnan(own), 0.0, 1.0 / (spread + RACE_VARIANCE))
            variant = np.sum(weight * np.nan_to_num(own)) / (np.sum(weight) + 1.0 / DAY_VARIANCE)
            for each, own_offset, width in zip(group, own, spread, strict=True):
                share = RACE_SHARE * RACE_VARIANCE / (RACE_VARIANCE + width)
                each.offset[0] = variant + share * (own_offset - variant)

    def _update(self, read: _Reading) -> Run:
        facts, day = read.facts, float(read.facts.race_date.toordinal())
        rows = self._horses.take(runner.horse_id for runner in facts.runners)
        size = len(self._horses)
        self._means, self._variances = grown(self._means, size, 0.0), grown(self._variances, size, 1.0)
        self._last, self._runs = grown(self._last, size, 0.0), grown(self._runs, size, 0.0)
        self._debut_day = grown(self._debut_day, size, 0.0)
        self._debut_day[rows] = np.where(self._runs[rows] == 0.0, day, self._debut_day[rows])
        beyond = np.clip(read.readings - read.offset - read.prior, -_CAP, _CAP)
        known = ~np.isnan(beyond)
        gain = np.where(known, read.variance / (read.variance + _NOISE), 0.0)
        self._means[rows] = read.prior + gain * np.nan_to_num(beyond)
        self._variances[rows] = read.variance * (1.0 - gain)
        self._last[rows] = day
        self._runs[rows] += 1.0
        self._learn_debuts(read, day)
        log_seconds = np.log(np.where(read.seconds > 0.0, read.seconds, np.nan))
        par = par_of(log_seconds, read.prior[:, 0])
        if not np.isnan(par):
            self._pars.add(par_keys(facts), day, np.array([[par, 1.0], [par, 1.0]]))
        figure = read.readings[:, 0] - read.offset[0]
        surprise = figure - read.prior[:, 0]
        surprise = np.clip(surprise - centre(surprise), -2.0, 2.0)
        return Run(
            facts, day, rows, read.position, read.odds, read.log_odds, read.seconds, read.prior, beyond,
            figure, surprise, read.finish,
        )  # fmt: skip

    def _learn_debuts(self, read: _Reading, day: float) -> None:
        new = read.rows == 0
        if not new.any():
            return
        seen = read.readings[new] - read.offset
        known = ~np.isnan(seen)
        row = np.concatenate([np.nansum(seen, axis=0), known.sum(axis=0)])
        keys = (class_key(read.facts), read.facts.track_code, "all")
        self._debuts.add(keys, day, np.repeat(row[None, :], 3, axis=0))

    def dump(self) -> State:
        """Everything, as arrays."""
        size = len(self._horses)
        return {
            "ability.horses": self._horses.names(),
            "ability.means": self._means[:size],
            "ability.variances": self._variances[:size],
            "ability.last": self._last[:size],
            "ability.runs": self._runs[:size],
            "ability.debut_day": self._debut_day[:size],
            **self._pars.dump("ability.pars"),
            **self._debuts.dump("ability.debuts"),
        }

    def load(self, state: Mapping[str, NDArray[np.float64] | NDArray[np.str_]]) -> None:
        """Become what `dump` gave."""
        self._horses = Keys(str(key) for key in state["ability.horses"])
        self._means, self._variances, self._last, self._runs, self._debut_day = (
            np.array(state[f"ability.{name}"], dtype=np.float64)
            for name in ("means", "variances", "last", "runs", "debut_day")
        )
        self._pars.load("ability.pars", state)
        self._debuts.load("ability.debuts", state)


def offsets(readings: Floats, prior: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Offset and its variance of each filter's race, (filters,); NaN and infinite where nothing was read."""
    beyond = readings - prior
    known = ~np.isnan(beyond)
    some = known.any(axis=0)
    middle = np.full(beyond.shape[1], np.nan)
    middle[some] = np.nanmedian(beyond[:, some], axis=0)
    precision = known / (variance + _NOISE)
    total = precision.sum(axis=0)
    clipped = np.nan_to_num(np.clip(beyond, middle - _CAP, middle + _CAP))
    with np.errstate(divide="ignore", invalid="ignore"):
        offset = (precision * clipped).sum(axis=0) / total
        return offset, 1.0 / total


def par_of(log_seconds: Floats, ability: Floats) -> float:
    """What the race says of the par: median of log seconds, each given back its horse's ability; or NaN."""
    level: Flags = ~np.isnan(log_seconds)
    return float(np.median((log_seconds + ability / 100.0)[level])) if level.any() else float("nan")


def par_keys(facts: RaceFacts) -> tuple[str, str]:
    """Keys of the par: with the course and without it."""
    coarse = f"{facts.track_code}|{facts.surface}|{facts.race_type}|{facts.distance_furlongs:.2f}"
    return f"{coarse}|{facts.course}", coarse


def class_key(facts: RaceFacts) -> str:
    """What debutants of a race are compared by."""
    return f"{facts.track_code}|{facts.race_type}|{facts.class_level:.0f}"


def weights(facts: RaceFacts) -> Floats:
    """Weights carried, pounds, (runners,)."""
    return np.array([runner.weight_lbs for runner in facts.runners], dtype=np.float64)


def log_shares(odds: Floats) -> Floats:
    """Log of the normalised inverse odds, NaN where there are none."""
    inverse = 1.0 / np.where(odds > 1.0, odds, np.nan)
    total = np.nansum(inverse)
    shares: Floats = np.log(inverse / total) if total > 0.0 else inverse
    return shares


def centre(values: Floats) -> float:
    """Mean of what is known, 0 where nothing is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else 0.0
