"""The book of a market: bars by the minute of event time, closing prices, and what comes after the off."""

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import consensus
from models.movement import HORIZONS_MINUTES
from schemas.identity import MICROS
from schemas.records import OddsUpdate
from streams.book import (
    BACK_SIZE,
    BAR_MICROS,
    LAY_SIZE,
    MAX_BARS,
    TRADED,
    WIDTH,
    Book,
    fold_odds,
    numbers,
    settle,
)
from tests.streams.events import OFF, odds, price

START = (OFF - 1800 * MICROS) // BAR_MICROS
"""The minute in which the events' clock begins."""

MINUTE = 60


def win_book(*updates: OddsUpdate) -> Book:
    book = Book("betfair", "win", "WIN", "EXCHANGE")
    for update in updates:
        fold_odds(book, update)
    return book


def at(minute: float, one: float, two: float | None = 3.0) -> OddsUpdate:
    return odds([price("1", one), price("2", two)], minute * MINUTE)


def closing(quotes: bytes, places: int = 1) -> list[float]:
    """What models.consensus reads of quotes as they stood, 0.0 where there is no price."""
    rows = np.frombuffer(quotes).reshape(1, -1, WIDTH)
    read = consensus(
        numbers(rows, np.zeros((*rows.shape[:2], len(HORIZONS_MINUTES))), [places], [0.0]), float(places)
    )
    prices: list[float] = np.where(read.priced, 1.0 / read.inverse, 0.0)[0].tolist()
    return prices


class TestBars:
    def test_a_bar_closes_when_its_minute_of_event_time_has_gone(self) -> None:
        book = win_book(at(0, 2.0), at(0.999, 2.2))
        assert (book.minute, book.bars) == (START, [])
        last = book.quotes.tobytes()
        fold_odds(book, at(1, 2.4))
        assert [(bar.minute, bar.rows) for bar in book.bars] == [(START, last)]

    def test_a_bar_closes_at_the_consensus_of_the_last_quotes_of_its_minute(self) -> None:
        book = win_book(at(0, 2.0), at(0.5, 2.2, None))
        expected = closing(book.quotes.tobytes())
        fold_odds(book, at(1, 9.0))
        settle(book.bars)
        assert book.bars[0].prices == expected
        assert expected[0] == pytest.approx(2.2, rel=0.02)
        assert expected[1] == 0.0, "no price, no closing price"

    def test_a_place_market_closes_with_as_many_winners_as_it_pays(self) -> None:
        one_sided = [price("1", None, back=1.2), price("2", None, back=1.3), price("3", 1.5)]
        book = win_book(odds(one_sided, 0, market_type="PLACE", places=2))
        quotes = book.quotes.tobytes()
        fold_odds(book, odds([price("1", 1.1)], MINUTE, market_type="PLACE", places=2))
        settle(book.bars)
        assert book.bars[0].prices == closing(quotes, places=2) != closing(quotes)

    def test_a_minute_without_prices_has_no_bar(self) -> None:
        book = win_book(at(0, 2.0), at(3, 2.2), at(4, 2.4))
        assert [bar.minute - START for bar in book.bars] == [0, 3]

    def test_a_runner_that_joins_later_is_in_later_bars_only(self) -> None:
        book = win_book(at(0, 2.0), odds([price("3", 9.0)], 70), at(2, 2.0))
        settle(book.bars)
        assert [len(bar.prices) for bar in book.bars] == [2, 3]

    def test_only_the_last_bars_are_kept(self) -> None:
        book = win_book(*(at(minute, 2.0) for minute in range(MAX_BARS + 10)))
        assert [bar.minute - START for bar in book.bars] == list(range(9, MAX_BARS + 9))

    def test_an_image_takes_prices_away_but_no_bars(self) -> None:
        book = win_book(at(0, 2.0), at(1, 2.2), odds([price("2", 3.5)], 65, image=True))
        assert len(book.bars) == 1
        assert book.index == {"1": 0, "2": 1}
        assert book.quotes[:WIDTH].tolist() == [0.0] * WIDTH


class TestPast:
    def test_the_present_is_compared_with_bars_1_5_and_30_minutes_back(self) -> None:
        book = win_book(*(at(minute, 2.0 + minute / 100) for minute in range(41)))
        assert [bar and bar.minute - START for bar in book.past] == [39, 35, 10]

    def test_over_a_gap_the_last_bar_before_stands(self) -> None:
        book = win_book(*(at(minute, 2.0) for minute in (0, 1, 4, 31)))
        assert [bar and bar.minute - START for bar in book.past] == [4, 4, 1]

    def test_there_is_no_past_before_the_first_bar(self) -> None:
        assert win_book(at(0, 2.0)).past == [None, None, None]
        young = win_book(at(0, 2.0), at(1, 2.0), at(2, 2.0))
        assert [bar and bar.minute - START for bar in young.past] == [1, None, None]

    def test_it_stays_the_same_object_for_as_long_as_the_minute_lasts(self) -> None:
        book = win_book(at(0, 2.0), at(1, 2.0))
        past = book.past
        fold_odds(book, at(1.9, 2.1))
        assert book.past is past
        fold_odds(book, at(2, 2.1))
        assert book.past is not past


class TestNumbers:
    @pytest.mark.parametrize("bad", [None, 0.0, -5.0, inf, nan])
    def test_what_cannot_be_money_is_none(self, bad: float | None) -> None:
        book = win_book(odds([price("1", 2.0, traded=bad, back_size=bad, lay_size=bad)], 0))
        assert [book.quotes[n] for n in (BACK_SIZE, LAY_SIZE, TRADED)] == [0.0, 0.0, 0.0]

    def test_a_size_without_its_price_is_none(self) -> None:
        book = win_book(odds([price("1", 2.0, back=None, lay=1.0)], 0))
        assert (book.quotes[BACK_SIZE], book.quotes[LAY_SIZE]) == (0.0, 0.0)

    def test_a_book_is_priced_from_its_first_price_on(self) -> None:
        book = win_book(odds([price("1", None)], 0))
        assert not book.priced
        fold_odds(book, at(0.1, 2.0))
        assert book.priced


class TestAfterTheOff:
    def test_prices_in_play_close_no_bar_and_age_nothing(self) -> None:
        book = win_book(at(0, 2.0))
        quotes, priced_at = book.quotes.tobytes(), book.priced_at
        fold_odds(book, odds([price("1", 1.1), price("9", 40.0)], 31 * MINUTE, in_play=True))
        assert (book.quotes.tobytes(), book.bars, book.minute, book.priced_at) == (
            quotes,
            [],
            START,
            priced_at,
        )
        assert book.in_play == {"1": 1.1, "9": 40.0}

    def test_starting_prices_come_after_the_off_and_the_last_word_counts(self) -> None:
        before = odds([price("1", 2.0, starting_price=2.1)], 0)
        first, last = (
            odds([price("1", None, starting_price=sp), price("2", None)], 31 * MINUTE + n, in_play=True)
            for n, sp in enumerate((2.3, 2.4))
        )
        assert win_book(before).starting_prices == {}
        assert win_book(before, first, last).starting_prices == {"1": 2.4}

    def test_what_cannot_be_a_starting_price_is_none(self) -> None:
        bad = [price(str(n), None, starting_price=sp) for n, sp in enumerate((nan, inf, 1.0, 0.0, 1001.0))]
        assert win_book(odds(bad, 31 * MINUTE, in_play=True)).starting_prices == {}


quoted = st.none() | st.floats(1.01, 900.0)


@st.composite
def updates(draw: st.DrawFn) -> list[OddsUpdate]:
    """Updates of four runners over some minutes, with one-sided and missing prices."""
    moments = draw(st.lists(st.integers(0, 600), min_size=1, max_size=25, unique=True).map(sorted))
    return [
        odds(
            [
                price(runner, draw(quoted), back=draw(quoted), lay=draw(quoted))
                for runner in draw(st.lists(st.sampled_from("1234"), max_size=4, unique=True))
            ],
            moment,
            image=draw(st.booleans()),
        )
        for moment in moments
    ]


@settings(max_examples=60, deadline=None)
@given(updates())
def test_bars_settled_one_by_one_or_all_at_the_end_are_the_same_bits(made: list[OddsUpdate]) -> None:
    at_once, late = win_book(), win_book()
    for update in made:
        fold_odds(at_once, update)
        settle(at_once.bars[-1:])
        fold_odds(late, update)
    settle([*late.past, *late.bars, *late.bars])
    assert at_once == late
    assert all(bar.rows == b"" for bar in late.bars)
