"""Genetic strength rating: what relatives do by surface, distance and going."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.form.ability import Run
from models.form.facts import RaceFacts
from models.form.history import is_wet
from models.form.tables import State, Sums, mean
from models.layout import Floats
from models.synergy import distance_band

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
