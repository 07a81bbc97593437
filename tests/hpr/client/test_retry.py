from itertools import islice

import pytest

from hpr.client.retry import addresses, backoff, is_final


def test_the_wait_doubles_to_half_a_minute_and_jitter_takes_off_up_to_half() -> None:
    assert [backoff(n, 1.0) for n in (0, 1, 2, 10, 10_000)] == [0.5, 1.0, 2.0, 30.0, 30.0]
    assert backoff(2, 0.0) == 1.0


@pytest.mark.parametrize(
    ("code", "final"), [(None, False), (1006, False), (3499, False), (3500, True), (4999, True)]
)
def test_codes_say_whether_coming_back_would_help(code: int | None, final: bool) -> None:
    assert is_final(code) is final


def test_gateways_take_turns() -> None:
    assert list(islice(addresses(["a", "b"]), 3)) == ["a", "b", "a"]
