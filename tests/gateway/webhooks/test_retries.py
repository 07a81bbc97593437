from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from gateway.webhooks.retries import (
    COOL_SECONDS,
    DISABLE_AFTER,
    JITTER,
    SCHEDULE,
    TRIP_AFTER,
    Breaker,
    given_up,
    retry_after,
    wait,
)

NOW = datetime(2026, 7, 1, tzinfo=UTC)


@given(st.integers(1, 20), st.integers())
def test_waits_follow_the_schedule_with_jitter_and_end(attempt: int, seed: int) -> None:
    found = wait(attempt, Random(seed))
    if attempt > len(SCHEDULE):
        assert found is None
    else:
        assert found is not None
        assert SCHEDULE[attempt - 1] <= found <= SCHEDULE[attempt - 1] * (1 + JITTER)


def test_retry_after_is_honoured_up_to_a_day() -> None:
    assert wait(1, Random(1), 7.0) == 7.0
    assert wait(1, Random(1), 1e9) == 86_400


def test_retry_after_is_a_number_or_a_date() -> None:
    assert retry_after({"retry-after": "120"}, 0) == 120
    assert retry_after({"retry-after": "Wed, 01 Jul 2026 00:01:00 GMT"}, NOW.timestamp()) == 60
    assert retry_after({"retry-after": "soon"}, 0) is None
    assert retry_after({}, 0) is None


def test_an_endpoint_is_given_up_after_days_of_failure() -> None:
    assert not given_up(None, NOW)
    assert not given_up(NOW - timedelta(seconds=DISABLE_AFTER - 1), NOW)
    assert given_up(NOW - timedelta(seconds=DISABLE_AFTER), NOW)


def test_a_host_that_fails_is_left_alone_then_tried_once() -> None:
    breaker = Breaker()
    for _ in range(TRIP_AFTER):
        assert breaker.blocked(0.0) == 0.0
        breaker.count(False, 0.0)
    assert breaker.blocked(1.0) == COOL_SECONDS - 1
    assert breaker.blocked(COOL_SECONDS) == 0.0
    assert breaker.blocked(COOL_SECONDS) > 0.0
    breaker.count(True, COOL_SECONDS)
    assert breaker.blocked(COOL_SECONDS) == 0.0
