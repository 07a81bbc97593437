"""What is shown of a race where its sources, markets and cards differ."""

from typing import Any

import pytest

from schemas.records import Event
from streams.race import Race
from streams.state import RaceState
from streams.view import MAX_PLACES, View, plain_name
from tests.streams.events import OFF, RACE, card, entry, going, odds, price, result, scratch, status

Named = tuple[str, Event]
THREE = [entry("1"), entry("2"), entry("3")]


def shown(*events: Named) -> View:
    race = Race(RaceState(RACE))
    for name, event in events:
        assert race.fold(name, event)
    return race.view


def field_of(runners: int, **fields: Any) -> Named:
    return "RaceCard", card([entry(str(n)) for n in range(runners)], **fields)


class TestPlaces:
    @pytest.mark.parametrize(("runners", "places"), [(1, 1), (4, 1), (5, 2), (7, 2), (8, 3), (20, 3)])
    def test_the_usual_terms_by_the_field_declared(self, runners: int, places: int) -> None:
        assert shown(field_of(runners)).places == places

    def test_a_scratch_does_not_change_them(self) -> None:
        assert shown(field_of(8), ("Scratch", scratch("1", 5))).places == 3

    def test_an_also_eligible_is_not_declared(self) -> None:
        runners = [*(entry(str(n)) for n in range(7)), entry("7", also_eligible=True)]
        assert shown(("RaceCard", card(runners))).places == 2

    def test_the_card_before_a_place_market_before_the_usual_terms(self) -> None:
        market: Named = ("OddsUpdate", odds([price("1", 1.5)], 5, market_type="PLACE", places=4))
        assert shown(field_of(8), market).places == 4
        assert shown(field_of(8, places_paid=2), market).places == 2

    def test_no_more_are_paid_than_models_know(self) -> None:
        assert shown(field_of(20, places_paid=6)).places == MAX_PLACES


class TestWhoIsMeant:
    def test_names_are_compared_by_letters_and_digits(self) -> None:
        assert plain_name("O'Reilly's Pride (IRE)") == plain_name("OREILLYS PRIDE") == "oreillyspride"
        assert plain_name(None) == ""

    def test_another_source_is_understood_by_name_where_numbers_are_not_known(self) -> None:
        theirs = card([entry("x", program_number=None, horse_name="HORSE 2 (USA)")], source="zeta")
        view = shown(
            ("RaceCard", card(THREE)), ("RaceCard", theirs), ("Scratch", scratch("x", 5, source="zeta"))
        )
        assert view.statuses == ["ACTIVE", "SCRATCHED", "ACTIVE"]

    def test_what_no_card_ties_to_a_runner_is_left_out(self) -> None:
        stray = scratch("2", 5, source="zeta")
        assert shown(("RaceCard", card(THREE)), ("Scratch", stray)).statuses == ["ACTIVE"] * 3

    def test_prices_of_another_source_find_their_runner(self) -> None:
        theirs = card([entry("b", program_number="2"), entry("a", program_number="1")], source="zeta")
        book = odds([price("b", 4.0), price("a", 2.0)], 5, source="zeta")
        view = shown(("RaceCard", card(THREE)), ("RaceCard", theirs), ("OddsUpdate", book))
        assert view.rows == (1, 0, -1)


class TestPrecedence:
    def test_of_two_words_on_a_runner_the_more_trusted_counts_though_it_is_older(self) -> None:
        view = shown(
            ("RaceCard", card(THREE)), ("RaceCard", card(THREE, source="equibase")),
            ("Scratch", scratch("2", 5, source="equibase")), ("Scratch", scratch("2", 9, "REINSTATED")),
        )  # fmt: skip
        assert view.statuses[1] == "SCRATCHED"

    def test_the_stage_that_has_come_furthest(self) -> None:
        behind: Named = ("RaceStatus", status("SCHEDULED", 1900, source="equibase"))
        running: Named = ("RaceStatus", status("IN_PLAY", 1810))
        assert shown(("RaceCard", card(THREE)), behind, running).stage == "IN_PLAY"

    def test_before_the_off_the_more_trusted_source_says_the_stage(self) -> None:
        theirs: Named = ("RaceStatus", status("SCHEDULED", 10, source="equibase"))
        assert shown(("RaceStatus", status("SUSPENDED", 20)), theirs).stage == "SCHEDULED"

    def test_a_delay_stands_over_the_card(self) -> None:
        delayed = status("SCHEDULED", 20, scheduled_off=OFF + 300_000_000)
        assert shown(("RaceCard", card(THREE))).scheduled_off == OFF
        assert shown(("RaceCard", card(THREE)), ("RaceStatus", delayed)).scheduled_off == OFF + 300_000_000

    def test_an_official_finish_stands_over_a_more_trusted_unofficial_one(self) -> None:
        theirs = card(THREE, source="equibase")
        early: Named = ("Result", result({"1": 1, "2": 2}, 2000, "UNOFFICIAL", source="equibase"))
        view = shown(
            ("RaceCard", card(THREE)), ("RaceCard", theirs), early, ("Result", result({"2": 1, "1": 2}, 2010))
        )
        assert (view.winners, view.result_state) == (("2",), "OFFICIAL")

    def test_a_disqualified_runner_does_not_win(self) -> None:
        finish = result({"1": 1, "2": 1}, 2000)
        finish["finishers"][0]["disqualified"] = True
        view = shown(("RaceCard", card(THREE)), ("Result", finish))
        assert view.winners == ("2",)

    def test_what_a_trusted_source_does_not_know_another_may_say(self) -> None:
        view = shown(("Conditions", going("UNKNOWN", 9, "equibase")), ("Conditions", going("GOOD", 5)))
        assert view.conditions["track_condition"] == "GOOD"


class TestScoredBook:
    def test_a_market_that_is_neither_win_nor_place_is_never_scored(self) -> None:
        other: Named = ("OddsUpdate", odds([price("1", 2.0)], 5, market_type="OTHER"))
        assert shown(("RaceCard", card(THREE)), other).book is None

    def test_fixed_odds_before_a_tote_and_a_trusted_source_before_another(self) -> None:
        books: list[Named] = [
            ("OddsUpdate", odds([price("1", 2.0)], 1, market_id="tote", pool="TOTE", source="equibase")),
            ("OddsUpdate", odds([price("1", 2.0)], 2, market_id="fixed", pool="FIXED", source="zeta")),
            ("OddsUpdate", odds([price("1", 2.0)], 3, market_id="fixed", pool="FIXED")),
        ]
        for events in (books, books[::-1]):
            book = shown(*events).book
            assert book is not None
            assert (book.source, book.market_id) == ("betfair", "fixed")

    def test_others_are_the_win_books_that_are_not_scored(self) -> None:
        view = shown(
            ("RaceCard", card(THREE)), ("OddsUpdate", odds([price("1", 2.0)], 1)),
            ("OddsUpdate", odds([price("2", 3.0)], 2, market_id="tote", pool="TOTE")),
            ("OddsUpdate", odds([price("2", 1.3)], 3, market_id="place", market_type="PLACE")),
        )  # fmt: skip
        assert [(book.market_id, rows) for book, rows in view.others] == [("tote", (-1, 0, -1))]

    def test_an_interest_has_the_price_of_its_first_runner_that_has_one(self) -> None:
        coupled = [entry("1", betting_interest="1"), entry("1A", betting_interest="1"), entry("2")]
        tote = odds([price("2", 3.0), price("1A", 2.0)], 2, pool="TOTE")
        assert shown(("RaceCard", card(coupled)), ("OddsUpdate", tote)).rows == (1, 0)


class TestFigures:
    @pytest.mark.parametrize("out", ["1", "2", "3"])
    def test_figures_of_those_in_go_to_their_runners(self, out: str) -> None:
        view = shown(("RaceCard", card(THREE)), ("Scratch", scratch(out, 5)))
        expected = [0.6, 0.4]
        expected.insert(int(out) - 1, -1.0)
        assert list(view.pick([0.6, 0.4, -1.0])) == expected

    def test_of_a_lone_runner_and_of_none(self) -> None:
        assert list(shown(("RaceCard", card(THREE[:1]))).pick([1.0, -1.0])) == [1.0]
        assert list(shown(("OddsUpdate", odds([price("1", 2.0)], 1))).pick([-1.0])) == []
