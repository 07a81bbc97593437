"""Sixteen rows side by side do what is said of one after the other."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from models.compiled import compiled
from models.lanes import LANES, lowest, strike
from models.trees import Singles


@compiled()
def struck(
    left: np.ndarray, columns: Singles, column: np.uint32, threshold: np.float32, mask: np.uint32
) -> None:
    strike(left, columns, column, threshold, mask)


@compiled()
def found(left: np.ndarray, numbers: np.ndarray) -> None:
    lowest(left, numbers)


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
