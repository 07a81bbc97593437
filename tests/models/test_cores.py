"""What is worked side by side comes in its order, with the bits it has alone; an error is not lost."""

import threading

import numpy as np
import pytest

from models.cores import CORES, side_by_side


def test_results_come_in_the_order_of_what_was_given() -> None:
    both = threading.Barrier(CORES, timeout=30)

    def work(number: int) -> int:
        both.wait()
        return 10 * number

    assert side_by_side(work, [(3,), (1,), (4,), (2,)]) == [30, 10, 40, 20]
    assert side_by_side(work, []) == []


def test_sums_have_the_bits_of_one_after_the_other() -> None:
    random = np.random.default_rng(1)
    held = [random.normal(size=(400, 300)) for _ in range(4)]

    def work(one: np.ndarray) -> bytes:
        return bytes((one.T @ one).tobytes())

    together = side_by_side(work, [(one,) for one in held])
    assert together == [side_by_side(work, [(one,)])[0] for one in held]


def test_the_first_error_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda number: 1 // number, [(1,), (0,)])
