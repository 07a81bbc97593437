"""Fits that do not wait for each other, side by side: each on one thread, with the bits it has alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

T = TypeVar("T")

CORES = 2
"""Fits at a time: each holds copies of its window, hundreds of MiB on 17 seasons of Hong Kong."""


def side_by_side(work: Callable[..., T], given: list[tuple[object, ...]]) -> list[T]:
    """What `work` makes of each of `given`, in their order; raises the first error.

    Libraries let go of Python's lock where the time goes. Their own threads are held to one: sums of linear
    algebra on several are others in the last bits.
    """
    with threadpool_limits(1), ThreadPoolExecutor(CORES) as pool:
        return list(pool.map(lambda each: work(*each), given))
