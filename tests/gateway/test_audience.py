from collections.abc import Callable

from gateway.audience import Audience
from gateway.board import Board
from gateway.news import Move, StateNews
from gateway.protocol import News
from schemas.records import RaceView


class Ear:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[News] = []

    def hear(self, news: News) -> None:
        self.heard.append(news)


def test_what_is_new_on_a_stream_reaches_each_of_its_readers_and_nobody_else(
    view: Callable[..., RaceView], new_board: Callable[..., Board]
) -> None:
    audience, reader, other, gone = Audience(), Ear(), Ear(), Ear()
    audience.join("track:BEL", reader)
    audience.join("track:SAR", other)
    audience.join("track:BEL", gone)
    audience.leave("track:BEL", gone)
    audience.leave("track:BEL", gone)
    board = new_board()
    standing = board.apply(view("BEL-20230715-01"), 0, 0)
    assert standing is not None
    news = StateNews(board, "track:BEL", [Move(None, standing)], board.position("track:BEL"), 0, again=False)
    audience.tell(news)
    assert reader.heard == [news]
    assert other.heard == gone.heard == []
    audience.leave("track:BEL", reader)
    assert "track:BEL" not in audience
    assert "track:SAR" in audience
