"""Race states as bytes: exact both ways, and other bytes are refused by name."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import msgpack

from feeds import simulator
from schemas.errors import StateError
from streams import engine
from streams.race import Race
from streams.replay import Races, located
from streams.scoring import default_scorer
from streams.state import FORMAT, RaceState, bury, dump, kept, load
from tests.streams.events import RACE, card, entry, odds, price


@pytest.fixture(scope="module")
def states() -> list[RaceState]:
    """States of three races of a simulated day, when all was over."""
    day = replace(simulator.demo(5, datetime(2026, 3, 1, 12, tzinfo=UTC)), races=3)
    races = Races()
    engine.run(located(simulator.events(day)), races, default_scorer())
    return [race.state for race in races.values()]


def small() -> RaceState:
    race = Race(RaceState(RACE))
    race.fold("RaceCard", card([entry("1"), entry("2")]))
    race.fold("OddsUpdate", odds([price("1", 2.5)], 3))
    return race.state


class TestExactness:
    def test_a_race_that_was_worked_comes_back_whole(self, states: list[RaceState]) -> None:
        for state in states:
            assert state.said is not None
            assert state.books
            assert load(dump(state)) == state

    def test_the_same_state_is_the_same_bytes(self, states: list[RaceState]) -> None:
        for state in states:
            data = dump(state, 17)
            assert dump(load(data), 17) == data == dump(state, 17)

    def test_quotes_come_back_as_numbers_that_can_be_written_to(self) -> None:
        book = load(dump(small())).books["betfair|win"]
        assert (book.quotes.typecode, book.quotes[0]) == ("d", 2.5)
        book.quotes[book.row("2")] = 3.0
        assert book.quotes[6] == 3.0

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.floats(1.0, 1000.0, exclude_min=True), min_size=1, max_size=8))
    def test_every_price_comes_back_bit_by_bit(self, prices: list[float]) -> None:
        race = Race(RaceState(RACE))
        for minute, last in enumerate(prices):
            race.fold("OddsUpdate", odds([price("1", last)], minute * 60 + 1))
        back = load(dump(race.state)).books["betfair|win"]
        assert back == race.state.books["betfair|win"]
        assert back.quotes.tobytes() == race.state.books["betfair|win"].quotes.tobytes()
        assert [bar.minute for bar in back.bars] == sorted(bar.minute for bar in back.bars)
        assert len(back.bars) == len(prices) - 1

    def test_the_time_it_was_touched_is_kept_beside_it(self) -> None:
        data = dump(small(), 1_689_440_400_000_001)
        assert kept(data)[0] == 1_689_440_400_000_001
        assert kept(dump(small()))[0] == 0
        assert load(data) == small()


class TestRefusal:
    @pytest.mark.parametrize("data", [b"", b"rubbish", b"\xc0", b"\x93\x01\x00", msgpack.encode([FORMAT, 0])])
    def test_other_bytes(self, data: bytes) -> None:
        for read in (load, kept):
            with pytest.raises(StateError, match="another release or corrupt"):
                read(data)

    def test_bytes_that_end_early(self) -> None:
        data = dump(small())
        for end in range(0, len(data), 7):
            with pytest.raises(StateError):
                load(data[:end])

    def test_bytes_of_another_format(self) -> None:
        _, touched, state = msgpack.decode(dump(small()))
        with pytest.raises(StateError, match=f"has format {FORMAT + 1}, this release reads {FORMAT}"):
            load(msgpack.encode([FORMAT + 1, touched, state]))

    def test_bytes_of_another_release_whose_fields_mean_something_else(self) -> None:
        _, touched, state = msgpack.decode(dump(small()))
        with pytest.raises(StateError, match="use another topic prefix"):
            load(msgpack.encode([FORMAT, touched, {**state, "revision": "two"}]))


def test_a_tombstone_is_small_and_keeps_what_the_race_came_to(states: list[RaceState]) -> None:
    for state in states:
        tomb = bury(state)
        assert (tomb.revision, tomb.digest, tomb.spans) == (state.revision, state.digest, state.spans)
        assert (tomb.said, tomb.alerts, tomb.signals) == (None, [], {})
        assert len(dump(tomb)) < min(2_000, len(dump(state)) / 5)
        assert load(dump(tomb)) == tomb
