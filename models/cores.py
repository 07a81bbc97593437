"""Fits that do not wait for each other, side by side: each on one thread, with the bits it has alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

T = TypeVar("T")

CORES = 2
"""Fits at a time: each holds copies of its window, about 2 GiB on 17 seasons of Hong Kong."""


def side_by_side(work: Callable[..., T], given: list[tuple[object, ...]]) -> list[T]:
    """What `work` makes of each of `given`, in their order.

    Libraries let go of Python's lock where the time goes. Linear algebra is held to one thread: on several
    its sums differ in the last bits. LightGBM is asked for one at each call. Raises the first error in that
    order, and what is raised here by Ctrl-C, at once: what is under way goes on until it is done, what had
    not begun never does.
    """
    pool = ThreadPoolExecutor(CORES)
    try:
        with threadpool_limits(1):
            return list(pool.map(lambda each: work(*each), given))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
