"""Sixteen rows side by side do what is said of one after the other."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba.core.errors import TypingError
from numpy.testing import assert_array_equal

from models.compiled import compiled
from models.lanes import LANES, LINE, add_four, aligned, lowest, strike
from models.layout import Floats
from models.trees import Singles


@compiled()
def struck(
    left: np.ndarray, columns: Singles, column: np.uint32, threshold: np.float32, mask: np.uint32
) -> None:
    strike(left, columns, column, threshold, mask)


@compiled()
def found(left: np.ndarray, numbers: np.ndarray) -> None:
    lowest(left, numbers)


@compiled()
def added(into: Floats, weights: Floats, values: Floats, at: np.uint64, lane: np.uint64) -> None:
    add_four(into, weights, values, at, lane)


@given(st.integers(0, 2**32 - 1), st.sampled_from([-np.inf, -1.0, 0.0, 0.25, 3e38]), st.integers(0, 2))
def test_bits_go_where_a_column_is_above_the_threshold(mask: int, threshold: float, column: int) -> None:
    random = np.random.default_rng(mask)
    columns = random.normal(size=(3, LANES)).astype(np.float32)
    columns[:, :3] = np.inf, -np.inf, threshold
    left = random.integers(0, 2**32, LANES, dtype=np.uint32)
    above = columns[column] > np.float32(threshold)
    wanted = np.where(above, left & np.uint32(mask), left)
    struck(left, columns, np.uint32(column), np.float32(threshold), np.uint32(mask))
    assert_array_equal(left, wanted)


@given(st.lists(st.integers(1, 2**32 - 1), min_size=LANES, max_size=LANES))
def test_the_lowest_bit_is_told_by_its_number(held: list[int]) -> None:
    numbers = np.zeros(LANES, np.uint32)
    found(np.array(held, np.uint32), numbers)
    assert numbers.tolist() == [(each & -each).bit_length() - 1 for each in held]


@given(st.integers(0, 2**32 - 1), st.integers(0, 3), st.sampled_from([0, 3, LANES]))
def test_four_rows_are_added_in_their_order_and_the_rest_stays(seed: int, at: int, lane: int) -> None:
    random = np.random.default_rng(seed)
    weights, values = random.normal(size=(7, 2 * LANES)), random.normal(size=7)
    into = random.normal(size=2 * LANES)
    wanted, here = into.copy(), slice(lane, lane + LANES)
    for row in range(at, at + 4):
        wanted[here] += values[row] * weights[row, here]
    added(into, weights, values, np.uint64(at), np.uint64(lane))
    assert_array_equal(into, wanted)


@pytest.mark.parametrize("size", [0, 1, LINE, 100, 520_192])
def test_what_is_aligned_begins_a_line_of_the_cache(size: int) -> None:
    held = [aligned(size) for _ in range(5)]
    assert all(len(each) == size and each.ctypes.data % LINE == 0 for each in held)


def test_other_types_are_not_compiled() -> None:
    """They would be read as what they are not."""
    left: Any = np.zeros(LANES, np.uint32)
    columns: Any = np.zeros((2, LANES))
    with pytest.raises(TypingError):
        struck(left, columns, np.uint32(0), np.float32(0.0), np.uint32(0))
    with pytest.raises(TypingError):
        found(left.astype(np.int64), left)
    with pytest.raises(TypingError):
        added(np.zeros(LANES, np.float32), columns, np.zeros(2), np.uint64(0), np.uint64(0))
