"""What becomes of a message: recorded, then translated; the recording feeds to the same events."""

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from msgspec.json import encode

from feeds.betfair.files import Capture
from feeds.betfair.live.changes import Listing, listing_of
from feeds.betfair.live.intake import Intake, Origin, line_of
from feeds.betfair.live.protocol import Changed, Unreadable
from feeds.betfair.live.recorder import Recorder
from feeds.betfair.recorded import recorded
from feeds.betfair.translate import Named
from schemas.errors import FeedError
from tests.feeds.betfair.live.exchange import Json, raw_list, raw_object

HERE = Origin("connection 1")
RECEIVED = 1_667_711_600_000_000
Make = Callable[..., Any]


def _day() -> list[Changed]:
    """A small market: prices that come and go, several changes of one publish time, a scratch, the off."""
    definition = {
        "eventTypeId": "7", "marketType": "WIN", "marketTime": "2022-11-06T05:20:00.000Z", "name": "R6 1000m",
        "venue": "Randwick", "countryCode": "AU", "timezone": "Australia/Sydney", "status": "OPEN",
    }  # fmt: skip
    runners = [{"id": 1}, {"id": 2}, {"id": 3}]
    prices: list[Json] = [
        {"rc": [{"id": 1 + n % 3, "atb": [[2.0 + n % 5, n % 4]], "ltp": 2.0 + n}]} for n in range(20)
    ]
    changes: list[Json] = [
        {"marketDefinition": definition | {"runners": runners}, "img": True, "rc": []},
        *prices[:10],
        {"marketDefinition": definition | {"runners": [{"id": 1, "status": "REMOVED"}, *runners[1:]]}},
        *prices[10:],
        {"marketDefinition": definition | {"runners": runners[1:], "inPlay": True}},
    ]
    first = 1_667_711_593_000
    return [
        Changed(None, str(n), first + n // 3, (Raw(encode({"id": "1.1", **change})),), False)
        for n, change in enumerate(changes)
    ]


DAY = _day()


class Desk:
    """An intake with what it published."""

    def __init__(self, folder: Path) -> None:
        self.told: list[Named] = []
        self.recorder = Recorder(folder)
        self.intake = Intake(self.told.append, self.recorder)
        self.folder = folder

    def take(self, line: bytes) -> None:
        message = raw_object(line)
        changes = tuple(Raw(bytes(m)) for m in _raws(message["mc"]))
        self.intake.take(Changed(None, "clk", int(bytes(message["pt"])), changes, False), RECEIVED, HERE)

    def recorded(self) -> list[Named]:
        return [named for _, events in recorded([self.folder]) for named in events]


def _raws(text: Raw) -> list[bytes]:
    return [encode(change) for change in raw_list(text)]


def ids(events: list[Named]) -> list[str]:
    return [event["event_id"] for _, event in events]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An intake that records."""
    desk = Desk(tmp_path)
    yield desk
    desk.recorder.close()


def test_a_line_is_one_of_a_historical_file() -> None:
    assert line_of("AAA", 5, b'{"id":"1.1"}') == b'{"op":"mcm","clk":"AAA","pt":5,"mc":[{"id":"1.1"}]}'
    assert line_of(None, 5, b'{"id":"1.1"}') == b'{"op":"mcm","pt":5,"mc":[{"id":"1.1"}]}'


def test_events_carry_the_moment_of_receipt(
    desk: Desk, say: Make, market: Make, define: Make, pt: int
) -> None:
    desk.take(say(market(definition=define())))
    assert [name for name, _ in desk.told] == ["RaceCard", "RaceStatus"]
    assert {event["recorded_time"] for _, event in desk.told} == {RECEIVED}
    assert {event["event_time"] for _, event in desk.told} == {pt * 1000}


def test_the_recording_feeds_to_the_same_events(
    desk: Desk, say: Make, market: Make, define: Make, pt: int
) -> None:
    both = [market("1.1", define()), market("1.2", define(marketType="PLACE", name="To Be Placed"))]
    desk.take(say(*both))
    price = {"rc": [{"id": 1, "ltp": 3.0}]}
    desk.take(say(market("1.1", **price), market("1.2", **price), pt=pt + 1))
    desk.take(say(market("1.1", rc=[{"id": 1, "ltp": 3.5}]), pt=pt + 1))
    desk.take(say(market("1.2", define(runners=[{"id": 1, "status": "REMOVED"}, {"id": 2}])), pt=pt + 2))
    assert len(desk.told) > 8
    assert sorted(ids(desk.recorded())) == sorted(ids(desk.told))


def test_a_place_market_before_its_win_market_has_its_race_number(
    desk: Desk, say: Make, market: Make, define: Make
) -> None:
    desk.take(say(market("1.2", define(marketType="PLACE", name="To Be Placed")), market("1.1", define())))
    assert {event["race_id"] for _, event in desk.told} == {"RAND-20221106-06"} | {
        event["race_id"] for _, event in desk.recorded()
    }


def test_the_catalogue_lends_a_place_market_its_race_number(
    desk: Desk, say: Make, market: Make, define: Make
) -> None:
    win = define()
    event, venue, zone = win["eventName"], win["venue"], win["timezone"]
    known = Listing("1.1", win["marketTime"], win["name"], event, venue, "AU", zone, {})
    desk.intake.learn([known, Listing("1.9", "soon", "R1", None, None, None, None, {})])
    desk.take(say(market("1.2", define(marketType="PLACE", name="To Be Placed"))))
    assert {event["race_id"] for _, event in desk.told} == {"RAND-20221106-06"}


def test_what_repeats_is_neither_recorded_nor_published(
    desk: Desk, say: Make, market: Make, define: Make
) -> None:
    messages = [
        say(market(definition=define())),
        say(market(rc=[{"id": 1, "ltp": 3.0}]), pt=1_667_711_594_000),
        say(market(rc=[{"id": 1, "ltp": 3.5}]), pt=1_667_711_595_000),
    ]
    for message in [*messages, *messages[1:], messages[2]]:
        desk.take(message)
    assert len(desk.told) == len(set(ids(desk.told))) == 4
    assert len((desk.folder / "2022-11-06/1.1").read_bytes().splitlines()) == 3


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 12))))
def test_however_often_the_stream_is_dropped_and_whatever_is_repeated_the_events_are_the_same(
    windows: list[tuple[int, int]],
) -> None:
    """`windows` are how many changes come before each drop, and how many of them come again after it."""
    told = {0: list[Named](), 1: list[Named]()}
    dropped, straight = Intake(told[0].append), Intake(told[1].append)
    for change in DAY:
        straight.take(change, RECEIVED, HERE)
    at = 0
    for ahead, back in [*windows, (len(DAY), 0)]:
        for change in DAY[at : at + ahead]:
            dropped.take(change, RECEIVED, HERE)
        at = max(min(at + ahead, len(DAY)) - back, 0)
    for change in DAY[at:]:
        dropped.take(change, RECEIVED, HERE)
    assert told[0] == told[1]


@pytest.mark.parametrize("line", [b"garbage", b"[1]", b"{", b'{"op":"ocm"}'])
def test_what_is_no_message_is_recorded_as_it_came_and_is_a_dead_letter(desk: Desk, line: bytes) -> None:
    desk.intake.take(Unreadable(line), RECEIVED, HERE)
    [(name, letter)] = desk.told
    assert name == "DeadLetter"
    assert (letter["payload"], letter["origin"]) == (line, "connection 1")  # type: ignore[typeddict-item]
    assert line in (desk.folder / "2022-11-06/unreadable").read_bytes().splitlines()
    assert ids(desk.recorded()) == ids(desk.told)


@pytest.mark.parametrize(
    "change", [b"7", b"{}", b'{"id":"1.1","rc":7}', b'{"id":"1.1","rc":[{"id":1,"ltp":-1}]}']
)
def test_a_change_that_the_translator_refuses_is_recorded_too(desk: Desk, pt: int, change: bytes) -> None:
    desk.intake.take(Changed(None, "clk", pt, (Raw(change),), False), RECEIVED, HERE)
    assert [name for name, _ in desk.told] == ["DeadLetter"]
    assert ids(desk.recorded()) == ids(desk.told)


@pytest.mark.parametrize(
    "id", ["", "x", "1", "../../1.1", "1.1\n", "1.1.bz2", "unreadable", "1." + "1" * 300]
)
def test_a_market_id_that_can_be_none_is_a_dead_letter_and_no_file(
    desk: Desk, say: Make, market: Make, define: Make, id: str
) -> None:
    desk.take(say(market(id, define()), market("1.1", define())))
    assert [name for name, _ in desk.told] == ["DeadLetter", "RaceCard", "RaceStatus"]
    assert {path.name for path in desk.folder.glob("2022-11-06/*")} == {"1.1", "unreadable"}
    assert sorted(ids(desk.recorded())) == sorted(ids(desk.told))


def test_a_dead_letter_carries_the_moment_of_receipt(desk: Desk, pt: int) -> None:
    desk.intake.take(Unreadable(b"garbage"), RECEIVED, HERE)
    desk.intake.take(Changed(None, "clk", pt, (Raw(b"7"),), False), RECEIVED + 1, HERE)
    assert [(e["event_time"], e["recorded_time"]) for _, e in desk.told] == [
        (0, RECEIVED),
        (pt * 1000, RECEIVED + 1),
    ]


def test_a_market_is_closed_by_its_definition_and_open_again_by_another(
    desk: Desk, say: Make, market: Make, define: Make, pt: int
) -> None:
    desk.take(say(market(definition=define(status="CLOSED"))))
    assert desk.intake.closed == {"1.1": RECEIVED}
    desk.take(say(market(rc=[]), pt=pt + 1))
    assert desk.intake.closed == {"1.1": RECEIVED}
    desk.take(say(market(definition=define()), pt=pt + 2))
    assert desk.intake.closed == {}


def test_a_feed_that_starts_again_says_what_it_would_have_said(
    tmp_path: Path, say: Make, market: Make, define: Make, pt: int
) -> None:
    messages: list[bytes] = [
        say(market("1.1", define())),
        say(market("1.2", define(marketType="PLACE", name="To Be Placed"))),
        say(market("1.1", rc=[{"id": 1, "ltp": 3.0}]), pt=pt + 1000),
        say(market("1.1", define(inPlay=True)), pt=pt + 2000),
        say(market("1.2", rc=[{"id": 1, "ltp": 1.5}]), pt=pt + 3000),
        say(market("1.1", define(inPlay=True, version=2)), pt=pt + 4000),
    ]
    through = Desk(tmp_path / "through")
    for message in messages:
        through.take(message)
    first = Desk(tmp_path / "twice")
    for message in messages[:4]:
        first.take(message)
    first.recorder.close()
    second = Desk(tmp_path / "twice")
    assert second.intake.resume(RECEIVED) == 2
    assert second.told == first.told  # of the last ten minutes, and so said again
    for message in messages[4:]:
        second.take(message)
    assert second.told == through.told
    second.recorder.close()
    through.recorder.close()


def test_without_a_recording_there_is_nothing_to_resume(tmp_path: Path) -> None:
    assert Intake(lambda named: None).resume(RECEIVED) == 0
    with Recorder(tmp_path) as recorder:
        assert Intake(lambda named: None, recorder).resume(RECEIVED) == 0


def test_a_recording_that_the_system_does_not_let_be_read_is_not_resumed_in_part(
    desk: Desk, say: Make, market: Make, define: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_many(capture: Capture) -> bytes:
        raise OSError(errno.EMFILE, "Too many open files", str(capture))

    desk.take(say(market(definition=define())))
    monkeypatch.setattr("feeds.betfair.files._chunks", lambda capture: map(too_many, [capture]))
    with pytest.raises(FeedError, match=r"1\.1:1: .*Too many open files.*ulimit -n"):
        Intake(lambda named: None, desk.recorder).resume(RECEIVED)


def test_what_was_recorded_long_before_is_not_said_again(
    tmp_path: Path, say: Make, market: Make, define: Make, pt: int
) -> None:
    first = Desk(tmp_path)
    first.take(say(market(definition=define())))
    first.take(say(market(rc=[{"id": 1, "ltp": 3.0}]), pt=pt + 1000))
    first.take(say(market(definition=define(status="CLOSED")), pt=pt + 601_000))
    first.recorder.close()
    second = Desk(tmp_path)
    second.intake.resume(RECEIVED + 5)
    assert ids(second.told) == ids(first.told)[2:]
    assert {event["recorded_time"] for _, event in second.told} == {RECEIVED + 5}
    assert second.intake.closed == {"1.1": RECEIVED + 5}
    second.recorder.close()


def test_entries_of_markets_that_are_over_are_forgotten(
    desk: Desk, market_entry: Callable[..., Json]
) -> None:
    desk.intake.learn([listing_of(market_entry(1)), listing_of(market_entry(2))])
    desk.intake.forget("1.1")
    desk.intake.forget("1.7")
    assert set(desk.intake.listings) == {"1.2"}
