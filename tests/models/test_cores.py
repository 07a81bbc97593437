"""What is worked side by side comes in its order, each on one thread; an error or Ctrl-C does not wait."""

import threading

import numpy as np
import pytest
from scipy.linalg import solve_triangular  # type: ignore[import-untyped]
from threadpoolctl import threadpool_info, threadpool_limits  # type: ignore[import-untyped]

from models.cores import CORES, side_by_side


def test_results_come_in_the_order_of_what_was_given() -> None:
    both = threading.Barrier(CORES, timeout=30)

    def work(number: int) -> int:
        both.wait()
        return 10 * number

    assert side_by_side(work, [(3,), (1,), (4,), (2,)]) == [30, 10, 40, 20]
    assert side_by_side(work, []) == []


def test_linear_algebra_has_one_thread_and_afterwards_what_it_had() -> None:
    solve_triangular(np.eye(2), np.ones(2))

    def threads(_: object = None) -> set[int]:
        return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}

    with threadpool_limits(3, user_api="blas"):
        assert side_by_side(threads, [(1,), (2,)]) == [{1}, {1}]
        assert threads() == {3}


@pytest.mark.parametrize("error", [ValueError("the second"), KeyboardInterrupt()])
def test_an_error_waits_for_nothing_under_way_and_lets_nothing_more_begin(error: BaseException) -> None:
    go, done = threading.Event(), []

    def work(number: int) -> None:
        if number == 1:
            raise error
        go.wait(30)
        done.append(number)

    with pytest.raises(type(error)):
        side_by_side(work, [(1,), (2,), (3,), (4,)])
    assert done == []
    go.set()
