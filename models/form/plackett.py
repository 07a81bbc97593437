"""Plackett-Luce ratings of horse, rider and trainer, stepped race by race along the gradient."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.form.ability import Run
from models.form.facts import RaceFacts
from models.form.tables import FIRST_ROWS, Keys, State, grown
from models.layout import Floats

STAGES = (1.0, 0.7, 0.5)
LEAST_STEP, FIRST_STEP, STEP_FALL = 0.12, 0.35, 0.15
RIDER_STEP, TRAINER_STEP = 0.012, 0.008
COLUMNS = ("plackett", "plackett_horse", "plackett_rider", "plackett_trainer")
_KINDS = ("H", "J", "T")


class Ratings:
    """One rating for each horse, rider and trainer; a runner's strength is their sum.

    The finish gives strengths s the likelihood prod(exp(s_i) / sum(exp(s_j) of those not yet placed)), here
    of the first three places with weights 1, .7 and .5; each rating takes a step along its gradient, a
    horse's larger while it has few runs: max(.12, .35 / (1 + .15 n)). Source: Plackett (1975), "The
    analysis of permutations", Applied Statistics 24; the online step as in Glickman (1999), Applied
    Statistics 48.
    """

    def __init__(self) -> None:
        self._keys = Keys()
        self._ratings: Floats = np.zeros((FIRST_ROWS, 2))  # rating, races

    def look(self, facts: RaceFacts) -> Floats:
        """Columns before the race, (runners, COLUMNS)."""
        held = self._ratings[self._keys.find(_keys(facts)), 0].reshape(len(_KINDS), -1)
        return np.stack([held[0] + held[1] + held[2], held[0], held[1], held[2]], axis=1)

    def learn(self, run: Run) -> None:
        """Step the ratings of a finished race."""
        rows = self._keys.take(_keys(run.facts))
        self._ratings = grown(self._ratings, len(self._keys), 0.0)
        slope = gradient(self._ratings[rows, 0].reshape(len(_KINDS), -1).sum(axis=0), run.position)
        steps = np.repeat([0.0, RIDER_STEP, TRAINER_STEP], len(slope))
        races = self._ratings[rows[: len(slope)], 1]
        steps[: len(slope)] = np.maximum(LEAST_STEP, FIRST_STEP / (1.0 + STEP_FALL * races))
        np.add.at(self._ratings[:, 0], rows, steps * np.tile(slope, len(_KINDS)))
        np.add.at(self._ratings[:, 1], rows, 1.0)
        self._ratings[0] = 0.0

    def dump(self) -> State:
        """Everything, as arrays."""
        return {"plackett.keys": self._keys.names(), "plackett.ratings": self._ratings[: len(self._keys)]}

    def load(self, state: Mapping[str, NDArray[np.float64] | NDArray[np.str_]]) -> None:
        """Become what `dump` gave."""
        self._keys = Keys(str(key) for key in state["plackett.keys"])
        self._ratings = np.array(state["plackett.ratings"], dtype=np.float64)


def gradient(strength: Floats, position: Floats) -> Floats:
    """Gradient of the weighted log-likelihood of the first places, (runners,); it sums to 0.

    A dead heat shares its stage; who did not finish is behind everyone.
    """
    slope = np.zeros(len(strength))
    left = np.ones(len(strength), dtype=np.bool_)
    for place, weight in enumerate(STAGES, start=1):
        placed = position == place
        if not placed.any() or left.sum() < 2:
            continue
        power = np.where(left, np.exp(strength - strength[left].max()), 0.0)
        slope += weight * (placed / placed.sum() - power / power.sum())
        left &= ~placed
    return slope


def _keys(facts: RaceFacts) -> list[str]:
    rows: list[str] = []
    for kind, field in zip(_KINDS, ("horse_id", "jockey", "trainer"), strict=True):
        names = [getattr(runner, field) for runner in facts.runners]
        rows.extend(f"{kind}|{name}" if name else "" for name in names)
    return rows
