import gc
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from schemas.records import Prediction
from streams.backtest import Bet, Board, Cancel, Entrant, Outcome, Setup, Stakes, run
from streams.backtest.bets import BacktestError, Ticket
from streams.backtest.board import LookAheadError, NoPriceYetError
from streams.backtest.settle import Terms
from streams.backtest.strategies import Blind, Favourite, Strategy, recipe_of

PRICES = {"1": 2.0, "2": 4.0, "3": 6.0, "4": 8.0}
PAID = [("WIN", "1", 20.0), ("PLACE", "1", 11.0), ("PLACE", "2", 15.0), ("TRIO", "1-2-3", 90.0)]


class Asking:
    """A strategy that does what it is told with each board."""

    def __init__(self, ask: Callable[[Board], Iterable[Bet]]) -> None:
        self.ask = ask
        self.boards: list[Board] = []

    def on_race(self, board: Board, prediction: Prediction) -> Iterable[Bet]:
        del prediction
        self.boards.append(board)
        return self.ask(board)


def went(events: list[Any], strategy: Strategy, **setup: Any) -> tuple[Ticket | None, Outcome]:
    outcome = run(
        sorted(events, key=lambda e: e[1]["recorded_time"]), [Entrant("it", strategy)], Setup(**setup)
    )
    tickets = outcome.ledgers[0].tickets
    return (tickets[0] if tickets else None), outcome


def test_the_favourite_is_paid_the_real_dividend(race: Any) -> None:
    events = [race.card(), race.odds(0, PRICES), race.result(["1", "2", "3", "4"], PAID)]
    ticket, outcome = went(events, Favourite())
    assert ticket is not None
    assert (ticket.bet.runners, ticket.decision, ticket.state, ticket.profit) == (
        ("1",),
        "close",
        "WON",
        10.0,
    )
    assert (outcome.races, outcome.final_only) == (1, 1)


@pytest.mark.parametrize(("pool", "profit"), [("PLACE", 1.0), ("TRIO", 80.0), ("QUINELLA", 0.0)])
def test_pools_of_several_runners_and_pools_without_dividends(race: Any, pool: str, profit: float) -> None:
    events = [race.card(), race.odds(0, PRICES), race.result(["1", "2", "3", "4"], PAID)]
    ticket, _ = went(events, Favourite(pool))
    assert ticket is not None
    assert ticket.profit == pytest.approx(profit)
    assert (ticket.state == "VOID") == (pool == "QUINELLA")


def test_a_scratched_runner_costs_nothing(race: Any) -> None:
    events = [
        race.card(),
        race.odds(-600, PRICES),
        race.scratch(-60, "1"),
        race.result(["2", "3", "4"], PAID),
    ]
    ticket, _ = went(events, Favourite(), decisions=(300.0,))
    assert ticket is not None
    assert (ticket.state, ticket.profit, ticket.note) == ("VOID", 0.0, "a runner was taken out")


def test_an_abandoned_race_and_one_without_a_result_pay_back(race: Any, races: Any) -> None:
    other = races("TST-20231114-02")
    events = [
        race.card(),
        race.odds(-600, PRICES),
        race.status(-10, "ABANDONED"),
        other.card(),
        other.odds(-600, PRICES),
    ]
    _, outcome = went(events, Favourite(), decisions=(300.0,))
    assert [t.state for t in outcome.ledgers[0].tickets] == ["VOID", "VOID"]
    assert outcome.counts["races with bets and without a result"] == 1


def test_decisions_see_what_was_known_then_and_nothing_later(race: Any) -> None:
    events = [
        race.card(),
        race.odds(-900, PRICES),
        race.odds(-200, {"1": 3.0}, image=False),
        race.result(["1"], PAID),
    ]
    asking = Asking(lambda _: [])
    went(events, asking, decisions=(600.0, 60.0, "close"))
    assert [(b.decision, b.horses[0].price) for b in asking.boards] == [
        ("-10m", 2.0),
        ("-1m", 3.0),
        ("close", 3.0),
    ]
    assert all(b.priced_at is not None and b.priced_at <= b.time for b in asking.boards)


def test_asking_for_a_price_before_there_was_one_is_an_error(race: Any) -> None:
    events = [race.card(), race.odds(0, PRICES), race.result(["1", "2"], PAID)]
    for strategy in (Favourite(), recipe_of({"when": "odds < 20"}, "rule").rule()):
        with pytest.raises(NoPriceYetError, match=r"no price of Horse \d was known"):
            went(events, strategy, decisions=(600.0,))
    ticket, _ = went(events, Blind(), decisions=(600.0,))  # who asks for no price may bet
    assert ticket is not None


@pytest.mark.parametrize(
    "name", ["result", "winner", "finish_position", "starting_price", "closing_price", "dividends"]
)
def test_reading_the_future_is_an_error(race: Any, name: str) -> None:
    events = [race.card(), race.odds(-900, PRICES), race.result(["1", "2"], PAID)]
    for ask in (lambda b: getattr(b, name), lambda b: getattr(b.horses[0], name)):
        with pytest.raises(LookAheadError, match=f"{name} was not known yet"):
            went(events, Asking(ask), decisions=(60.0,))


def test_a_race_without_any_price_is_passed_over_and_counted(race: Any) -> None:
    ticket, outcome = went([race.card(), race.result(["1", "2"], PAID)], Favourite())
    assert ticket is None
    assert outcome.counts["races without any price"] == 1


def test_what_a_strategy_holds_does_not_reach_the_future(race: Any) -> None:
    """Everything that hangs on a board is walked: no result, no later price, no state that will change."""
    events = [
        race.card(),
        race.odds(-900, PRICES),
        race.odds(-10, {"1": 99.0}),
        race.result(["1", "2"], PAID),
    ]
    asking = Asking(lambda _: [])
    went(events, asking, decisions=(60.0,))
    seen: set[int] = set()
    waiting: list[object] = [asking.boards[0].horses, asking.boards[0].day]
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, type):
            continue
        seen.add(id(thing))
        assert thing != 99.0
        assert type(thing).__name__ not in ("RaceState", "Race", "View", "Book", "dict")
        waiting += gc.get_referents(thing)


def test_a_strategy_that_fails_says_where(race: Any) -> None:
    events = [race.card(), race.odds(-900, PRICES), race.result(["1"], PAID)]
    with pytest.raises(BacktestError, match=r"it, TST-20231114-01 at 2023-11-14T22:12:20.*ZeroDivisionError"):
        went(events, Asking(lambda _: [1 / 0]), decisions=(60.0,))  # type: ignore[list-item]
    with pytest.raises(BacktestError, match="9 is not, or no longer, in the race"):
        went(events, Asking(lambda _: [Bet("WIN", ("9",))]), decisions=(60.0,))


def test_exchange_orders_wait_fill_and_pay_commission(race: Any) -> None:
    book = {"1": {"back": 4.0, "back_size": 100.0, "lay": 4.2, "lay_size": 5.0}, "2": 2.0}
    events = [
        race.card(), race.odds(-900, book, "EXCHANGE"), race.status(10, "IN_PLAY"), race.result(["1", "2"]),
    ]  # fmt: skip
    ticket, _ = went(events, Asking(lambda _: [Bet("WIN", ("1",), 10.0, "EXCHANGE")]), decisions=(60.0,))
    assert ticket is not None
    assert (ticket.price, ticket.returned) == (4.0, 40.0)
    assert ticket.commission == pytest.approx(1.5)
    late, _ = went(events, Asking(lambda _: [Bet("WIN", ("1",), 10.0, "EXCHANGE")]), decisions=("close",))
    assert late is not None
    assert (late.state, late.note) == ("LAPSED", "not matched")


def test_lays_win_when_the_runner_loses_and_dead_heats_are_divided(race: Any) -> None:
    book = {"1": {"back": 4.0, "back_size": 100.0, "lay": 4.0, "lay_size": 50.0}}
    events = [race.card(), race.odds(-900, book, "EXCHANGE"), race.status(10, "IN_PLAY")]
    lay = Asking(lambda _: [Bet("WIN", ("1",), 10.0, "EXCHANGE", "LAY")])
    lost, _ = went([*events, race.result(["2", "1"])], lay, decisions=(60.0,))
    tied, _ = went([*events, race.result(["2", "1"], tied=2)], lay, decisions=(60.0,))
    assert lost is not None
    assert tied is not None
    assert lost.profit == pytest.approx(10.0 * 0.95)
    assert tied.profit == pytest.approx(10.0 - 10.0 * 4.0 / 2)


def test_a_removal_reduces_what_was_matched_before_it(race: Any) -> None:
    book = {"1": {"back": 4.0, "back_size": 100.0}, "2": 3.0}
    events = [
        race.card(), race.odds(-900, book, "EXCHANGE"), race.scratch(-20, "2", 25.0),
        race.status(10, "IN_PLAY"), race.result(["1", "3"]),
    ]  # fmt: skip
    ticket, _ = went(events, Asking(lambda _: [Bet("WIN", ("1",), 10.0, "EXCHANGE")]), decisions=(60.0,))
    assert ticket is not None
    assert (ticket.price, ticket.returned) == (3.0, 30.0)


def test_starting_price_bets_stand_at_the_starting_price(race: Any) -> None:
    events = [race.card(), race.odds(0, PRICES, "FIXED"), race.result(["1", "2"], starting_price=5.0)]
    ticket, _ = went(events, Favourite(venue="STARTING_PRICE"))
    assert ticket is not None
    assert ticket.returned == 50.0


def test_doubles_settle_at_the_last_race(race: Any, races: Any) -> None:
    second = races("TST-20231114-02", off=race.off + 1_800_000_000)
    told = [("DOUBLE", "1/2", 177.0)]
    events = [
        race.card(), second.card(), race.odds(0, PRICES), second.odds(0, PRICES),
        race.result(["1", "2"], PAID), second.result(["2", "1"], told),
    ]  # fmt: skip

    def ask(board: Board) -> list[Bet]:
        first = board.race_id == race.race_id
        return [Bet("DOUBLE", ("1", "2"), races=(race.race_id, second.race_id))] if first else []

    ticket, _ = went(events, Asking(ask))
    assert ticket is not None
    assert (ticket.state, ticket.returned) == ("WON", 177.0)


def test_a_daily_loss_limit_ends_the_day_and_the_bankroll_bounds_stakes(races: Any) -> None:
    events = []
    for n in range(1, 5):
        one = races(f"TST-20231114-0{n}", off=1_700_000_000_000_000 + n * 1_800_000_000)
        events += [one.card(), one.odds(0, PRICES), one.result(["2", "1"], [("WIN", "2", 40.0)])]
    events.sort(key=lambda e: e[1]["recorded_time"])
    entrants = [
        Entrant("limit", Favourite(), Stakes("flat", 10.0, daily_loss=15.0)),
        Entrant("poor", Favourite(), Stakes("flat", 10.0), bankroll=25.0),
    ]
    outcome = run(events, entrants, Setup())
    assert [len(ledger.tickets) for ledger in outcome.ledgers] == [2, 3]
    assert [t.stake for t in outcome.ledgers[1].tickets] == [10.0, 10.0, 5.0]


def test_time_that_goes_back_is_counted_and_never_shows_what_is_later(race: Any, races: Any) -> None:
    other = races("TST-20231114-02")
    events = [race.card(), race.odds(-500, PRICES), other.card(seconds=-90_000), race.result(["1"], PAID)]
    outcome = run(events, [Entrant("it", Favourite())], Setup())
    assert outcome.counts["events that went back in time"] == 1


def test_own_money_moves_a_pool_of_known_size(race: Any) -> None:
    events = [race.card(), race.odds(0, PRICES), race.result(["1", "2"], PAID)]
    ticket, _ = went(events, Favourite(), terms=Terms(pool_size=1_000.0, takeout=0.2))
    assert ticket is not None
    assert 19.0 < ticket.returned < 20.0


def _three(race: Any, races: Any, **paid: Any) -> tuple[list[Any], tuple[str, ...]]:
    """Three races; the last one's result tells the dividends."""
    told = [race, *(races(f"TST-20231114-0{n}", off=race.off + n * 1_800_000_000) for n in (2, 3))]
    events = [event for each in told for event in (each.card(), each.odds(0, PRICES))]
    events += [told[0].result(["1", "2"]), told[1].result(["2", "1"]), told[2].result(["3", "1"], **paid)]
    return events, tuple(each.race_id for each in told)


@pytest.mark.parametrize(
    ("pool", "runners", "dividend", "returned"),
    [
        ("PICK 3", ("1", "2", "3"), ("PICK 3", "1/2/3", 177.0), 177.0),
        ("TREBLE", ("1", "2", "3"), ("TREBLE", "1/1,2/3", 92.0), 92.0),
        ("PICK 3", ("1", "3", "3"), ("PICK 3", "1/2/3", 177.0), 0.0),
        ("PICK 3", ("1", "2", "4"), ("PICK 3 (2 OF 3)", "1/2/3", 5.0), None),
    ],
)
def test_bets_over_several_races_are_paid_what_the_last_one_tells(
    races: Any, pool: str, runners: tuple[str, ...], dividend: Any, returned: float | None
) -> None:
    events, ids = _three(races(), races, dividends=[dividend])
    ask = Asking(lambda board: [Bet(pool, runners, races=ids)] if board.race_id == ids[0] else [])
    ticket, _ = went(events, ask)
    assert ticket is not None
    if returned is None:
        assert (ticket.state, ticket.note) == ("VOID", f"no dividend of {pool} is told")
    else:
        assert (ticket.state, ticket.returned) == ("WON" if returned else "LOST", returned)


def test_a_leg_that_is_abandoned_or_taken_out_pays_back(race: Any, races: Any) -> None:
    events, ids = _three(race, races, dividends=[("PICK 3", "1/2/3", 177.0)])
    ask = Asking(lambda board: [Bet("PICK 3", ("1", "2", "3"), races=ids)] if board.race_id == ids[0] else [])
    later = races(ids[1], off=race.off + 3_600_000_000)
    later.told = 10
    for gone in (later.scratch(-60, "2"), later.status(-60, "ABANDONED")):
        ticket, _ = went([*events, gone], ask)
        assert ticket is not None
        assert (ticket.state, ticket.profit) == ("VOID", 0.0)


def test_a_bet_whose_last_race_never_comes_is_paid_back(race: Any, races: Any) -> None:
    events, ids = _three(race, races)
    ask = Asking(lambda board: [Bet("PICK 3", ("1", "2", "3"), races=ids)] if board.race_id == ids[0] else [])
    ticket, _ = went([event for event in events if event[1]["race_id"] != ids[2]], ask)
    assert ticket is not None
    assert (ticket.state, ticket.note) == ("VOID", "its last race has no result")


def test_the_tote_sells_coupled_runners_as_one(race: Any) -> None:
    name, card = race.card()
    for at, number in enumerate(("1", "1A")):
        card["entries"][at] |= {"program_number": number, "betting_interest": "1"}
    events = [
        (name, card),
        race.odds(0, PRICES),
        race.scratch(-60, "1"),
        race.result(["2", "3"], [("WIN", "1", 40.0)]),
    ]
    ticket, _ = went(events, Asking(lambda _: [Bet("WIN", ("2",))]))
    assert ticket is not None
    assert ticket.returned == 40.0
    both = [*events, race.scratch(-30, "2")]
    held, _ = went(
        both,
        Asking(lambda board: [Bet("WIN", ("2",))] if board.decision == "-2m" else []),
        decisions=(120.0,),
    )
    assert held is None or held.state == "VOID"


def test_place_bets_stand_at_the_place_market_s_starting_price(race: Any) -> None:
    place = {"market_id": "1.2", "market_type": "PLACE", "in_play": True}
    started = {"1": {"starting_price": 1.5}, "2": {"starting_price": 2.5}}
    events = [
        race.card(), race.odds(-900, PRICES, "EXCHANGE"), race.odds(5, started, "EXCHANGE", **place),
        race.result(["1", "2"], starting_price=9.9),
    ]  # fmt: skip
    placed = race.result(["1", "2"], placed=True, seconds=1_100)
    placed[1]["market_id"] = "1.2"
    ask = Asking(lambda _: [Bet("PLACE", ("2",), 10.0, "STARTING_PRICE")])
    ticket, _ = went([*events, placed], ask, decisions=(60.0,))
    assert ticket is not None
    assert (ticket.price, ticket.returned) == (2.5, 25.0)
    assert ticket.commission == pytest.approx(0.75)  # an exchange's starting price pays it too
    untold, _ = went(events, ask, decisions=(60.0,))
    assert untold is not None
    assert (untold.state, untold.note) == ("VOID", "whether it was placed is not told")


def test_a_strategy_takes_back_what_waits_and_keeps_what_was_matched(race: Any) -> None:
    book = {"1": {"back": 4.0, "back_size": 4.0, "lay": 4.2, "lay_size": 5.0}, "2": 2.0}
    more = {"1": {"back": 4.0, "back_size": 100.0, "lay": 4.2, "lay_size": 5.0}}
    events = [
        race.card(), race.odds(-900, book, "EXCHANGE"), race.odds(-20, more, "EXCHANGE"),
        race.status(10, "IN_PLAY"), race.result(["1", "2"]),
    ]  # fmt: skip

    def ask(board: Board) -> Iterable[Any]:
        if board.decision == "-10m":
            return [Bet("WIN", ("1",), 10.0, "EXCHANGE", price=4.0)]
        (order,) = board.orders
        assert (order.matched, order.waiting) == (4.0, 6.0)
        return [Cancel(order.number)]

    ticket, outcome = went(events, Asking(ask), decisions=(600.0, 60.0))
    assert ticket is not None
    assert (ticket.matched, ticket.stake, ticket.returned) == (4.0, 4.0, 16.0)
    assert outcome.counts["cancellations of orders that were gone"] == 0


def test_an_order_taken_back_before_it_is_placed_never_is(race: Any) -> None:
    book = {"1": {"back": 4.0, "back_size": 100.0}, "2": 2.0}
    events = [
        race.card(), race.odds(-900, book, "EXCHANGE"), race.odds(-600.5, book, "EXCHANGE"),
        race.status(10, "IN_PLAY"), race.result(["1", "2"]),
    ]  # fmt: skip

    def ask(board: Board) -> Iterable[Any]:
        return (
            [Cancel(board.orders[0].number), Cancel(-1)]
            if board.orders
            else [Bet("WIN", ("1",), 10.0, "EXCHANGE")]
        )

    ticket, outcome = went(events, Asking(ask), decisions=(601.0, 600.5), terms=Terms(delay_seconds=2.0))
    assert ticket is not None
    assert outcome.counts["cancellations of orders that were gone"] == 1
    assert (ticket.state, ticket.matched) == ("WON", 10.0)  # the order was there half a second earlier
