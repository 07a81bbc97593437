"""Races side by side: rows (batch, runners) become columns (runners, lanes), so that sums keep their bits."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

# NumPy sums a lone lane pairwise and two or more lanes one runner after the other: a race alone gets a twin.
MIN_LANES = 2
CHUNK_NUMBERS = 60_000  # gathered at a time, so that they stay in the processor's cache


def as_columns(rows: Floats) -> Floats:
    """Copy (batch, runners) to contiguous (runners, lanes), lanes = max(batch, 2); a lone race is doubled."""
    columns = np.empty((rows.shape[1], max(rows.shape[0], MIN_LANES)))
    columns[:] = rows.T
    return columns


def as_rows(columns: Floats, batch: int) -> Floats:
    """Copy (runners, lanes) back to contiguous (batch, runners)."""
    return np.ascontiguousarray(columns[:, :batch].T)


def as_lanes(values: Floats) -> Floats:
    """Copy one value a race, (batch,), to (lanes,)."""
    lanes = np.empty(max(values.shape[0], MIN_LANES))
    lanes[:] = values
    return lanes


def sum_runners(columns: Floats) -> Floats:
    """Sum (runners, lanes) over the runners in their order, to (lanes,)."""
    total: Floats = np.add.reduce(columns, axis=0)
    return total
