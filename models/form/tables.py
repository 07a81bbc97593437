"""Growing arrays by key, and sums by key that are forgotten exponentially."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.layout import Floats

Rows: TypeAlias = NDArray[np.intp]
State: TypeAlias = dict[str, NDArray[np.float64] | NDArray[np.str_]]

FIRST_ROWS = 64


class Keys:
    """Rows of keys, in the order in which they were first met; row 0 is that of everything unknown."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._rows = {key: row for row, key in enumerate(keys, start=1)}

    def __len__(self) -> int:
        """Rows in use, with row 0."""
        return len(self._rows) + 1

    def find(self, keys: Iterable[str]) -> Rows:
        """Row of each key, 0 of one never met."""
        get = self._rows.get
        return np.array([get(key, 0) for key in keys], dtype=np.intp)

    def take(self, keys: Iterable[str]) -> Rows:
        """Row of each key, a new one for one never met; the empty key has row 0."""
        rows = self._rows
        return np.array([rows.setdefault(key, len(rows) + 1) if key else 0 for key in keys], dtype=np.intp)

    def names(self) -> NDArray[np.str_]:
        """All keys in the order of their rows."""
        return np.array(list(self._rows), dtype=np.str_)


def grown(array: Floats, rows: int, fill: float) -> Floats:
    """`array` itself where it has the rows, else a copy with at least twice as many, filled."""
    if rows <= len(array):
        return array
    larger = np.full((max(rows, 2 * len(array)), *array.shape[1:]), fill)
    larger[: len(array)] = array
    return larger


class Sums:
    """Sums of rows of numbers by key, halved every `half_life` days; `width` numbers a key.

    Days are ordinals. What a key never met sums to is 0.
    """

    def __init__(self, half_life: float, width: int) -> None:
        self._half_life = half_life
        self._keys = Keys()
        self._sums: Floats = np.zeros((FIRST_ROWS, width))
        self._days: Floats = np.zeros(FIRST_ROWS)

    def read(self, keys: Iterable[str], day: float) -> Floats:
        """Sums of each key on `day`, (keys, width)."""
        rows = self._keys.find(keys)
        faded = np.exp2((self._days[rows] - day) / self._half_life)
        sums: Floats = self._sums[rows] * faded[:, None]
        return sums

    def add(self, keys: Iterable[str], day: float, numbers: Floats) -> None:
        """Add `numbers`, (keys, width), on `day`; keys may repeat, empty ones count not."""
        rows = self._keys.take(keys)
        self._sums = grown(self._sums, len(self._keys), 0.0)
        self._days = grown(self._days, len(self._keys), 0.0)
        met = np.unique(rows)
        self._sums[met] *= np.exp2((self._days[met] - day) / self._half_life)[:, None]
        self._days[met] = day
        np.add.at(self._sums, rows, numbers)
        self._sums[0] = 0.0

    def dump(self, name: str) -> State:
        """Everything, as arrays whose names begin with `name`."""
        size = len(self._keys)
        return {
            f"{name}.keys": self._keys.names(),
            f"{name}.sums": self._sums[:size],
            f"{name}.days": self._days[:size],
        }

    def load(self, name: str, state: Mapping[str, NDArray[np.float64] | NDArray[np.str_]]) -> None:
        """Become what `dump` gave."""
        self._keys = Keys(str(key) for key in state[f"{name}.keys"])
        self._sums = np.array(state[f"{name}.sums"], dtype=np.float64)
        self._days = np.array(state[f"{name}.days"], dtype=np.float64)


def mean(total: Floats, weight: Floats, shrink: float, towards: Floats | float = 0.0) -> Floats:
    """Mean shrunk as if `shrink` more had been seen at `towards`: empirical Bayes of a normal mean."""
    shrunk: Floats = (total + shrink * towards) / (weight + shrink)
    return shrunk
