from collections.abc import Callable

from gateway.audience import Audience
from gateway.board import Board, Standing
from schemas.records import RaceView


class Ear:
    """Keeps what it is offered."""

    def __init__(self) -> None:
        self.heard: list[Standing] = []

    def offer(self, standing: Standing, again: bool = False) -> None:
        self.heard.append(standing)


def test_a_state_reaches_each_reader_of_its_channels_once(
    view: Callable[..., RaceView], new_board: Callable[..., Board]
) -> None:
    audience, both, other, gone = Audience(), Ear(), Ear(), Ear()
    audience.join("track:*", both)
    audience.join("race:BEL-20230715-01", both)
    audience.join("track:SAR", other)
    audience.join("track:BEL", gone)
    audience.leave("track:BEL", gone)
    audience.leave("track:BEL", gone)
    standing = new_board().apply(view("BEL-20230715-01"), 0, 0)
    assert standing is not None
    audience.offer(standing)
    assert both.heard == [standing]
    assert other.heard == []
    assert gone.heard == []
