import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.backtest.bets import Bet, Side, Ticket
from streams.backtest.exchange import Order, Top, place, reduce, step


def order(stake: float, price: float | None, side: Side = "BACK") -> Order:
    bet = Bet("WIN", ("1",), stake, "EXCHANGE", side, price)
    return Order(Ticket(bet, "R", 0, "-5m", 1, "2023-01-01", "TST", None, 8, stake, None, None), 0)


def test_an_order_takes_what_is_offered_and_no_more() -> None:
    waiting = order(50, 4.0)
    place(waiting, Top(last=4.1, back=4.2, back_size=20, lay=4.3, lay_size=10))
    assert waiting.ticket.fills == [(4.2, 20)]
    assert waiting.left == 30


def test_an_order_without_a_price_takes_the_best_one() -> None:
    waiting = order(10, None)
    place(waiting, Top(back=4.2, back_size=20))
    assert (waiting.ticket.price, waiting.ticket.matched) == (4.2, 10)


def test_an_order_queues_behind_the_money_at_its_price() -> None:
    waiting = order(10, 4.3)
    place(waiting, Top(last=4.2, back=4.2, back_size=20, lay=4.3, lay_size=30, traded=100))
    assert (waiting.ahead, waiting.ticket.matched) == (30, 0)
    step(waiting, Top(last=4.3, back=4.2, back_size=20, lay=4.3, lay_size=10, traded=140))  # 20 of each side
    assert (waiting.ahead, waiting.ticket.matched) == (10, 0)
    step(waiting, Top(last=4.3, back=4.2, back_size=20, lay=4.3, lay_size=10, traded=170))
    assert (waiting.ticket.matched, waiting.ticket.price) == (5, 4.3)


def test_trades_at_worse_prices_pass_it_by() -> None:
    waiting = order(10, 4.3)
    place(waiting, Top(last=4.2, back=4.1, back_size=20, lay=4.4, lay_size=30, traded=100))
    assert waiting.ahead == 0
    step(waiting, Top(last=4.1, back=4.1, back_size=20, lay=4.4, lay_size=30, traded=400))
    assert waiting.ticket.matched == 0


@pytest.mark.parametrize(
    ("before", "now", "matched"),
    [
        # The last price stood at the order's before and after: all that traded went by.
        (Top(4.3, 4.2, 9, 4.3, 30, 100), Top(4.4, 4.3, 9, 4.4, 30, 140), 20.0),
        # It came from below, where some of it traded: what is gone of the offer at 4.3 did reach it.
        (Top(4.2, 4.2, 9, 4.3, 30, 100), Top(4.3, 4.2, 9, 4.3, 25, 140), 5.0),
        (Top(4.2, 4.2, 9, 4.3, 4, 100), Top(4.3, 4.2, 9, 4.4, 25, 140), 4.0),
        (Top(4.2, 4.2, 9, 4.3, 30, 100), Top(4.3, 4.2, 9, 4.3, 35, 140), 0.0),
        # The offers that were seen were at a worse price: how much came to the order's is not told.
        (Top(4.1, 4.1, 9, 4.2, 30, 100), Top(4.3, 4.2, 9, 4.3, 30, 140), 0.0),
        # It went below again.
        (Top(4.3, 4.2, 9, 4.3, 30, 100), Top(4.2, 4.2, 9, 4.3, 22, 140), 8.0),
    ],
)
def test_only_what_surely_traded_at_its_price_passes_an_order(before: Top, now: Top, matched: float) -> None:
    first = order(50, 4.3)
    place(first, before)
    first.ahead = 0.0
    step(first, now)
    assert first.ticket.matched == pytest.approx(matched)


def test_money_met_at_its_price_is_not_counted_again_when_others_trade_with_it() -> None:
    waiting = order(50, 4.3)
    place(waiting, Top(4.2, 4.2, 9, 4.3, 0, 100))
    step(waiting, Top(4.3, 4.3, 20, 4.4, 30, 100))  # 20 offered at 4.3 would have met it
    assert waiting.ticket.matched == 20
    step(waiting, Top(4.3, 4.3, 5, 4.4, 30, 130))  # others took 15 of them
    assert waiting.ticket.matched == 20
    step(waiting, Top(4.3, 4.3, 5, 4.4, 30, 150))  # 5 more of them, and 5 that were not
    assert waiting.ticket.matched == 25


def test_a_queue_behind_better_prices_is_not_known_and_does_not_fill() -> None:
    waiting = order(10, 5.0)
    place(waiting, Top(last=4.2, back=4.1, back_size=20, lay=4.3, lay_size=30, traded=100))
    step(waiting, Top(last=4.3, back=4.2, back_size=20, lay=4.4, lay_size=30, traded=900))
    assert (waiting.ahead, waiting.ticket.matched) == (None, 0)


def test_an_order_that_the_market_reaches_is_filled_at_its_price() -> None:
    waiting = order(10, 5.0)
    place(waiting, Top(last=4.2, back=4.1, back_size=20, lay=4.3, lay_size=30))
    step(waiting, Top(last=4.9, back=5.2, back_size=40, lay=5.4, lay_size=30))
    assert waiting.ticket.fills == [(5.0, 10)]


def test_lay_orders_are_the_other_way_round() -> None:
    waiting = order(10, 4.0, "LAY")
    place(waiting, Top(last=4.0, back=3.9, back_size=5, lay=3.95, lay_size=4))
    assert waiting.ticket.fills == [(3.95, 4)]
    step(waiting, Top(last=4.5, back=4.4, back_size=5, lay=4.6, lay_size=4, traded=50))
    assert waiting.ticket.matched == 4


def test_a_removed_runner_lowers_what_was_matched() -> None:
    waiting = order(10, None)
    place(waiting, Top(back=8.0, back_size=20))
    reduce(waiting.ticket, 25.0)
    assert waiting.ticket.price == 6.0
    reduce(waiting.ticket, 2.0)
    reduce(waiting.ticket, None)
    assert waiting.ticket.price == 6.0


tops = st.builds(
    Top, st.sampled_from([0.0, 3.0, 3.5, 4.0, 4.5]), st.sampled_from([0.0, 3.0, 3.5, 4.0]), st.floats(0, 50),
    st.sampled_from([0.0, 4.0, 4.5, 5.0]), st.floats(0, 50), st.floats(0, 500),
)  # fmt: skip


@given(
    st.lists(tops, min_size=1, max_size=8),
    st.sampled_from([3.0, 3.5, 4.0, 4.5]),
    st.sampled_from(["BACK", "LAY"]),
)
def test_no_order_fills_over_its_size_or_at_a_worse_price(seen: list[Top], price: float, side: Side) -> None:
    waiting = order(10, price, side)
    place(waiting, seen[0])
    for top in seen[1:]:
        step(waiting, top)
    assert waiting.ticket.matched <= 10 + 1e-9
    assert waiting.left == pytest.approx(10 - waiting.ticket.matched)
    good = [p >= price if side == "BACK" else p <= price for p, _ in waiting.ticket.fills]
    assert all(good)
