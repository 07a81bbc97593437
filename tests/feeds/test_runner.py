import itertools
from collections.abc import Iterator
from threading import Event as Flag
from types import SimpleNamespace
from typing import Any, cast

import pytest

from feeds import runner
from feeds.runner import HEARTBEAT_SECONDS, Feed, Pace
from schemas.dead_letters import dead_letter
from schemas.errors import BrokerError
from schemas.records import Event
from topics.producer import EventProducer

MICROS = 1_000_000


class Clock:
    """A monotonic clock in seconds that only moves when somebody naps."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Stop(Flag):
    """A stop flag whose naps move the clock instead of taking time."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        self.clock.seconds += timeout or 0.0
        return self.is_set()


class Producer:
    """Keeps what is published, with the time of the clock."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.records: list[tuple[str, dict[str, Any], float]] = []
        self.flushed_at = -1

    def publish(self, topic: str, record: dict[str, Any]) -> None:
        self.records.append((topic, record, self.clock.seconds))

    def poll(self) -> None:
        pass

    def flush(self, timeout: float) -> None:
        self.flushed_at = len(self.records)

    def facts(self) -> list[float]:
        """Seconds after the start at which events other than heartbeats went out."""
        return [at - 1000.0 for topic, _, at in self.records if topic != "feeds.status"]

    def states(self) -> list[str]:
        return [record["state"] for topic, record, _ in self.records if topic == "feeds.status"]


def letters(*seconds: float) -> Iterator[tuple[str, Event]]:
    for second in seconds:
        yield "DeadLetter", dead_letter("x", b"%f" % second, "o", "r", recorded_time=int(second * MICROS))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    times = SimpleNamespace(monotonic=clock, time_ns=lambda: int(clock.seconds * 1e9))
    monkeypatch.setattr(runner, "time", times)
    return clock


def feed_of(clock: Clock, speed: float | None) -> tuple[Feed, Producer]:
    producer = Producer(clock)
    return Feed("x", cast(EventProducer, producer), speed, stop=Stop(clock)), producer


@pytest.mark.parametrize(("speed", "expected"), [(1.0, [0.0, 10.0, 60.0]), (60.0, [0.0, 1 / 6, 1.0])])
def test_pace_maps_recorded_time_to_the_clock_at_the_speed(speed: float, expected: list[float]) -> None:
    pace = Pace(speed)
    assert [pace.advance(at * MICROS, 0.0) for at in (5_000, 5_010, 5_060)] == pytest.approx(expected)


def test_delays_do_not_add_up() -> None:
    pace = Pace(1.0)
    assert pace.advance(0, 100.0) == 100.0
    assert pace.advance(10 * MICROS, 107.0) == pytest.approx(110.0)
    assert pace.advance(12 * MICROS, 200.0) == pytest.approx(112.0)


def test_a_time_that_goes_backwards_is_due_at_once_and_time_is_not_counted_twice() -> None:
    pace = Pace(1.0)
    dues = [pace.advance(at * MICROS, 0.0) for at in (0, 10, 5, 12)]
    assert dues == pytest.approx([0.0, 10.0, 10.0, 12.0])


def test_a_silence_longer_than_the_longest_gap_is_cut_to_it() -> None:
    pace = Pace(2.0, longest_gap=60.0)
    dues = [pace.advance(at * MICROS, 0.0) for at in (0, 30, 86_400, 86_430)]
    assert dues == pytest.approx([0.0, 15.0, 45.0, 60.0])


def test_at_top_speed_everything_is_due_now() -> None:
    pace = Pace(None)
    assert [pace.advance(at * MICROS, 7.0) for at in (0, 10**6)] == [7.0, 7.0]


@pytest.mark.parametrize(("speed", "expected"), [(1.0, [0.0, 2.0, 30.0]), (60.0, [0.0, 2 / 60, 0.5])])
def test_events_go_out_when_they_are_due(clock: Clock, speed: float, expected: list[float]) -> None:
    feed, producer = feed_of(clock, speed)
    feed.run(letters(100.0, 102.0, 130.0))
    assert producer.facts() == pytest.approx(expected)


def test_at_top_speed_all_goes_out_at_once(clock: Clock) -> None:
    feed, producer = feed_of(clock, None)
    feed.run(letters(*range(3000)))
    assert set(producer.facts()) == {0.0}
    assert (feed.published, feed.dead_letters) == (3000, 3000)


def test_a_feed_says_when_it_begins_lives_and_ends(clock: Clock) -> None:
    feed, producer = feed_of(clock, 1.0)
    feed.run(letters(0.0, 21.0))
    assert producer.states() == ["CONNECTED", *["HEARTBEAT"] * 4, "ENDED"]
    beats = [(record, at) for topic, record, at in producer.records if topic == "feeds.status"]
    times = [at for _, at in beats[:-1]]
    assert all(b - a == pytest.approx(HEARTBEAT_SECONDS, abs=0.3) for a, b in itertools.pairwise(times))
    assert [record["events"] for record, _ in beats] == [0, 1, 1, 1, 1, 2]
    assert len({record["event_id"] for record, _ in beats[:-1]}) == 5
    assert {record["heartbeat_seconds"] for record, _ in beats} == {HEARTBEAT_SECONDS}


def test_progress_is_told_at_each_heartbeat(clock: Clock) -> None:
    feed, _ = feed_of(clock, 1.0)
    seen: list[int] = []
    feed.on_progress = lambda feed: seen.append(feed.published)
    feed.run(letters(0.0, 11.0))
    assert seen == [1, 1]


def test_a_stop_ends_the_feed_after_the_event_at_hand_and_flushes(clock: Clock) -> None:
    feed, producer = feed_of(clock, None)

    def until_stopped() -> Iterator[tuple[str, Event]]:
        yield from letters(1.0, 2.0)
        feed.stop.set()
        yield from letters(3.0, 4.0)

    feed.run(until_stopped())
    assert feed.published == 2
    assert producer.states() == ["CONNECTED", "DISCONNECTED"]
    assert producer.flushed_at == len(producer.records)


def test_a_stop_during_a_wait_ends_it_within_a_nap(clock: Clock) -> None:
    feed, producer = feed_of(clock, 1.0)
    feed.on_progress = lambda feed: feed.stop.set()
    feed.run(letters(0.0, 3600.0))
    assert clock.seconds - 1000.0 < HEARTBEAT_SECONDS + 1.0
    assert feed.published == 1
    assert producer.states()[-1] == "DISCONNECTED"


def test_all_is_acknowledged_when_a_feed_ends(clock: Clock) -> None:
    feed, producer = feed_of(clock, None)
    feed.run(letters(1.0))
    assert producer.flushed_at == len(producer.records) == 3


def test_a_feed_without_events_still_says_that_it_was_there(clock: Clock) -> None:
    feed, producer = feed_of(clock, None)
    feed.run([])
    assert producer.states() == ["CONNECTED", "ENDED"]


def test_a_broker_that_refuses_ends_the_feed_loudly(clock: Clock) -> None:
    feed, producer = feed_of(clock, None)

    def refuse(topic: str, record: dict[str, Any]) -> None:
        raise BrokerError("a record could not be delivered")

    producer.publish = refuse  # type: ignore[method-assign]
    with pytest.raises(BrokerError):
        feed.run(letters(1.0))
