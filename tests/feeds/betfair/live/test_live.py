"""The feed as a whole against a small Betfair: what it publishes, records and says of itself."""

import asyncio
import bz2
import json
import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from feeds.betfair.live import live, pulse
from feeds.betfair.live.live import Options
from feeds.betfair.live.recorder import pack
from feeds.betfair.live.session import CallRefusedError
from feeds.betfair.recorded import recorded
from feeds.betfair.translate import Named
from feeds.runner import feed_status
from gateway.views import freshness
from schemas.errors import BrokerError, FeedError
from streams.replay import Published, Races, replay
from tests.feeds.betfair.live.desk import Betfair, Kept, betfair, clock_from, until
from tests.feeds.betfair.live.exchange import Authority, Resume, lines_of
from tests.feeds.betfair.live.website import api_error

SCRATCHED = "win/1.206063952.bz2"
"""A whole market with six scratchings, 16,986 messages."""
SMALL, SMALLER = "win/1.132153978.bz2", "win/1.211006011.bz2"
STEADY = Options(heartbeat_ms=5000, refresh_seconds=30_000)
QUICK = replace(STEADY, heartbeat_ms=500)
"""Stalls show after a second; on a machine under load others may too."""


@pytest.fixture(autouse=True)
def quick_heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    """The feed beats ten times a second instead of every five."""
    monkeypatch.setattr(pulse, "HEARTBEAT_SECONDS", 0.1)


def told(paths: list[Path]) -> list[Named]:
    return [named for _, events in recorded(paths) for named in events]


def files(folder: Path) -> list[Path]:
    return [*folder.glob("*/*")]


def ids(events: Iterable[Named]) -> list[str]:
    return [event["event_id"] for _, event in events]


def worked(events: Iterable[Named]) -> tuple[Races, Published]:
    """The races after all events, and the last line that was said of them."""
    races = Races()
    *_, last = replay(events, races=races)
    return races, last


def fifty_drops(lines: list[bytes]) -> set[int]:
    return {len(lines) * n // 51 for n in range(1, 51)}


async def played(small: Betfair, kept: Kept) -> None:
    """Wait until the day is over and its result is out."""
    await until(lambda: small.exchange.played == len(small.exchange.day) and kept.ended)


class TestFiftyDroppedConnections:
    async def test_a_capture_comes_through_whole_and_its_recording_is_the_file(
        self, authority: Authority, captures: Path, tmp_path: Path
    ) -> None:
        lines = lines_of(captures / SCRATCHED)
        async with betfair(authority, lines, drops=fifty_drops(lines), rewind=3) as small:
            async with small.feed(STEADY, tmp_path) as (feed, kept):
                await played(small, kept)
            assert feed.connections[1].drops == 50
        expected = told([captures / SCRATCHED])
        assert kept.ids == ids(expected)
        races, last = worked(kept.events)
        races_of_file, last_of_file = worked(expected)
        assert last.line == last_of_file.line
        assert {id: race.state.digest for id, race in races.items()} == {
            id: race.state.digest for id, race in races_of_file.items()
        }
        recording = tmp_path / "2022-11-06/1.206063952.bz2"
        assert bz2.decompress(recording.read_bytes()) == b"".join(line + b"\n" for line in lines)

    @pytest.mark.parametrize("resume", ["merged", "image"])
    async def test_where_betfair_conflates_what_was_missed_it_ends_the_same(
        self, authority: Authority, captures: Path, tmp_path: Path, resume: Resume
    ) -> None:
        lines = lines_of(captures / SCRATCHED)[-1500:]
        first = lines_of(captures / SCRATCHED)[:1]
        drops = {1501 * n // 51 for n in range(1, 51)}
        async with betfair(authority, first + lines, drops=drops, resume=resume) as small:
            async with small.feed(STEADY, tmp_path) as (feed, kept):
                await played(small, kept)
            assert feed.connections[1].drops == 50
        (tmp_path / "file").write_bytes(b"\n".join(first + lines))
        assert facts(worked(kept.events)[1]) == facts(worked(told([tmp_path / "file"]))[1])
        assert ids(told([tmp_path / "2022-11-06"])) == kept.ids


def facts(last: Published) -> dict[str, Any]:
    """The last line but for what counts the events that led to it."""
    line = json.loads(last.line)
    return {name: line[name] for name in line if name not in ("prediction_id", "revision")}


class TestSeveralMarkets:
    async def test_more_markets_than_a_subscription_may_have_go_over_several_connections(
        self, authority: Authority, captures: Path, tmp_path: Path
    ) -> None:
        day = [lines_of(captures / SMALL), lines_of(captures / SMALLER)]
        async with betfair(authority, *day) as small:
            async with small.feed(replace(STEADY, market_limit=1), tmp_path) as (feed, kept):
                await until(lambda: [name for name, _ in kept.events].count("Result") == 2)
            shares = {c.subscription.market_ids for c in feed.connections.values()}
        assert shares == {("1.132153978",), ("1.211006011",)}
        assert sorted(kept.ids) == sorted(ids(told([captures / SMALL, captures / SMALLER])))
        assert sorted(kept.ids) == sorted(ids(told([tmp_path])))

    async def test_images_in_segments_are_whole(self, authority: Authority, captures: Path) -> None:
        day = [lines_of(captures / SMALL), lines_of(captures / SMALLER)]
        async with betfair(authority, *day, segments=2) as small:
            small.exchange.starts.append(500)
            async with small.feed(STEADY) as (_, kept):
                await until(lambda: any(name == "Result" for name, _ in kept.events))
        images = [
            event["race_id"] for name, event in kept.events if name == "OddsUpdate" and event.get("image")
        ]
        assert len(images) == len(set(images)) == 2
        assert all(name != "DeadLetter" for name, _ in kept.events)

    async def test_a_market_that_is_listed_later_is_subscribed_to_then(
        self, authority: Authority, captures: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(live, "DISTANT_EVERY", timedelta(0))
        day = [lines_of(captures / SMALL), lines_of(captures / SMALLER)]
        async with betfair(authority, *day) as small:
            first, *later = small.website.catalogue
            small.website.catalogue = [first]
            async with small.feed(replace(STEADY, refresh_seconds=10)) as (_, kept):
                await until(lambda: any(name == "Result" for name, _ in kept.events))
                small.website.catalogue += later
                await until(lambda: [name for name, _ in kept.events].count("Result") == 2)
        requests = small.exchange.asked("marketSubscription")
        # The first one closed in between, so its place is free.
        assert [r["marketFilter"]["marketIds"] for r in requests] == [["1.132153978"], ["1.211006011"]]

    async def test_new_markets_that_start_much_later_wait_and_join_together(
        self, authority: Authority, captures: Path
    ) -> None:
        day = [lines_of(captures / SMALL), lines_of(captures / SMALLER)]
        async with betfair(authority, *day) as small:
            first, *distant = small.website.catalogue
            small.website.catalogue = [first]
            async with small.feed(replace(STEADY, refresh_seconds=10)) as (feed, _):
                await until(lambda: feed.connections)
                small.website.catalogue += distant
                await small.asked_for_the_catalogue(3)
        requests = small.exchange.asked("marketSubscription")
        assert [request["marketFilter"]["marketIds"] for request in requests] == [["1.132153978"]]

    async def test_a_connection_that_is_added_later_does_not_stop_the_feed(
        self, authority: Authority, captures: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(live, "DISTANT_EVERY", timedelta(0))
        day = [lines_of(captures / name)[:100] for name in (SMALL, SMALLER)]
        async with betfair(authority, *day) as small:
            first, *later = small.website.catalogue
            small.website.catalogue = [first]
            options = replace(STEADY, market_limit=1, refresh_seconds=10)
            async with small.feed(options) as (feed, kept):
                await until(lambda: "HEARTBEAT" in kept.states)
                small.exchange.faults.append({"authentication": "TOO_MANY_REQUESTS"})
                small.website.catalogue += later
                await until(lambda: 2 in feed.connections and feed.connections[2].pulse.subscribed)
                assert feed.connections[2].drops == 1
                assert set(kept.states) == {"CONNECTED", "HEARTBEAT"}

    async def test_without_markets_the_feed_is_well_and_says_so(self, authority: Authority) -> None:
        async with betfair(authority) as small, small.feed(STEADY) as (_, kept):
            await until(lambda: kept.states[-2:] == ["CONNECTED", "HEARTBEAT"])
            assert kept.statuses[0]["detail"] == "no markets to subscribe to"
            assert small.exchange.connections == 0


class TestTrouble:
    async def test_garbage_is_a_dead_letter_and_the_feed_goes_on(
        self, authority: Authority, captures: Path, tmp_path: Path
    ) -> None:
        lines = lines_of(captures / SMALL)
        garbage = {100: b"\x00\xff", 200: b'{"op":"mcm","pt":1', 300: b"[]"}
        async with betfair(authority, lines, garbage=dict(garbage)) as small:
            async with small.feed(STEADY, tmp_path) as (feed, kept):
                await played(small, kept)
            assert (feed.dead_letters, feed.connections[1].drops) == (3, 0)
        letters = [event for name, event in kept.events if name == "DeadLetter"]
        assert [letter["payload"] for letter in letters] == list(garbage.values())  # type: ignore[typeddict-item]
        assert sorted(ids(told([tmp_path]))) == sorted(kept.ids)

    async def test_a_stalled_stream_is_dropped_said_and_resumed(
        self, authority: Authority, captures: Path
    ) -> None:
        lines = lines_of(captures / SMALL)
        async with betfair(authority, lines) as small:
            small.exchange.faults.append({"stall_at": 100})
            async with small.feed(QUICK) as (_, kept):
                await played(small, kept)
                await until(lambda: kept.states[-1] != "DISCONNECTED")
        assert kept.ids == ids(told([captures / SMALL]))
        went = kept.states.index("DISCONNECTED")
        assert kept.states[0] == "CONNECTED"
        assert kept.states[went + 1] == "CONNECTED"
        assert kept.statuses[went]["detail"].startswith("1 of 1 connections down: nothing heard for ")

    async def test_an_application_key_that_is_none_ends_the_feed(
        self, authority: Authority, captures: Path
    ) -> None:
        async with betfair(authority, lines_of(captures / SMALLER)) as small:
            small.exchange.faults.append({"authentication": "NOT_AUTHORIZED"})
            with pytest.raises(FeedError, match="NOT_AUTHORIZED: because; ask Betfair to activate"):
                async with small.feed(STEADY) as (_, kept):
                    await until(lambda: kept.flushes)
        assert kept.statuses == []

    async def test_a_catalogue_that_is_away_is_asked_for_again(
        self, authority: Authority, captures: Path
    ) -> None:
        async with betfair(authority, lines_of(captures / SMALLER)) as small:
            small.website.answers += [(503, b""), (502, b"")]
            async with small.feed(STEADY) as (_, kept):
                await played(small, kept)
        assert kept.ids == ids(told([captures / SMALLER]))

    async def test_a_catalogue_that_is_refused_ends_the_feed_at_first_and_not_once_it_has_come(
        self, authority: Authority, captures: Path
    ) -> None:
        refused = (200, api_error("ACCESS_DENIED"))
        async with betfair(authority, lines_of(captures / SMALLER)) as small:
            async with small.feed(replace(STEADY, refresh_seconds=10)) as (_, kept):
                await until(lambda: kept.states)
                small.website.answers.append(refused)
                await small.asked_for_the_catalogue(2)
                await played(small, kept)
            assert not small.website.answers
            small.website.refusing = refused
            with pytest.raises(CallRefusedError, match="refuses listMarketCatalogue: ACCESS_DENIED"):
                async with small.feed(STEADY) as (_, kept):
                    await until(lambda: kept.flushes)

    async def test_a_record_that_is_lost_ends_the_feed(
        self, authority: Authority, captures: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(self: Kept, topic: str, record: dict[str, Any]) -> None:
            raise BrokerError("a record could not be delivered")

        monkeypatch.setattr(Kept, "publish", refuse)
        async with betfair(authority, lines_of(captures / SMALLER)) as small:
            with pytest.raises(BrokerError):
                async with small.feed(STEADY) as (_, kept):
                    await until(lambda: kept.flushes)


class TestStatus:
    async def test_it_connects_beats_and_says_when_it_ends(
        self, authority: Authority, captures: Path
    ) -> None:
        small_one = lines_of(captures / SMALLER)
        async with betfair(authority, small_one) as small, small.feed(STEADY) as (feed, kept):
            await until(lambda: kept.states.count("HEARTBEAT") > 2)
        assert (kept.states[0], set(kept.states[1:-1]), kept.states[-1]) == (
            "CONNECTED",
            {"HEARTBEAT"},
            "DISCONNECTED",
        )
        assert kept.statuses[-1]["detail"] == "the feed ends"
        assert {status["source"] for status in kept.statuses} == {"betfair"}
        assert kept.statuses[-1]["events"] == feed.published == len(kept.events)
        assert kept.flushes == 1

    async def test_a_clock_that_is_off_is_said(self, authority: Authority, captures: Path) -> None:
        lines = lines_of(captures / SMALLER)
        async with betfair(authority, lines) as small:
            ahead = clock_from(small.exchange.day[-1].pt + 10_000)
            async with small.feed(QUICK, clock=ahead) as (feed, kept):
                await until(lambda: kept.states.count("HEARTBEAT") > 1)
            assert feed.skew.seconds > 9.0
        assert "ahead of Betfair's" in str(kept.statuses[-2]["detail"])

    async def test_while_betfair_is_late_the_feed_is_not_fresh(
        self, authority: Authority, captures: Path
    ) -> None:
        async with betfair(authority, lines_of(captures / SMALLER)) as small, small.feed(QUICK) as (_, kept):
            await until(lambda: "HEARTBEAT" in kept.states)
            small.exchange.late = True
            await until(lambda: kept.states[-1] == "DISCONNECTED")
            assert "its data is late" in kept.statuses[-1]["detail"]
            small.exchange.late = False
            await until(lambda: kept.states[-1] == "CONNECTED")


class TestTwoProcesses:
    async def test_both_say_the_same_from_where_both_are_on(
        self, authority: Authority, captures: Path
    ) -> None:
        lines = lines_of(captures / SMALL)
        async with betfair(authority, lines) as small:
            small.exchange.starts += [0, 200]
            async with small.feed(STEADY) as (_, first):
                await played(small, first)
                async with small.feed(STEADY) as (_, second):
                    await until(lambda: second.ids and second.ids[-1] == first.ids[-1])
        both_on = small.exchange.day[199].pt * 1000
        common = [
            id
            for id, (_, event) in zip(first.ids, first.events, strict=True)
            if event["event_time"] > both_on
        ]
        assert len(common) > 50
        assert second.ids[-len(common) :] == common
        statuses = {status["event_id"] for status in first.statuses + second.statuses}
        assert len(statuses) == len(first.statuses) + len(second.statuses)

    async def test_a_standby_beyond_the_connection_limit_waits_and_says_nothing(
        self, authority: Authority, captures: Path
    ) -> None:
        naps: list[float] = []

        async def nap(seconds: float) -> None:
            naps.append(seconds)
            await asyncio.sleep(seconds / 100)

        async with (
            betfair(authority, lines_of(captures / SMALLER)) as small,
            small.feed(STEADY) as (_, primary),
        ):
            await until(lambda: "CONNECTED" in primary.states)
            small.exchange.faults += [{"authentication": "MAX_CONNECTION_LIMIT_EXCEEDED"}] * 9
            clock = replace(clock_from(small.exchange.day[0].pt), sleep=nap)
            async with small.feed(STEADY, clock=clock) as (_, silent):
                await until(lambda: 60.0 in naps)
                await asyncio.sleep(0.2)
                assert silent.statuses == []
            assert "DISCONNECTED" not in primary.states

    def test_the_board_is_fresh_while_one_of_them_is_alive(self) -> None:
        second = 1_000_000
        went = feed_status("betfair", "DISCONNECTED", 5, 100 * second, instance="a")
        alive = feed_status("betfair", "HEARTBEAT", 5, 104 * second, instance="b")
        assert freshness([went], 101 * second) == "stale"
        assert freshness([alive], 116 * second) == "fresh"
        assert freshness([alive], 117 * second) == "stale"
        again = feed_status("betfair", "HEARTBEAT", 5, 104 * second, instance="a")
        assert alive["event_id"] != again["event_id"]


class TestRecording:
    async def test_a_feed_that_was_stopped_goes_on_where_it_was(
        self, authority: Authority, captures: Path, tmp_path: Path
    ) -> None:
        lines = lines_of(captures / SMALL)
        async with betfair(authority, lines, pace=lambda at: 0.001) as small:
            async with small.feed(STEADY, tmp_path) as (_, before):
                await until(lambda: small.exchange.played > 150)
            small.exchange.starts.append(small.exchange.played)
            async with small.feed(STEADY, tmp_path) as (_, after):
                await played(small, after)
        assert sorted(set(before.ids + after.ids)) == sorted(ids(told([tmp_path])))
        assert facts(worked(before.events + after.events)[1]) == facts(worked(told([captures / SMALL]))[1])

    async def test_a_race_that_went_off_before_a_restart_still_gets_its_result(
        self, authority: Authority, captures: Path, tmp_path: Path
    ) -> None:
        async with betfair(authority, lines_of(captures / SMALL), pace=lambda at: 0.001) as small:
            async with small.feed(STEADY, tmp_path) as (_, before):
                await until(lambda: small.exchange.played > 150)
            # The catalogue leaves out what went off over an hour ago.
            small.website.catalogue = []
            small.exchange.starts.append(small.exchange.played)
            late = clock_from(small.exchange.day[-1].pt)
            async with small.feed(STEADY, tmp_path, late) as (_, after):
                await played(small, after)
        # The last definition has the names too, though the catalogue said none.
        assert facts(worked(before.events + after.events)[1]) == facts(worked(told([captures / SMALL]))[1])

    async def test_a_feed_that_packs_beats_on(
        self, authority: Authority, captures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        packing, packed = threading.Event(), threading.Event()

        def pack_slowly(closing: Path) -> Path:
            packing.set()
            packed.wait(20)
            return pack(closing)

        monkeypatch.setattr(live, "PACK_SECONDS", 0)
        monkeypatch.setattr(live, "pack", pack_slowly)
        async with (
            betfair(authority, lines_of(captures / SMALLER)) as small,
            small.feed(STEADY, tmp_path) as (_, kept),
        ):
            await until(packing.is_set)
            beats = len(kept.states)
            await until(lambda: len(kept.states) > beats + 3)
            packed.set()

    async def test_a_market_that_closed_is_packed_while_the_feed_runs(
        self, authority: Authority, captures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(live, "PACK_SECONDS", 0)
        lines = lines_of(captures / SMALLER)
        async with betfair(authority, lines) as small, small.feed(STEADY, tmp_path):
            await until(lambda: [path.suffix for path in files(tmp_path)] == [".bz2"])
        [packed] = files(tmp_path)
        assert bz2.decompress(packed.read_bytes()).splitlines() == [
            line.strip() for line in lines if line.strip()
        ]
