from collections.abc import Callable
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from gateway.board import Board, by_time_to_off
from gateway.positions import Position
from schemas.records import FeedStatus, RaceBars, RaceView

NOON = 1_690_000_000_000_000
HOUR = 3_600_000_000
RACES = [f"{track}-20230715-0{number}" for track in ("BEL", "SAR") for number in (1, 2, 3)]
CHANNELS = [*(f"race:{race}" for race in RACES), "track:BEL", "track:SAR", "track:*"]

# What a partition brings: a race's place in RACES and a revision, in the order of offsets.
RECORDS = st.lists(st.tuples(st.integers(0, len(RACES) - 1), st.integers(1, 9)), max_size=40)

ViewMaker = Callable[..., RaceView]
BoardMaker = Callable[..., Board]


def _filled(board: Board, view: ViewMaker, records: list[tuple[int, int]], start: int = 0) -> Board:
    for offset, (race, revision) in enumerate(records, start):
        board.apply(view(RACES[race], revision), race % 2, offset)
    return board


@given(records=RECORDS)
def test_no_race_ever_goes_back_to_a_lower_revision(
    view: ViewMaker, new_board: BoardMaker, records: list[tuple[int, int]]
) -> None:
    board, highest = new_board(), dict.fromkeys(RACES, 0)
    for offset, (race, revision) in enumerate(records):
        taken = board.apply(view(RACES[race], revision), race % 2, offset)
        assert (taken is not None) == (revision >= highest[RACES[race]])
        highest[RACES[race]] = max(highest[RACES[race]], revision)
        standing = board.race(RACES[race])
        assert standing is not None
        assert standing.view["revision"] == highest[RACES[race]]


@given(records=RECORDS)
def test_reading_everything_again_changes_nothing(
    view: ViewMaker, new_board: BoardMaker, records: list[tuple[int, int]]
) -> None:
    board = _filled(new_board(), view, records)
    before = {race: board.race(race) for race in RACES}
    _filled(board, view, records)
    assert {race: board.race(race) for race in RACES} == before


@given(before=RECORDS, after=RECORDS, channel=st.sampled_from(CHANNELS))
def test_whoever_comes_back_with_a_position_gets_exactly_the_newer_states_of_the_channel(
    view: ViewMaker,
    new_board: BoardMaker,
    before: list[tuple[int, int]],
    after: list[tuple[int, int]],
    channel: str,
) -> None:
    board = _filled(new_board(), view, before)
    position = board.position(channel)
    held = {s.race_id: s for s in board.carried(channel)}
    _filled(board, view, after, start=len(before))
    newer = board.newer(channel, position)
    assert newer == [s for s in board.carried(channel) if held.get(s.race_id) != s]


def test_channels_carry_their_race_their_track_or_all(view: ViewMaker, new_board: BoardMaker) -> None:
    board = _filled(new_board(), view, [(n, 1) for n in range(len(RACES))])
    assert [s.race_id for s in board.carried("race:SAR-20230715-02")] == ["SAR-20230715-02"]
    assert [s.race_id for s in board.carried("track:BEL")] == RACES[:3]
    assert len(list(board.carried("track:*"))) == len(board) == 6
    assert list(board.carried("race:NONE-20230715-01")) == []


def test_a_position_of_another_epoch_is_no_position(view: ViewMaker, new_board: BoardMaker) -> None:
    board = _filled(new_board(), view, [(0, 1)])
    assert len(board.newer("track:*", Position("ffffffffffffffff", {0: 99, 1: 99}))) == 1


def test_the_position_of_a_race_names_only_its_partition(view: ViewMaker, new_board: BoardMaker) -> None:
    board = _filled(new_board(), view, [(0, 1), (1, 1)])
    assert board.position(f"race:{RACES[1]}").offsets == {1: 2}
    assert board.position("track:*").offsets == {0: 1, 1: 2}
    assert board.position("race:NONE-20230715-01").offsets == {}


def test_a_race_over_36_hours_before_the_newest_record_is_not_listed(
    view: ViewMaker, new_board: BoardMaker
) -> None:
    board = new_board()
    board.apply(view(RACES[0], scheduled_off=NOON), 0, 0)
    board.apply(view(RACES[1], scheduled_off=NOON + 37 * HOUR, recorded_time=NOON + 37 * HOUR), 0, 1)
    assert [s.race_id for s in board.newer("track:*", None)] == [RACES[1]]
    assert [s.race_id for s in board.newer(f"race:{RACES[0]}", None)] == [RACES[0]]


def test_a_tombstone_removes_a_race_but_an_old_one_does_not(view: ViewMaker, new_board: BoardMaker) -> None:
    board = new_board()
    board.apply(view(RACES[0]), 0, 5)
    board.forget(RACES[0], 0, 4)
    assert board.race(RACES[0]) is not None
    board.forget(RACES[0], 0, 6)
    assert board.race(RACES[0]) is None
    assert board.position("track:*").offsets == {0: 7}


def test_a_feed_s_last_word_counts_whatever_comes_late(
    status: Callable[..., FeedStatus], new_board: BoardMaker
) -> None:
    board = new_board()
    board.hear(status(at=NOON + 10, state="DISCONNECTED"))
    board.hear(status(at=NOON))
    assert [said["state"] for said in board.feeds.values()] == ["DISCONNECTED"]


def test_processes_of_a_feed_are_told_apart_and_forgotten_once_long_silent(
    status: Callable[..., FeedStatus], new_board: BoardMaker
) -> None:
    board = new_board()
    board.hear(status(at=NOON, instance="first"))
    board.hear(status(at=NOON + HOUR, instance="second"))
    assert [instance for _, instance in board.feeds] == ["first", "second"]
    board.hear(status(at=NOON + HOUR + 1, instance="second"))
    assert [instance for _, instance in board.feeds] == ["second"]


def test_a_recording_that_ends_ends_its_source_whatever_killed_processes_said(
    status: Callable[..., FeedStatus], new_board: BoardMaker
) -> None:
    board = new_board()
    board.hear(status(at=NOON, instance="killed"))
    board.hear(status(at=NOON + 1, state="ENDED"))
    assert [said["state"] for said in board.feeds.values()] == ["ENDED"]


def test_bars_are_the_latest_until_the_race_has_none_any_more(
    bars: Callable[..., RaceBars], new_board: BoardMaker
) -> None:
    board = new_board()
    newer, older = {**bars([60, 120]), "sequence": 8}, {**bars([60]), "sequence": 7}
    board.chart(RACES[0], cast(RaceBars, newer))
    board.chart(RACES[0], cast(RaceBars, older))
    assert board.bars(RACES[0]) == newer
    board.chart(RACES[0], None)
    assert board.bars(RACES[0]) is None


def test_age_is_of_the_newest_word_of_any_race_or_feed(
    view: ViewMaker, status: Callable[..., FeedStatus], new_board: BoardMaker
) -> None:
    board = new_board()
    assert board.age_seconds(NOON) == 0.0
    board.apply(view(recorded_time=NOON), 0, 0)
    board.hear(status(at=NOON + 2_000_000))
    assert board.age_seconds(NOON + 5_000_000) == 3.0


def test_a_race_turns_stale_when_its_feed_falls_silent_and_that_is_told_once(
    view: ViewMaker, status: Callable[..., FeedStatus], new_board: BoardMaker
) -> None:
    board, minute = new_board(), 60_000_000
    board.hear(status(at=NOON))
    standing = board.apply(view(), 0, 0)
    assert board.turned(NOON) == []
    assert board.turned(NOON + minute) == [standing]
    assert board.turned(NOON + minute) == []
    board.hear(status(at=NOON + minute))
    assert board.turned(NOON + minute) == [standing]


def test_facts_are_encoded_once_for_all_readers(view: ViewMaker, new_board: BoardMaker) -> None:
    standing = new_board().apply(view(), 0, 0)
    assert standing is not None
    assert standing.facts is standing.facts


def test_races_are_ordered_by_time_to_the_off(view: ViewMaker, new_board: BoardMaker) -> None:
    board = new_board()
    board.apply(view(RACES[0], scheduled_off=NOON + HOUR), 0, 0)
    board.apply(view(RACES[1], scheduled_off=NOON), 0, 1)
    assert [s.race_id for s in sorted(board.carried("track:*"), key=by_time_to_off)] == [RACES[1], RACES[0]]
