"""A repeat is the same change of the same market at the same publish time."""

from feeds.betfair.live.repeats import Repeats


def test_the_same_change_is_seen_once() -> None:
    repeats = Repeats()
    assert [repeats.seen("1.1", 5, b"a") for _ in range(3)] == [False, True, True]


def test_another_market_time_or_content_is_another_change() -> None:
    repeats = Repeats()
    seen = [
        repeats.seen(*change)
        for change in (("1.1", 5, b"a"), ("1.2", 5, b"a"), ("1.1", 6, b"a"), ("1.1", 5, b"b"))
    ]
    assert seen == [False] * 4


def test_the_oldest_are_forgotten() -> None:
    repeats = Repeats(capacity=2)
    for pt in (1, 2, 3):
        repeats.seen("1.1", pt, b"a")
    assert len(repeats) == 2
    assert repeats.seen("1.1", 3, b"a")
    assert not repeats.seen("1.1", 1, b"a")
