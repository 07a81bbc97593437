"""Bets of several races at the dividends that were paid, from real charts."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from feeds import us
from schemas.records import Prediction
from streams.backtest import Bet, Board, Entrant, Setup, Stakes, run
from streams.backtest.bets import Ticket

CARD = "BEL-20180929-"


class Ticketed:
    """Makes one bet over several races, by program numbers, before the first of them."""

    def __init__(self, pool: str, first: int, numbers: str) -> None:
        self.pool, self.first, self.numbers = pool, first, numbers.split("/")

    def on_race(self, board: Board, prediction: Prediction) -> Iterable[Bet]:
        del prediction
        if board.number != self.first:
            return []
        races = tuple(f"{CARD}{self.first + n:02d}" for n in range(len(self.numbers)))
        runners = tuple(RUNNERS[race][number] for race, number in zip(races, self.numbers, strict=True))
        return [Bet(self.pool, runners, stake=10.0, races=races)]


RUNNERS: dict[str, dict[str, str]] = {}
"""Runner ids by program number of each race."""


@pytest.mark.parametrize(
    ("pool", "first", "numbers", "returned"),
    [
        ("DOUBLE", 1, "4/6", 10 * 26.00),
        ("DOUBLE", 1, "4/1A", 0.0),
        ("PICK 3", 1, "4/6/11", 10 * 75.25),
        ("PICK 4", 2, "6/11/3/10", 10 * 95.12 / 0.5),  # race 3 came off the turf: its leg names ten numbers
        ("PICK 5", 7, "6/8/2/7/4", 10 * 14_899.25 / 0.5),
        ("PICK 6", 6, "4/6/8/2/7/4", 10 * 132_394.00 / 2),
        ("PICK 6", 6, "4/6/8/2/7/2", 0.0),  # five of six are another bet
        ("TREBLE", 9, "2/7/4", 10 * 975.50),
    ],
)
def test_the_real_dividends_of_a_card(
    shared_data: Path, pool: str, first: int, numbers: str, returned: float
) -> None:
    events = list(us.read([shared_data / "us_charts" / f"BEL09292018.{part}" for part in range(1, 7)]))
    for name, event in events:
        if name == "RaceCard":
            entries = event["entries"]  # type: ignore[typeddict-item]
            RUNNERS[event["race_id"]] = {e["program_number"] or "": e["runner_id"] for e in entries}
    outcome = run(iter(events), [Entrant("it", Ticketed(pool, first, numbers), Stakes())], Setup())
    (ticket,) = outcome.ledgers[0].tickets
    assert isinstance(ticket, Ticket)
    assert ticket.returned == pytest.approx(returned)
    assert ticket.state == ("WON" if returned else "LOST")
