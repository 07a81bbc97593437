"""Genetic strength rating: what relatives do by surface, distance and going."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from math import exp, isfinite, log, sqrt
from typing import NamedTuple

import numpy as np
from msgspec import Struct, field
from msgspec.structs import replace
from numpy.typing import NDArray

from models.form.ability import Run
from models.form.facts import RaceFacts
from models.form.history import is_wet
from models.form.tables import State, Sums, mean
from models.guide.lines import Line
from models.guide.lines import is_wet as side_of
from models.layout import Floats
from models.synergy import distance_band
from models.tallies import INTERVAL_Z, Counted, Ratio, Tally, book_of, ratio_of, strength_of

HALF_LIFE = 1800.0
SHRINK_ALL = 40.0
SHRINK_CELL = 30.0
NEW_RUNS = 3.0  # a horse with so many runs of its own is half known
COLUMNS = (
    "gsr",
    "gsr_figure",
    "sire_level",
    "dam_level",
    "dam_sire_level",
    "sire_surface",
    "sire_distance",
    "sire_going",
    "sire_debut",
    "gsr_evidence",
)
RELATIVES = {"sire": 1.0, "dam_sire": 0.5, "dam": 1.0}
"""Whose runners count for people to read, and how much, as in the model's rating."""

OLDEST = 5
"""Years from which on runners are of one age."""

AVERAGE = 100.0
FIRST_STRENGTH = strength_of(())
_CELLS = ("level", "surface", "distance", "going", "debut")


class Breeding:
    """Sums of figure, market opinion and runs by parent, whole and by surface, distance, going, debut.

    A parent's level is the mean figure of its runners less what their class of debutants does; a cell is the
    mean *surprise* of its runners there, so that it says what their own form does not. Both are normal means
    shrunk to what stands above them (cell to parent, parent to all). The rating adds them and counts less
    for a horse with runs of its own: n / (n + 3) of it is then in the horse's form. Source: Efron and Morris
    (1975), "Data analysis using Stein's estimator", JASA 70; Henderson (1975), Biometrics 31, for sire
    models.
    """

    def __init__(self) -> None:
        self._sums = Sums(HALF_LIFE, 3)

    def look(self, facts: RaceFacts, runs: Floats) -> Floats:
        """Columns before the race, (runners, COLUMNS); `runs` (runners,) is each horse's earlier runs."""
        n, day = len(facts.runners), float(facts.race_date.toordinal())
        sires = self._sums.read(_sire_keys(facts, runs), day).reshape(len(_CELLS), n, 3)
        others = self._sums.read(_other_keys(facts), day).reshape(2, n, 3)
        level = mean(sires[0, :, 0], sires[0, :, 2], SHRINK_ALL)
        dam = mean(others[0, :, 0], others[0, :, 2], 6.0)
        dam_sire = mean(others[1, :, 0], others[1, :, 2], SHRINK_ALL)
        cells = [mean(cell[:, 1], cell[:, 2], SHRINK_CELL) for cell in sires[1:]]
        debut = np.where(runs == 0.0, cells[3], 0.0)
        unknown = NEW_RUNS / (runs + NEW_RUNS)
        figure = level + 0.5 * dam_sire + dam
        rating = unknown * (figure + debut) + cells[0] + cells[1] + cells[2]
        evidence = np.log1p(sires[0, :, 2])
        return np.stack([rating, unknown * figure, level, dam, dam_sire, *cells[:3], debut, evidence], axis=1)

    def learn(self, run: Run, runs: Floats) -> None:
        """Add a finished race; `runs` is what each horse had run before it."""
        known = ~np.isnan(run.figure)
        numbers = np.stack(
            [np.where(known, run.figure, 0.0), np.where(known, run.surprise, 0.0), known.astype(np.float64)],
            axis=1,
        )
        self._sums.add(_sire_keys(run.facts, runs), run.day, np.concatenate([numbers] * len(_CELLS)))
        self._sums.add(_other_keys(run.facts), run.day, np.concatenate([numbers] * 2))

    def dump(self) -> State:
        """Everything, as arrays."""
        return self._sums.dump("breeding")

    def load(self, state: Mapping[str, NDArray[np.float64] | NDArray[np.str_]]) -> None:
        """Become what `dump` gave."""
        self._sums.load("breeding", state)


def _sire_keys(facts: RaceFacts, runs: Floats) -> list[str]:
    wet, band = is_wet(facts.going), distance_band(facts.distance_furlongs)
    keys: list[list[str]] = [[] for _ in _CELLS]
    for runner, earlier in zip(facts.runners, runs, strict=True):
        sire = runner.sire
        names = ("all", facts.surface, band, f"wet {wet}", "first" if earlier == 0.0 else "")
        for each, name in zip(keys, names, strict=True):
            each.append(f"S|{sire}|{name}" if sire and name else "")
    return [key for cell in keys for key in cell]


def _other_keys(facts: RaceFacts) -> list[str]:
    dams = [f"D|{runner.dam}" if runner.dam else "" for runner in facts.runners]
    return [*dams, *(f"B|{runner.dam_sire}" if runner.dam_sire else "" for runner in facts.runners)]


class Family(Struct, frozen=True):
    """A horse's breeding, names in capitals and "" where unknown; `born` is a year, 0 where unknown."""

    sire: str = ""
    dam: str = ""
    dam_sire: str = ""
    born: int = 0

    def name_of(self, relative: str) -> str:
        """One of RELATIVES."""
        name: str = getattr(self, relative)
        return name

    @property
    def keys(self) -> tuple[str, ...]:
        """Those of RELATIVES who are known, as they are counted.

        >>> Family("SIRE", "", "GRANDSIRE").keys
        ('sire|SIRE', 'dam_sire|GRANDSIRE')
        """
        return tuple(f"{each}|{name}" for each in RELATIVES if (name := self.name_of(each)))

    def without(self, known: "Family") -> "Family":
        """With those relatives alone of whom nothing was known.

        >>> Family("SIRE", "DAM", "", 2022).without(Family("SIRE"))
        Family(sire='', dam='DAM', dam_sire='', born=2022)
        """
        new = {each: "" if known.name_of(each) else self.name_of(each) for each in RELATIVES}
        return replace(self, **new)


class Told(NamedTuple):
    """What a relative's runners did in a cell: wins of runs, those by the odds where all were priced, and
    the wins to an equal share of the field, shrunk."""

    runs: int
    wins: int
    by_odds: float | None
    ratio: Ratio


class Rating(NamedTuple):
    """Genetic strength rating: 100 is average, 120 wins 1.2 times its share of the field; 90 % bounds."""

    value: float
    low: float
    high: float
    starts: int
    """Runs that it rests on, of all relatives; a run counts with each."""


class Cell(Struct, array_like=True):
    """Runs of a relative's runners, against an equal share of the field and, of those priced, the odds."""

    even: Tally = field(default_factory=Tally)
    odds: Tally = field(default_factory=Tally)


class Relatives(Struct):
    """Wins of sires', dams' and dams' sires' runners, whole and by cell, for people to read.

    Expected is an equal share of each field, 1 / runners, so that the rating holds what the odds may know
    too: it is the impact value of Quirin (1979), "Winning at the Races", shrunk. A cell is a surface, a
    distance band, a going on a surface, an age, or an age on a going; a dam's few runners count whole. No
    model's column comes of them.
    """

    tallies: dict[str, dict[str, Cell]] = field(default_factory=dict)
    """By `relative|name` and cell; the cell "" is the whole."""
    strengths: dict[str, float] = field(default_factory=dict)
    """By `relative|kind of cell`, wins that the prior is worth."""
    alone: Cell = field(default_factory=Cell)
    """Runs told without the rest of their race, of horses with a sire."""

    def count(self, line: Line, family: Family) -> None:
        """A run just told, of a horse of this family."""
        even, odds = line.even, line.start
        if even is None:
            return
        when = date.fromordinal(line.day)
        cells = cells_of(when, line.surface, line.furlongs or float("nan"), line.going, family.born)
        counted = [
            self.tallies.setdefault(key, {}).setdefault(cell, Cell())
            for key in family.keys
            for cell in ("", *(cells.values() if not key.startswith("dam|") else ()))
        ]
        if family.sire and not line.learnt:
            counted.append(self.alone)
        for tally in counted:
            tally.even.add(even)
            if odds is not None:
                tally.odds.add(odds)

    def fit(self) -> None:
        """Learn from all that is counted how far relatives differ, and cells from their relative."""
        counted: dict[str, list[Counted]] = {}
        book = self._book
        for key, cells in self.tallies.items():
            relative = key.split("|", 1)[0]
            level = self._level(relative, cells[""]).ratio
            for name, cell in cells.items():
                expected = cell.even.counted(book, level if name else 1.0)
                counted.setdefault(_kind(relative, name), []).append(expected)
        self.strengths = {kind: strength_of(each) for kind, each in counted.items()}

    def of(self, relative: str, name: str, cell: str, own: Sequence[Line] = ()) -> Told:
        """What a relative's runners do in a cell, "" for any, drawn to what all of its runners do.

        `own` are the runs of the horse that is asked for, none of them in the cell: they are its form, and
        left out.
        """
        key = f"{relative}|{name}"
        cells = self.tallies.get(key, {})
        whole = _less(cells.get("", Cell()), [line for line in own if key in line.relatives])
        level = self._level(relative, whole)
        if not cell or relative == "dam":
            return self._told(whole, level)
        part = cells.get(cell, Cell())
        strength = self.strengths.get(_kind(relative, cell), FIRST_STRENGTH)
        ratio = ratio_of(part.even.wins, part.even.expected(self._book), strength, above=level)
        return self._told(part, ratio)

    def rating_of(self, family: Family, cell: str, own: Sequence[Line] = ()) -> Rating:
        """The rating of a family in a cell, "" for any: 100 exp(sum of w log ratio) over RELATIVES with runs.

        The variance of its logarithm is the sum of w**2 / shape, relatives taken for apart. Sources:
        `Breeding` of the weights, `ratio_of` of the ratios. `own` as in `of`.
        """
        height = variance = 0.0
        starts = 0
        for relative, weight in RELATIVES.items():
            name = family.name_of(relative)
            if name and (runs := self.of(relative, name, "", own).runs):
                ratio = self.of(relative, name, cell, own).ratio
                height += weight * log(ratio.ratio)
                variance += weight**2 / ratio.shape
                starts += runs
        width = INTERVAL_Z * sqrt(variance)
        value, low, high = (AVERAGE * exp(height + side * width) for side in (0.0, -1.0, 1.0))
        return Rating(value, low, high, starts)

    @property
    def _book(self) -> float:
        return book_of(self.alone.even, usual=1.0)

    def _level(self, relative: str, whole: Cell) -> Ratio:
        strength = self.strengths.get(_kind(relative, ""), FIRST_STRENGTH)
        return ratio_of(whole.even.wins, whole.even.expected(self._book), strength)

    def _told(self, cell: Cell, ratio: Ratio) -> Told:
        priced = cell.even.runs == cell.odds.runs > 0
        by_odds = cell.odds.expected(book_of(self.alone.odds)) if priced else None
        return Told(cell.even.runs, cell.even.wins, by_odds, ratio)


def _less(whole: Cell, own: Sequence[Line]) -> Cell:
    """A relative's runners without a horse's own runs, all of which it counted."""
    if not own:
        return whole
    even, odds = replace(whole.even), replace(whole.odds)
    for line in own:
        if (start := line.even) is not None:
            even.add(start, sign=-1)
            if (priced := line.start) is not None:
                odds.add(priced, sign=-1)
    return Cell(even, odds) if even.runs > 0 else Cell()


def _kind(relative: str, cell: str) -> str:
    return f"{relative}|{cell.split(':', 1)[0]}"


def cells_of(when: date, surface: str, furlongs: float, going: str | None, born: int) -> dict[str, str]:
    """Cells of a run by kind, those of which enough is known.

    A horse's age is counted in calendar years, as in the northern hemisphere.

    >>> cells_of(date(2026, 5, 1), "TURF", 8.0, "SOFT", 2024)["age on going"]
    'age on going:2 wet TURF'
    >>> list(cells_of(date(2026, 5, 1), "TURF", float("nan"), None, 0))
    ['surface']
    """
    return {kind: f"{kind}:{name}" for kind, name in _cells(when, surface, furlongs, going, born)}


def _cells(
    when: date, surface: str, furlongs: float, going: str | None, born: int
) -> Iterator[tuple[str, str]]:
    known, wet, age = surface != "UNKNOWN", side_of(going), when.year - born if born else 0
    side = "" if wet is None or not known else f"{'wet' if wet else 'dry'} {surface}"
    years = str(min(age, OLDEST)) if age > 0 else ""
    if known:
        yield "surface", surface
    if isfinite(furlongs):
        yield "distance", distance_band(furlongs)
    if side:
        yield "going", side
    if years:
        yield "age", years
    if years and side:
        yield "age on going", f"{years} {side}"
