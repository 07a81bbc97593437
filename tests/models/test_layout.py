"""Sums over runners have the same bits whatever races lie beside."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.layout import as_columns, as_lanes, as_rows, sum_runners


def test_a_lone_race_is_doubled_and_comes_back_single() -> None:
    rows = np.array([[0.5, 0.3, 0.2]])
    assert as_columns(rows).shape == (3, 2)
    assert as_rows(as_columns(rows), 1).tobytes() == rows.tobytes()
    assert as_lanes(np.array([7.0])).tolist() == [7.0, 7.0]


def test_rows_come_back_as_they_went() -> None:
    rows = np.arange(12.0).reshape(3, 4)
    assert np.array_equal(as_rows(as_columns(rows), 3), rows)
    assert as_lanes(np.array([1.0, 2.0, 3.0])).tolist() == [1.0, 2.0, 3.0]


@given(runners=st.integers(1, 40), races=st.sampled_from([1, 2, 3, 7, 64, 300]), seed=st.integers(0, 2**32))
def test_a_sum_has_the_same_bits_in_any_company(runners: int, races: int, seed: int) -> None:
    rows = np.random.default_rng(seed).lognormal(0.0, 5.0, (races, runners))
    block = sum_runners(as_columns(rows))[:races]
    alone = np.array([sum_runners(as_columns(row[None]))[0] for row in rows])
    assert block.tobytes() == alone.tobytes()
