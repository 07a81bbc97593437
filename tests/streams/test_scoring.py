"""Scoring points: what is captured of a race, and blocks that say the same bits as each point alone."""

from dataclasses import replace
from datetime import UTC, datetime
from math import log

import numpy as np
import pytest

from feeds import simulator
from schemas.records import Event
from streams.race import Race
from streams.replay import Races, located
from streams.scoring import Point, Scored, Scorer, capture, default_scorer, is_same
from streams.state import RaceState
from tests.streams.events import RACE, card, entry, going, odds, price, scratch, status

Named = tuple[str, Event]
FIELD = [entry("1"), entry("2"), entry("3")]
CARD: Named = ("RaceCard", card(FIELD))
PRICES: Named = ("OddsUpdate", odds([price("1", 2.0), price("2", 4.0), price("3", 5.0)], 10))


def folded(*events: Named) -> Race:
    race = Race(RaceState(RACE))
    for name, event in events:
        assert race.fold(name, event)
    return race


def scored(*points: Point) -> list[Scored]:
    """Scores of points at which something is left to score."""
    found = default_scorer().score(points)
    assert None not in found
    return [of_point for of_point in found if of_point is not None]


def bits(of_point: Scored | None) -> object:
    """All figures of a point; equal only where they are the same bits."""
    if of_point is None:
        return None
    win, place = np.array(of_point.win).tobytes(), np.array(of_point.place).tobytes()
    rest = np.array([of_point.overround, of_point.confidence]).tobytes()
    return win, place, of_point.price, of_point.movement, rest


def priced(of_point: Scored) -> list[float]:
    figures: list[float] = np.frombuffer(of_point.price).tolist()
    return figures


@pytest.fixture(scope="module")
def points() -> list[Point]:
    """All points of six races of a simulated day, in the order of their time."""
    day = replace(simulator.demo(11, datetime(2026, 3, 1, 12, tzinfo=UTC)), races=6)
    races, found = Races(), []
    for name, event, *_ in located(simulator.events(day)):
        race = races[event["race_id"]]
        if race.fold(name, event):
            found.append(capture(race))
    return found


@pytest.fixture(scope="module")
def alone(points: list[Point]) -> list[object]:
    """What each point says when it is scored by itself."""
    return [bits(default_scorer().score([point])[0]) for point in points]


class TestBlocks:
    @pytest.mark.parametrize("size", [2, 7, 100, 10_000])
    def test_a_block_says_what_each_point_says_alone(
        self, points: list[Point], alone: list[object], size: int
    ) -> None:
        scorer = default_scorer()
        cuts = [points[at : at + size] for at in range(0, len(points), size)]
        assert [bits(s) for block in cuts for s in scorer.score(block)] == alone

    def test_the_order_of_a_block_is_nothing_but_its_order(
        self, points: list[Point], alone: list[object]
    ) -> None:
        backwards = default_scorer().score(points[::-1])
        assert [bits(s) for s in reversed(backwards)] == alone

    def test_the_day_has_what_makes_blocks_differ(self, points: list[Point]) -> None:
        assert len({point.view.interests for point in points}) > 3
        assert any(point.offers for point in points)
        assert any(bar is not None for point in points for bar in point.past)


class TestRows:
    def test_a_scratched_runner_is_no_part_of_the_block(self) -> None:
        without = folded(("RaceCard", card([entry("1"), entry("3")])), PRICES)
        race = folded(CARD, PRICES, ("Scratch", scratch("2", 10)))
        one, other = scored(capture(race), capture(without))
        assert (one.win, priced(one)) == (other.win, priced(other))
        assert len(one.win) == 2

    def test_a_runner_that_the_book_does_not_know_has_no_price_and_shares_what_is_left(self) -> None:
        race = folded(("RaceCard", card([entry("9"), *FIELD])), PRICES)
        (of_point,) = scored(capture(race))
        assert priced(of_point)[0] == 0.0
        assert 0.0 < of_point.win[0] < min(of_point.win[1:])
        assert sum(of_point.win) == pytest.approx(1, abs=1e-12)

    def test_without_a_book_all_have_the_same_chance(self) -> None:
        point = capture(folded(CARD))
        (of_point,) = scored(point)
        assert point.rows == b""
        assert of_point.win == pytest.approx([1 / 3] * 3, abs=1e-12)
        assert priced(of_point) == [0.0] * 3

    def test_where_nothing_is_left_nothing_is_scored(self) -> None:
        abandoned = folded(CARD, PRICES, ("RaceStatus", status("ABANDONED", 20)))
        found = default_scorer().score([capture(folded(PRICES)), capture(folded(CARD)), capture(abandoned)])
        assert [of_point is None for of_point in found] == [True, False, True]

    def test_moves_are_those_of_the_same_runner_whatever_the_order_of_book_and_card(self) -> None:
        first = odds([price("3", 5.0), price("2", 4.0), price("1", 2.0)], 0, image=True)
        minute_later = odds([price("1", 3.0)], 60)
        (of_point,) = scored(capture(folded(CARD, ("OddsUpdate", first), ("OddsUpdate", minute_later))))
        moves = np.frombuffer(of_point.movement).reshape(3, 3)
        assert moves[:, 0] == pytest.approx([log(3.0 / 2.0), 0.0, 0.0], abs=0.02)
        assert np.isnan(moves[:, 1:]).all()

    def test_a_runner_that_joined_after_the_bar_has_moved_from_nowhere(self) -> None:
        first = odds([price("1", 2.0), price("2", 4.0)], 0)
        race = folded(CARD, ("OddsUpdate", first), ("OddsUpdate", odds([price("3", 5.0)], 60)))
        (of_point,) = scored(capture(race))
        moves = np.frombuffer(of_point.movement).reshape(3, 3)[:, 0]
        assert np.isnan(moves).tolist() == [False, False, True]


class TestPlaceMarketAlone:
    def test_it_is_read_by_its_own_model(self) -> None:
        quotes = [price("1", 1.2), price("2", 1.5), price("3", 1.9)]
        place = odds(quotes, 10, market_id="place", market_type="PLACE", places=2)
        point, scorer = capture(folded(CARD, ("OddsUpdate", place))), default_scorer()
        assert scorer.model_of(point.view) is scorer.place
        (of_point,) = scored(point)
        assert sum(of_point.win) == pytest.approx(1, abs=1e-9)
        assert sum(of_point.place) == pytest.approx(2, abs=1e-9)

    def test_a_block_of_both_kinds_keeps_them_apart(self) -> None:
        quotes = [price("1", 1.2), price("2", 1.5), price("3", 1.9)]
        place = odds(quotes, 10, market_id="place", market_type="PLACE", places=2)
        mixed = [capture(folded(CARD, ("OddsUpdate", place))), capture(folded(CARD, PRICES))]
        assert [bits(s) for s in scored(*mixed)] == [bits(scored(point)[0]) for point in mixed]

    def test_once_a_win_market_has_prices_the_win_model_speaks(self) -> None:
        place = odds([price("1", 1.2)], 5, market_id="place", market_type="PLACE", places=2)
        scorer = Scorer(win=default_scorer().win, place=default_scorer().place)
        assert scorer.model_of(folded(CARD, ("OddsUpdate", place), PRICES).view) is scorer.win
        assert scorer.model_of(folded(CARD).view) is scorer.win, "also where no market has prices"


class TestOffers:
    def test_what_other_win_books_ask_by_interest(self) -> None:
        tote = odds([price("3", 7.0), price("1", 1.8)], 11, market_id="tote", pool="TOTE")
        fixed = odds([price("1", 2.2)], 12, market_id="fixed", pool="FIXED")
        assert capture(folded(CARD, PRICES)).offers == ()
        point = capture(folded(CARD, PRICES, ("OddsUpdate", tote), ("OddsUpdate", fixed)))
        assert point.offers == ((2.2, 0.0, 0.0), (1.8, 0.0, 7.0))

    def test_a_scratched_runner_is_offered_no_more(self) -> None:
        tote = odds([price("3", 7.0), price("1", 1.8)], 11, market_id="tote", pool="TOTE")
        point = capture(folded(CARD, PRICES, ("OddsUpdate", tote), ("Scratch", scratch("1", 12))))
        assert point.offers == ((0.0, 7.0),)

    def test_another_exchange_asks_its_back_price_and_not_what_was_traded_last(self) -> None:
        other = odds([price("1", 2.6, back=2.2)], 11, market_id="xother")
        assert capture(folded(CARD, PRICES, ("OddsUpdate", other))).offers == ((2.2, 0.0, 0.0),)

    def test_projected_starting_prices_are_those_of_the_scored_book(self) -> None:
        near = odds([price("2", 3.0, near_starting_price=3.4, far_starting_price=3.9)], 11)
        race = folded(CARD, PRICES, ("OddsUpdate", near))
        before = capture(race)
        assert before.projected[race.view.rows[1]] == 3.4
        assert race.fold("OddsUpdate", odds([price("2", 3.0, near_starting_price=3.5)], 12))
        assert before.projected[race.view.rows[1]] == 3.4
        assert not is_same(before, capture(race))

    def test_a_place_market_offers_nothing_to_a_win_bet(self) -> None:
        place = odds([price("1", 9.0)], 11, market_id="place", market_type="PLACE", places=2)
        assert capture(folded(CARD, PRICES, ("OddsUpdate", place))).offers == ()


class TestSameness:
    def test_a_price_repeated_within_its_minute_changes_nothing(self) -> None:
        race = folded(CARD, PRICES)
        before = capture(race)
        assert race.fold("OddsUpdate", odds([price("1", 2.0)], 12))
        assert is_same(before, capture(race))

    @pytest.mark.parametrize(
        "event",
        [
            ("OddsUpdate", odds([price("1", 2.1)], 12)),
            ("OddsUpdate", odds([price("1", 2.0)], 70)),
            ("OddsUpdate", odds([price("1", 2.1)], 12, market_id="tote", pool="TOTE")),
            ("Scratch", scratch("1", 12)),
            ("RaceStatus", status("SUSPENDED", 12)),
            ("Conditions", going("GOOD", 12)),
        ],
        ids=["price", "minute", "other book", "scratch", "status", "going"],
    )
    def test_a_price_a_minute_another_book_or_a_fact_makes_another_point(self, event: Named) -> None:
        race = folded(CARD, PRICES)
        before = capture(race)
        assert race.fold(*event)
        assert not is_same(before, capture(race))

    def test_the_age_is_that_of_the_last_price_in_event_time(self) -> None:
        point = capture(folded(CARD, PRICES, ("Conditions", going("GOOD", 25))))
        assert (point.age_seconds, capture(folded(CARD)).age_seconds) == (15.0, 0.0)
