"""Synergy: what riders, horses and trainers do together beyond expectation."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from models.form.ability import Run
from models.form.facts import RaceFacts, Runner
from models.form.people import WIDTH, outcomes
from models.form.tables import State, Sums, mean
from models.guide.lines import Line
from models.layout import Floats
from models.tallies import Counted, Ratio, Tally, book_of, ratio_of, strength_of, total

HALF_LIFE = 800.0
PAIRS = ("rider_trainer", "rider_horse", "trainer_situation", "trainer_distance", "rider_track")
SHRINK = 25.0
PRIOR_WINS = 3.0
COLUMNS = (
    *(f"{pair}_{name}" for pair in PAIRS for name in ("surprise", "lift", "odds", "against_odds")),
    "pair_runs",
)
YEARS = 3
"""Calendar years of a pair's runs that are told to people, today's the last."""

SITUATIONS = ("first", "layoff", "quick", "claim", "surface")
KINDS = ("rider_trainer", "rider_horse", "track", *SITUATIONS)
FIRST_STRENGTH = strength_of(())
_CLAIMED = re.compile(r"(?:^|[.;,] )claimed(?=[.;,]|$)", re.IGNORECASE)


class Synergy:
    """Sums by pair, halved every 800 days: runs, surprise, market innovation, wins and wins by the odds.

    The actual-to-expected ratio has a gamma prior of mean 1 worth three wins: with A wins where the odds
    expected E, the posterior is gamma(A + 3, E + 3). Source: Clayton and Kaldor (1987), "Empirical Bayes
    estimates of age-standardized relative risks", Biometrics 43.
    """

    def __init__(self) -> None:
        self._sums = Sums(HALF_LIFE, WIDTH)

    def look(self, facts: RaceFacts, days_off: Floats) -> Floats:
        """Columns before the race, (runners, COLUMNS); `days_off` is NaN at a first start."""
        runners = len(facts.runners)
        sums = self._sums.read(_keys(facts, days_off), float(facts.race_date.toordinal()))
        columns: list[Floats] = []
        for pair in range(len(PAIRS)):
            part = sums[pair * runners : (pair + 1) * runners]
            columns.extend(mean(part[:, [1, 2, 5]], part[:, :1], SHRINK).T)
            columns.append(np.log((part[:, 3] + PRIOR_WINS) / (part[:, 4] + PRIOR_WINS)))
        columns.append(np.log1p(sums[runners : 2 * runners, 0]))
        return np.stack(columns, axis=1)

    def learn(self, run: Run, days_off: Floats) -> None:
        """Add a finished race."""
        self._sums.add(_keys(run.facts, days_off), run.day, np.concatenate([outcomes(run)] * len(PAIRS)))

    def dump(self) -> State:
        """Everything, as arrays."""
        return self._sums.dump("synergy")

    def load(self, state: Mapping[str, NDArray[np.float64] | NDArray[np.str_]]) -> None:
        """Become what `dump` gave."""
        self._sums.load("synergy", state)


def situation(days_off: float) -> str:
    """What kind of start it is by days off.

    >>> situation(float("nan")), situation(14.0), situation(200.0)
    ('first', 'fresh', 'layoff')
    """
    if np.isnan(days_off):
        return "first"
    return "layoff" if days_off > 90.0 else "quick" if days_off <= 10.0 else "fresh"


def _keys(facts: RaceFacts, days_off: Floats) -> list[str]:
    trip = f"{facts.surface}|{distance_band(facts.distance_furlongs)}"
    keys: list[list[str]] = [[] for _ in PAIRS]
    for runner, off in zip(facts.runners, days_off, strict=True):
        rider, trainer = runner.jockey, runner.trainer
        keys[0].append(f"JT|{rider}|{trainer}" if rider and trainer else "")
        keys[1].append(f"JH|{rider}|{runner.horse_id}" if rider and runner.horse_id else "")
        keys[2].append(f"TS|{trainer}|{situation(off)}" if trainer else "")
        keys[3].append(f"TD|{trainer}|{trip}" if trainer else "")
        keys[4].append(f"JC|{rider}|{facts.track_code}|{trip}" if rider else "")
    return [key for pair in keys for key in pair]


def distance_band(furlongs: float) -> str:
    """Sprint to 6.5 furlongs, mile to 8.5, middle to 11, long beyond.

    >>> distance_band(6.0), distance_band(8.2)
    ('sprint', 'mile')
    """
    if np.isnan(furlongs):
        return ""
    return (
        "sprint" if furlongs <= 6.5 else "mile" if furlongs <= 8.5 else "middle" if furlongs <= 11 else "long"
    )


class Record(NamedTuple):
    """What a pair has done: wins of runs where the odds expected so many, and the ratio, shrunk."""

    kind: str
    runs: int
    wins: int
    expected: float
    ratio: Ratio


class Together(Struct):
    """Wins of riders with trainers, and of trainers by situation and track, against the odds, for people.

    Counts and not forgotten sums, so that they can be read; no model's column comes of them. A rider with a
    horse is counted from the horse's lines. A run's situation is told by the run before it: where an earlier
    one is told later, the situation of the run after it is counted again, so that the order does not matter.
    """

    tallies: dict[str, dict[int, Tally]] = field(default_factory=dict)
    """By `kind|names` and calendar year, the last YEARS."""
    strengths: dict[str, float] = field(default_factory=dict)
    """By kind, wins that the prior is worth."""
    latest: int = 0
    """The last year of a run told."""
    alone: Tally = field(default_factory=Tally)
    """Runs told without the rest of their race."""

    @property
    def book(self) -> float:
        """What inverse prices are taken to sum to, of runs told without the rest of their race."""
        return book_of(self.alone)

    def count(self, line: Line, before: Line | None, after: Line | None, track_code: str) -> None:
        """A run just told, and the runs before and after it that are known of its horse."""
        if (start := line.start) is not None and start.alone:
            self.alone.add(start)
        if line.trainer and line.rider:
            self._add(f"rider_trainer|{line.rider}|{line.trainer}", line)
        if line.trainer and track_code:
            self._add(f"track|{line.trainer}|{track_code}", line)
        self._add_situations(line, before)
        if after is not None:
            self.count_again(after, before, line)

    def count_again(self, line: Line, before: Line | None, now: Line) -> None:
        """The run before one that is counted was taken for `before`, and is known as `now`."""
        if now is not before:
            self._add_situations(line, before, sign=-1)
            self._add_situations(line, now)

    def fit(self, horses: Iterable[Sequence[Line]]) -> None:
        """Learn from all that is counted how far pairs of each kind differ; `horses` are lines of each."""
        book = self.book
        for key in list(self.tallies):
            self._let_go(key)
        kinds: dict[str, list[Counted]] = {kind: [] for kind in KINDS}
        for key, years in self.tallies.items():
            kinds[key.split("|", 1)[0]].append(total(years.values()).counted(book))
        for lines in horses:
            # A dict and no set: sums of floats are the same bits in the same order only.
            for rider in dict.fromkeys(line.rider for line in lines if line.rider):
                kinds["rider_horse"].append(_with_rider(lines, rider).counted(book))
        self.strengths = {kind: strength_of(counted) for kind, counted in kinds.items()}

    def records(self, runner: Runner, facts: RaceFacts, lines: Sequence[Line]) -> Iterator[Record]:
        """Records that bear on a runner today; `lines` latest first, all of days before the race."""
        year, book = facts.race_date.year, self.book
        rider, trainer = runner.jockey, runner.trainer
        keys = []
        if rider and trainer:
            keys.append(f"rider_trainer|{rider}|{trainer}")
        if trainer and facts.track_code:
            keys.append(f"track|{trainer}|{facts.track_code}")
        if trainer:
            before = lines[0] if lines else None
            today = situations(facts.race_date.toordinal(), facts.surface, before, debut=not lines)
            keys += [f"{kind}|{trainer}" for kind in today]
        for key in keys:
            years = self.tallies.get(key, {})
            tally = total(each for when, each in years.items() if year - YEARS < when <= year)
            yield self._record(key.split("|", 1)[0], tally, book)
        if rider:
            yield self._record("rider_horse", _with_rider(lines, rider), book)

    def _record(self, kind: str, tally: Tally, book: float) -> Record:
        expected = tally.expected(book)
        ratio = ratio_of(tally.wins, expected, self.strengths.get(kind, FIRST_STRENGTH))
        return Record(kind, tally.runs, tally.wins, expected, ratio)

    def _add_situations(self, line: Line, before: Line | None, sign: int = 1) -> None:
        if line.trainer:
            for kind in situations(line.day, line.surface, before, line.debut):
                self._add(f"{kind}|{line.trainer}", line, sign)

    def _add(self, key: str, line: Line, sign: int = 1) -> None:
        start, year = line.start, date.fromordinal(line.day).year
        self.latest = max(self.latest, year)
        if start is None or year <= self.latest - YEARS:
            return
        years = self.tallies.setdefault(key, {})
        tally = years.setdefault(year, Tally())
        tally.add(start, sign)
        if tally.runs == 0:
            del years[year]
        self._let_go(key)

    def _let_go(self, key: str) -> None:
        """Drop years that count no longer, and who has no other."""
        years = self.tallies[key]
        for old in [each for each in years if each <= self.latest - YEARS]:
            del years[old]
        if not years:
            del self.tallies[key]


def situations(day: int, surface: str, before: Line | None, debut: bool) -> Iterator[str]:
    """Which of SITUATIONS a run on `day` is, by the run before it; `debut` where that none is known says so.

    A claim is read from the comment of the run that the horse was claimed out of, as charts have it.
    """
    if before is None:
        if debut:
            yield "first"
        return
    rest = situation(float(day - before.day))
    if rest in SITUATIONS:
        yield rest
    if before.comments and _CLAIMED.search(before.comments):
        yield "claim"
    if "UNKNOWN" not in (surface, before.surface) and surface != before.surface:
        yield "surface"


def _with_rider(lines: Sequence[Line], rider: str) -> Tally:
    tally = Tally()
    for line in lines:
        if line.rider == rider and (start := line.start) is not None:
            tally.add(start)
    return tally
