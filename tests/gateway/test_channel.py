from collections.abc import Callable

from gateway.board import Board
from gateway.channel import open_channel
from gateway.positions import Position
from schemas.records import RaceView

RACES = ["BEL-20230715-01", "BEL-20230715-02"]

ViewMaker = Callable[..., RaceView]
BoardMaker = Callable[..., Board]


def test_the_position_covers_only_what_was_sent_while_something_older_waits(
    view: ViewMaker, new_board: BoardMaker
) -> None:
    board = new_board()
    subscription, _, _ = open_channel(board, "track:*", None)
    for offset, (race, revision) in enumerate([(0, 1), (1, 1), (0, 2)]):
        standing = board.apply(view(RACES[race], revision), 0, offset)
        assert standing is not None
        subscription.offer(standing)
    first = subscription.take()
    assert first is not None
    assert (first.race_id, first.offset) == (RACES[0], 2)
    assert subscription.position.offsets == {0: 1}
    subscription.take()
    assert subscription.position.offsets == {0: 3}
    assert subscription.take() is None
    assert not subscription.waits


def test_a_state_is_offered_once_and_an_older_one_never_replaces_it(
    view: ViewMaker, new_board: BoardMaker
) -> None:
    board = new_board()
    subscription, _, _ = open_channel(board, "track:*", None)
    older, newer = board.apply(view(RACES[0], 1), 0, 0), board.apply(view(RACES[0], 2), 0, 1)
    assert older is not None
    assert newer is not None
    assert subscription.offer(newer)
    assert not subscription.offer(newer)
    assert not subscription.offer(older)
    assert subscription.take() is newer


def test_opening_gives_the_position_that_the_states_go_up_to(view: ViewMaker, new_board: BoardMaker) -> None:
    board = new_board()
    board.apply(view(RACES[0], 1), 0, 0)
    board.apply(view(RACES[1], 1), 3, 8)
    _, position, states = open_channel(board, "track:*", Position(board.epoch, {0: 1}))
    assert position.offsets == {0: 1, 3: 9}
    assert [s.race_id for s in states] == [RACES[1]]
