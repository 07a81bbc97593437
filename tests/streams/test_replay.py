"""Replay: one order of lines, whatever the size of a run and the number of processes."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from heapq import merge
from itertools import chain

import pytest

from feeds import simulator
from feeds.simulator import RaceDay
from schemas.records import Event
from streams import engine
from streams.lines import line_of_statement
from streams.race import Race
from streams.replay import Races, located, replay
from streams.scoring import default_scorer
from streams.state import RaceState
from tests.streams.events import RACE, card, entry, form, going, odds, pinned, price, result, scratch, status
from topics.catalogue import RACE_EVENTS

Named = tuple[str, Event]
FIELD = [entry("1"), entry("2"), entry("3")]
OTHER = "AQU-20230715-04"


def day_at(track: str, seed: int) -> RaceDay:
    """Two races of a simulated day at one track."""
    return replace(simulator.demo(seed, datetime(2026, 3, 1, 12, tzinfo=UTC)), tracks=(track,), races=2)


def by_time(*days: Iterable[Named]) -> list[Named]:
    return list(merge(*days, key=lambda named: named[1]["recorded_time"]))


def of_other(named: Named) -> Named:
    """The same happening in another race."""
    name, event = named
    copied = {**event, "race_id": OTHER, "event_id": event["event_id"][::-1]}
    return name, copied  # type: ignore[return-value]


class TestLocated:
    def test_of_one_instant_the_rank_of_the_topic_decides(self) -> None:
        every: list[Named] = [
            ("Result", result({"1": 1}, 5)), ("OddsUpdate", odds([price("1", 2.0)], 5)),
            ("Scratch", scratch("2", 5)), ("RaceStatus", status("SUSPENDED", 5)),
            ("RaceForm", form({}, 5)), ("ModelPinned", pinned("v", 5)),
            ("Conditions", going("GOOD", 5)), ("RaceCard", card(FIELD, 5)),
        ]  # fmt: skip
        assert [record.topic for record in located(every)] == [topic.name for topic in RACE_EVENTS]
        assert [record.topic for record in located(every[::-1])] == [topic.name for topic in RACE_EVENTS]

    def test_rank_decides_nothing_between_instants(self) -> None:
        events: list[Named] = [
            ("OddsUpdate", odds([price("1", 2.0)], 5)),
            ("RaceCard", card(FIELD, 5.000001)),
        ]
        assert [record.name for record in located(events)] == ["OddsUpdate", "RaceCard"]

    def test_of_one_topic_and_instant_the_order_stays(self) -> None:
        first, second = odds([price("1", 2.0)], 5), odds([price("1", 2.2)], 5, market_id="tote")
        last: Named = ("Scratch", scratch("2", 5))
        found = list(located([("OddsUpdate", first), ("OddsUpdate", second), last]))
        assert [record.event for record in found] == [last[1], first, second]

    def test_offsets_count_by_topic(self) -> None:
        events: list[Named] = [
            ("RaceCard", card(FIELD)), *(("OddsUpdate", odds([price("1", 2.0)], t)) for t in (1, 1.5, 2)),
            ("RaceCard", card(FIELD, 3)),
        ]  # fmt: skip
        assert [(r.topic, r.partition, r.offset) for r in located(events)] == [
            ("racing.cards", 0, 0), ("racing.odds", 0, 0), ("racing.odds", 0, 1), ("racing.odds", 0, 2),
            ("racing.cards", 0, 1),
        ]  # fmt: skip

    def test_events_of_no_race_are_left_out(self) -> None:
        day = list(simulator.events(day_at("BEL", 3)))
        kept = [record.event for record in located(day)]
        assert any(name == "FeedStatus" for name, _ in day)
        assert len(kept) == sum(name != "FeedStatus" for name, _ in day)

    def test_nothing_of_nothing(self) -> None:
        assert list(located([])) == []
        assert list(replay([])) == []


class TestOrder:
    def test_lines_of_one_instant_stand_by_race_and_revision(self) -> None:
        here: list[Named] = [
            ("RaceCard", card(FIELD)), ("Scratch", scratch("1", 0)),
            ("OddsUpdate", odds([price("2", 2.0)], 0)),
        ]  # fmt: skip
        events = list(chain.from_iterable((named, of_other(named)) for named in here))
        lines = list(replay(events))
        assert [(line.race_id, line.revision) for line in lines] == [
            (OTHER, 1), (OTHER, 2), (OTHER, 3), (RACE, 1), (RACE, 2), (RACE, 3),
        ]  # fmt: skip

    @pytest.mark.parametrize("size", [1, 7, 1_000])
    def test_a_day_is_in_order_and_the_same_for_any_run(self, size: int) -> None:
        events = by_time(simulator.events(day_at("BEL", 3)), simulator.events(day_at("ASCO", 4)))
        lines = list(replay(events, size))
        assert lines == sorted(lines) == list(replay(events))
        assert len({line.race_id for line in lines}) == 4

    def test_an_instant_across_two_runs_is_still_one_instant(self) -> None:
        first: Named = ("RaceCard", card(FIELD))
        events = [first, of_other(first)]
        assert list(replay(events, 1)) == list(replay(events, 2))
        assert [line.race_id for line in replay(events, 1)] == [OTHER, RACE]

    def test_races_may_be_given_and_are_gone_on_with(self) -> None:
        races, events = Races(), list(simulator.events(day_at("BEL", 3)))
        half = next(at for at in range(len(events) // 2, len(events))
                    if events[at][1]["recorded_time"] != events[at - 1][1]["recorded_time"])  # fmt: skip
        both = [*replay(events[:half], races=races), *replay(events[half:], races=races)]
        assert [line.line for line in both] == [line.line for line in replay(events)]


def test_a_line_is_that_of_the_statement_it_came_from() -> None:
    events: list[Named] = [("RaceCard", card(FIELD)), ("OddsUpdate", odds([price("1", 2.0)], 3))]
    race = Race(RaceState(RACE))
    statements = engine.run(located(events), Races({RACE: race}), default_scorer()).statements
    assert [published.line for published in replay(events)] == [line_of_statement(s) for s in statements]
