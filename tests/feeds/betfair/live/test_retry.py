"""The law of waiting: full jitter below a bound that doubles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.betfair.live.retry import LONGEST_SECONDS, SLOW_SECONDS, Backoff

FAILURES = range(200)


def test_the_bound_doubles_from_half_a_second_to_a_minute() -> None:
    backoff = Backoff(lambda: 1.0)
    assert [backoff.wait(0.0) for _ in range(10)] == [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1))
def test_waits_are_between_nothing_and_the_bound(dice: list[float]) -> None:
    throws = iter(dice)
    backoff = Backoff(lambda: next(throws))
    for number, throw in enumerate(dice):
        assert backoff.wait(0.0) == throw * min(LONGEST_SECONDS, 0.5 * 2 ** min(number, 16))


@pytest.mark.parametrize(("good", "bound"), [(0.0, 4.0), (59.9, 4.0), (60.0, 0.5), (3600.0, 0.5)])
def test_a_good_minute_wipes_out_what_went_before(good: float, bound: float) -> None:
    backoff = Backoff(lambda: 1.0)
    for _ in range(3):
        backoff.wait(0.0)
    assert backoff.wait(good) == bound


def test_where_patience_is_asked_for_a_minute_passes_at_least() -> None:
    assert Backoff(lambda: 0.0).wait(0.0, slower=True) == SLOW_SECONDS


def test_it_never_overflows() -> None:
    backoff = Backoff(lambda: 1.0)
    assert max(backoff.wait(0.0) for _ in FAILURES) == LONGEST_SECONDS
