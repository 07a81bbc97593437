import bz2
import itertools
import logging
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from feeds.betfair.files import read
from feeds.betfair.recorded import first_definitions, recorded, shares
from schemas.errors import FeedError
from schemas.records import Event
from streams.race import FOLDS, Race
from streams.state import RaceState

Json = dict[str, Any]
Define = Callable[..., Json]
Market = Callable[..., Json]
Say = Callable[..., bytes]
Named = tuple[str, Event]

SETTLED = [
    "win/1.127236622.bz2",
    "win/1.132153978.bz2",
    "win/1.170462852.bz2",
    "win/1.170462855.bz2",
    "win/1.170462859.bz2",
    "win/1.170462893.bz2",
    "win/1.170462894.bz2",
    "win/1.206063952.bz2",
    "win/1.206064380.bz2",
    "win/1.211006011.bz2",
    "place/1.181223995.bz2",
    "place/1.205822330.bz2",
]
FRAGMENTS = ["fragment/1.164917629.bz2", "fragment/1.201590187.zip"]
SIMULTANEOUS = [f"win/1.170462{n}.bz2" for n in (852, 855, 859, 893, 894)]


def events_of(*files: Path) -> list[Named]:
    return [named for _, events in recorded(list(files)) for named in events]


def folded(events: list[Named]) -> Race:
    races = {event["race_id"] for _, event in events}
    assert len(races) == 1
    race = Race(RaceState(races.pop()))
    for name, event in events:
        assert name in FOLDS
        race.fold(name, event)
    return race


def last_definition(file: Path) -> Json:
    """The last market definition of a capture, read without the code under test but for unpacking."""
    found: Json = {}
    for line in read(file):
        if b'"marketDefinition"' in line.data:
            for change in orjson.loads(line.data)["mc"]:
                found = change.get("marketDefinition", found)
    return found


@pytest.fixture
def capture(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, *messages: bytes) -> Path:
        path = tmp_path / f"{name}.bz2"
        path.write_bytes(bz2.compress(b"\n".join(messages)))
        return path

    return write


Capture = Callable[..., Path]


@pytest.mark.parametrize("name", SETTLED)
def test_the_final_state_of_a_capture_is_what_its_last_definition_says(captures: Path, name: str) -> None:
    race, said = folded(events_of(captures / name)), last_definition(captures / name)
    by_status: dict[str, set[str]] = {}
    for runner in said["runners"]:
        by_status.setdefault(runner["status"], set()).add(str(runner["id"]))
    view = race.view
    assert view.stage == "CLOSED"
    assert view.result_state == "OFFICIAL"
    assert {r.runner_id for r in view.runners if r.status == "SCRATCHED"} == by_status.get("REMOVED", set())
    placed = {r.runner_id for r in view.runners if r.placed}
    assert (placed if said["marketType"] == "PLACE" else set(view.winners)) == by_status["WINNER"]
    assert {r.runner_id for r in view.runners} == {str(runner["id"]) for runner in said["runners"]}


@pytest.mark.parametrize("name", FRAGMENTS)
def test_a_fragment_has_prices_and_no_result(captures: Path, name: str) -> None:
    race = folded(events_of(captures / name))
    assert race.view.result_state is None
    assert race.view.winners == ()
    assert any(book.priced for book in race.state.books.values())


@pytest.mark.parametrize("name", [*FRAGMENTS, "win/1.132153978.bz2", "win/1.211006011.bz2"])
def test_reading_twice_gives_the_same_events_each_with_an_id_of_its_own(captures: Path, name: str) -> None:
    once, again = events_of(captures / name), events_of(captures / name)
    assert once == again
    assert len({event["event_id"] for _, event in once}) == len(once)


def test_the_market_s_own_prices_become_the_best_ones(captures: Path) -> None:
    events = events_of(captures / "win/1.132153978.bz2")
    kinds = Counter(name for name, _ in events)
    assert kinds == {"OddsUpdate": 477, "RaceCard": 8, "RaceStatus": 3, "Scratch": 2, "Result": 1}


def test_races_run_at_one_time_are_merged_in_time_order_and_kept_apart(captures: Path) -> None:
    events = events_of(*(captures / name for name in SIMULTANEOUS))
    times = [event["recorded_time"] for _, event in events]
    assert times == sorted(times)
    alone = events_of(captures / SIMULTANEOUS[-1])
    assert [named for named in events if named[1]["race_id"] == alone[0][1]["race_id"]] == alone
    changes = sum(a["race_id"] != b["race_id"] for (_, a), (_, b) in itertools.pairwise(events))
    assert changes > 100
    assert len({event["race_id"] for _, event in events}) == 5


def test_every_other_file_of_the_provider_is_read_without_a_crash(captures: Path) -> None:
    files = sorted(path for path in (captures / "fixtures").glob("*") if path.is_file())
    for file in files:
        for line, events in recorded([file]):
            assert all(name == "DeadLetter" or event["race_id"] for name, event in events), line.origin


def test_a_capture_cut_short_gives_its_events_and_one_dead_letter(captures: Path, tmp_path: Path) -> None:
    whole = (captures / "win/1.206063952.bz2").read_bytes()
    cut = tmp_path / "1.206063952.bz2"
    cut.write_bytes(whole[: len(whole) // 2])
    *events, (name, letter) = events_of(cut)
    assert name == "DeadLetter"
    assert "cut off" in dict(letter)["reason"]  # type: ignore[operator]  # a record of any kind
    assert events == events_of(captures / "win/1.206063952.bz2")[: len(events)]
    assert len(events) > 10


def test_messages_that_are_broken_are_dead_letters_and_the_rest_goes_on(
    capture: Capture, define: Define, market: Market, say: Say, pt: int
) -> None:
    file = capture(
        "1.1",
        say(market(definition=define())),
        b'{"op":"mcm","pt":',
        say(market(rc=[{"id": 1, "ltp": 3.5}]), pt=pt + 1),
    )
    events = events_of(file)
    assert [name for name, _ in events] == ["RaceCard", "RaceStatus", "DeadLetter", "OddsUpdate"]
    assert dict(events[2][1])["origin"] == "1.1.bz2:2"


def test_the_place_market_s_file_is_of_the_same_race_whichever_comes_first(
    capture: Capture, define: Define, market: Market, say: Say, pt: int
) -> None:
    place = define(marketType="PLACE", name="To Be Placed", numberOfWinners=2)
    early = capture("1.2", say(market("1.2", place), pt=pt))
    late = capture("1.1", say(market("1.1", define()), pt=pt + 60_000))
    for files in ([early, late], [late, early]):
        assert len({event["race_id"] for _, event in events_of(*files)}) == 1


def test_a_place_market_s_events_have_other_ids_alone_because_they_are_of_another_race_id(
    capture: Capture, define: Define, market: Market, say: Say, pt: int
) -> None:
    win = capture("1.1", say(market("1.1", define())))
    place = capture(
        "1.2", say(market("1.2", define(marketType="PLACE", name="To Be Placed", numberOfWinners=2)))
    )
    alone, together = events_of(place), events_of(win, place)
    assert {event["race_id"][-6:] for _, event in alone} == {"-T0520"}
    assert {event["race_id"][-3:] for _, event in together} == {"-06"}
    assert not {event["event_id"] for _, event in alone} & {event["event_id"] for _, event in together}


def test_the_members_of_an_archive_are_read_as_if_they_were_files(
    capture: Capture, define: Define, market: Market, say: Say, pt: int
) -> None:
    place = define(marketType="PLACE", name="To Be Placed", numberOfWinners=2)
    prices = [{"id": 1, "ltp": 3.5}]
    alone = [
        capture("1.2", say(market("1.2", place)), say(market("1.2", rc=prices), pt=pt + 2)),
        capture("1.1", say(market("1.1", define()), pt=pt + 1), say(market("1.1", rc=prices), pt=pt + 3)),
    ]
    archive = alone[0].with_name("day.zip")
    with zipfile.ZipFile(archive, "w") as out:
        for file in alone:
            out.write(file, file.name)
    assert events_of(archive) == events_of(*alone)
    assert [share.files for share in shares([alone[1], archive], 2)] == [[alone[1], archive]]


@pytest.mark.parametrize(
    "wrong",
    [
        b"rubbish",
        b'{"op":"mcm","pt":5,"mc":[5]}',
        b'{"op":"mcm","pt":5,"mc":[{"id":"1.9","marketDefinition":{"marketTime":"soon","runners":[]}}]}',
        b'{"op":"mcm","pt":5,"mc":[{"id":"1.9","marketDefinition":{"marketTime":"2022-11-06T05:20:00Z",'
        b'"runners":[],"countryCode":"ATLANTIS"}}]}',
    ],
    ids=["rubbish", "number", "time", "country"],
)
def test_a_file_that_starts_wrong_does_not_stop_the_others(
    capture: Capture, define: Define, market: Market, say: Say, wrong: bytes
) -> None:
    bad, good = capture("bad", wrong), capture("good", say(market(definition=define())))
    assert first_definitions(bad) == []
    assert sorted(name for name, _ in events_of(bad, good)) == ["DeadLetter", "RaceCard", "RaceStatus"]
    assert [len(share.files) for share in shares([bad, good], 2)] == [1, 1]


def test_nothing_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="no such file"):
        list(recorded([tmp_path / "nowhere"]))


def test_shares_keep_the_files_of_a_race_together(
    capture: Capture, define: Define, market: Market, say: Say
) -> None:
    def file(name: str, off: str, kind: str) -> Path:
        time = f"2022-11-06T{off}:00.000Z"
        return capture(name, say(market(name, define(marketType=kind, marketTime=time))))

    wins = [file(f"win{n}", f"05:{n}0", "WIN") for n in range(4)]
    places = [file(f"place{n}", f"05:{n}0", "PLACE") for n in range(4)]
    files = [*wins, *places]
    for number in (1, 2, 3, 4, 9):
        dealt = [share.files for share in shares(files, number)]
        assert sorted(path for share in dealt for path in share) == sorted(files)
        assert len(dealt) == min(number, 4)
        assert all(share for share in dealt)
        for win, place in zip(wins, places, strict=True):
            assert sum((win in share) and (place in share) for share in dealt) == 1


def test_a_share_knows_the_numbers_of_its_races_without_reading_again(
    capture: Capture, define: Define, market: Market, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = define(marketType="PLACE", name="To Be Placed", numberOfWinners=2)
    files = [capture("1.2", say(market("1.2", place))), capture("1.1", say(market("1.1", define())))]
    expected = events_of(*files)
    (share,) = shares(files, 2)
    monkeypatch.setattr("feeds.betfair.recorded.first_definitions", pytest.fail)
    assert [named for _, events in recorded(share.files, share.first) for named in events] == expected


def test_a_file_of_two_races_ties_theirs_together(
    capture: Capture, define: Define, market: Market, say: Say
) -> None:
    first, second = define(), define(marketTime="2022-11-06T06:00:00.000Z", name="R7 1200m")
    files = [
        capture("first", say(market("1.1", first))),
        capture("second", say(market("1.2", second))),
        capture("both", say(market("1.3", first), market("1.4", second))),
    ]
    assert [share.files for share in shares(files, 3)] == [files]


def test_shares_are_of_like_size(captures: Path) -> None:
    files = [captures / name for name in SETTLED]
    dealt = shares(files, 2)
    sizes = [sum(file.stat().st_size for file in share.files) for share in dealt]
    assert max(sizes) < 1.2 * min(sizes)


def test_reading_logs_nothing(captures: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        events_of(captures / FRAGMENTS[0])
    assert caplog.records == []
