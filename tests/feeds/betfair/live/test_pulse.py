"""What the feed says of itself: alive only while all of its connections hear the stream."""

import pytest

from feeds.betfair.live.pulse import Pulse, Skew, Vitals, Word
from feeds.runner import HEARTBEAT_SECONDS


def beating(heard: float = 0.0) -> Pulse:
    return Pulse(heartbeat_seconds=5.0, subscribed=True, heard=heard)


class TestPulse:
    def test_a_subscription_that_is_heard_is_well(self) -> None:
        assert beating(heard=100.0).ill(107.0) is None

    def test_silence_of_more_than_one_and_a_half_heartbeats_is_ill(self) -> None:
        assert beating(heard=100.0).ill(108.0) == "nothing heard for 8 s"

    def test_a_dropped_connection_says_why(self) -> None:
        assert Pulse(trouble="Betfair closed the connection").ill(0.0) == "Betfair closed the connection"

    def test_late_data_is_not_fresh(self) -> None:
        pulse = beating()
        pulse.late = True
        assert pulse.ill(0.0) == "Betfair says that its data is late (status 503)"


class TestVitals:
    def test_nothing_is_said_before_the_first_subscription(self) -> None:
        assert Vitals().word(0.0, [Pulse()]) is None

    def test_connected_then_a_heartbeat_each_five_seconds(self) -> None:
        vitals, pulse = Vitals(), beating()
        said = []
        for second in range(1, 12):
            pulse.heard = float(second)
            word = vitals.word(float(second), [pulse])
            said.append(word and word.state)
        assert said == ["CONNECTED", *[None] * 4, "HEARTBEAT", *[None] * 4, "HEARTBEAT"]
        assert HEARTBEAT_SECONDS == 5

    def test_a_stalled_stream_does_not_look_alive(self) -> None:
        vitals, pulse = Vitals(), beating(heard=0.0)
        words = [vitals.word(float(second), [pulse]) for second in range(60)]
        assert [(second, word.state) for second, word in enumerate(words) if word] == [
            (0, "CONNECTED"), (5, "HEARTBEAT"), (8, "DISCONNECTED"),
        ]  # fmt: skip

    def test_it_goes_once_and_comes_back_once(self) -> None:
        vitals, pulse = Vitals(), beating()
        vitals.word(0.0, [pulse])
        pulse.subscribed, pulse.trouble = False, "dropped"
        assert vitals.word(1.0, [pulse]) == Word("DISCONNECTED", "1 of 1 connections down: dropped")
        assert vitals.word(20.0, [pulse]) is None
        pulse.subscribed, pulse.heard = True, 21.0
        assert vitals.word(21.0, [pulse]) == Word("CONNECTED", None)

    def test_one_connection_down_is_the_feed_down(self) -> None:
        vitals = Vitals()
        vitals.word(0.0, [beating(), beating()])
        word = vitals.word(1.0, [beating(), Pulse(trouble="TIMEOUT")])
        assert word == Word("DISCONNECTED", "1 of 2 connections down: TIMEOUT")

    def test_a_connection_that_is_added_counts_once_it_was_subscribed_or_waited_its_patience(self) -> None:
        vitals, pulse, added = Vitals(), beating(), Pulse(counts_from=16.0, trouble="TIMEOUT")
        vitals.word(0.0, [pulse])
        for second in range(1, 16):
            pulse.heard = float(second)
            word = vitals.word(float(second), [pulse, added])
            assert word is None or word.state == "HEARTBEAT"
        assert vitals.word(16.0, [pulse, added]) == Word("DISCONNECTED", "1 of 2 connections down: TIMEOUT")

    def test_what_comes_alive_is_all_of_it(self) -> None:
        assert Vitals().word(1.0, [beating(), Pulse(counts_from=16.0)]) is None

    def test_where_all_are_new_nothing_is_alive(self) -> None:
        vitals = Vitals()
        vitals.word(0.0, [beating()])
        word = vitals.word(1.0, [Pulse(counts_from=16.0)])
        assert word == Word("DISCONNECTED", "1 of 1 connections down: not connected yet")

    def test_a_note_goes_along(self) -> None:
        assert Vitals().word(0.0, [beating()], "so it is") == Word("CONNECTED", "so it is")


class TestSkew:
    def test_it_is_the_median_of_the_latest(self) -> None:
        skew = Skew(latest=3)
        for seconds in (9, 9, 9, 2, 900, 3):
            skew.add((1_000 + seconds) * 1_000_000, 1_000_000)
        assert skew.seconds == 3.0

    @pytest.mark.parametrize(
        ("seconds", "note"),
        [
            (0.0, None),
            (1.0, None),
            (-1.0, None),
            (2.5, "local clock 2.5 s ahead of Betfair's"),
            (-61.0, "local clock 61.0 s behind Betfair's"),
        ],
    )
    def test_over_a_second_is_worth_a_note(self, seconds: float, note: str | None) -> None:
        skew = Skew()
        skew.add(int((5_000 + seconds) * 1e6), 5_000_000)
        assert skew.note == note

    def test_without_messages_there_is_none(self) -> None:
        assert (Skew().seconds, Skew().note) == (0.0, None)
