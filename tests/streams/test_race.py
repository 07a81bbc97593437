"""The race fold: what a race is after its events, whatever the order in which sources and topics came."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import Event
from streams.race import Race
from streams.state import RaceState, bury, dump, load
from tests.streams.events import (
    RACE,
    card,
    entry,
    form,
    going,
    odds,
    pinned,
    price,
    result,
    scratch,
    status,
)

Named = tuple[str, Event]
THREE = [entry("1"), entry("2"), entry("3")]


def folded(*events: Named) -> Race:
    race = Race(RaceState(RACE))
    for name, event in events:
        race.fold(name, event)
    return race


def statuses(race: Race) -> dict[str, str]:
    return {runner.runner_id: runner.status for runner in race.view.runners}


class TestScratches:
    def test_a_scratch_takes_the_runner_out(self) -> None:
        race = folded(("RaceCard", card(THREE)), ("Scratch", scratch("2", 5)))
        assert statuses(race) == {"1": "ACTIVE", "2": "SCRATCHED", "3": "ACTIVE"}
        assert race.view.interests == 2

    def test_a_scratch_stays_a_scratch_until_a_later_reinstatement(self) -> None:
        race = folded(("RaceCard", card(THREE)), ("Scratch", scratch("2", 5)), ("RaceCard", card(THREE, 6)))
        assert statuses(race)["2"] == "SCRATCHED"
        race.fold("Scratch", scratch("2", 9, "REINSTATED"))
        assert statuses(race)["2"] == "ACTIVE"

    def test_a_scratch_may_come_before_its_card(self) -> None:
        race = folded(("Scratch", scratch("2", 5)), ("RaceCard", card(THREE)))
        assert statuses(race)["2"] == "SCRATCHED"

    def test_an_earlier_scratch_behind_a_reinstatement_changes_nothing(self) -> None:
        race = folded(("RaceCard", card(THREE)), ("Scratch", scratch("2", 9, "REINSTATED")))
        assert not race.fold("Scratch", scratch("2", 5))
        assert statuses(race)["2"] == "ACTIVE"

    def test_another_source_is_understood_by_program_number(self) -> None:
        theirs = card([entry("x", program_number="2")], source="equibase")
        race = folded(
            ("RaceCard", card(THREE)), ("RaceCard", theirs), ("Scratch", scratch("x", 5, source="equibase"))
        )
        shown = {runner.number: runner.status for runner in race.view.runners}
        assert shown["2"] == "SCRATCHED"


class TestField:
    def test_an_also_eligible_is_not_in_the_race_until_it_draws_in(self) -> None:
        waiting = [*THREE, entry("4", also_eligible=True)]
        race = folded(("RaceCard", card(waiting)))
        assert statuses(race)["4"] == "ALSO_ELIGIBLE"
        assert race.view.interests == 3
        race.fold("RaceCard", card([*THREE, entry("4")], 7))
        assert statuses(race)["4"] == "ACTIVE"

    def test_coupled_entries_are_one_interest_until_one_is_left(self) -> None:
        coupled = [entry("1", betting_interest="1"), entry("1A", betting_interest="1"), entry("2")]
        race = folded(("RaceCard", card(coupled)), ("OddsUpdate", odds([price("1", 2.0)], 2, pool="TOTE")))
        assert [list(race.view.columns), list(race.view.shares)] == [[0, 0, 1], [0.5, 0.5, 1.0]]
        race.fold("Scratch", scratch("1", 5))
        assert list(race.view.columns) == [-1, 0, 1]

    def test_a_price_of_a_runner_that_no_card_knows_waits_for_its_card(self) -> None:
        race = folded(("RaceCard", card(THREE)), ("OddsUpdate", odds([price("9", 4.0)], 3)))
        assert len(race.view.runners) == 3
        assert list(race.view.rows) == [-1, -1, -1]
        race.fold("RaceCard", card([*THREE, entry("9")], 4))
        assert list(race.view.rows) == [-1, -1, -1, 0]


class TestPrices:
    def test_prices_after_the_off_are_kept_apart(self) -> None:
        before, after = odds([price("1", 4.0)], 3), odds([price("1", 1.2)], 1900, in_play=True)
        race = folded(("RaceCard", card(THREE)), ("OddsUpdate", before))
        kept = race.state.books["betfair|win"].quotes.tobytes()
        assert race.fold("OddsUpdate", after)
        book = race.state.books["betfair|win"]
        assert book.quotes.tobytes() == kept
        assert book.in_play == {"1": 1.2}

    @pytest.mark.parametrize("bad", [0.0, 1.0, float("nan"), float("inf"), 1e9, -3.0])
    def test_what_cannot_be_a_price_is_none(self, bad: float) -> None:
        race = folded(("OddsUpdate", odds([price("1", 4.0), price("2", bad, back=bad, lay=bad)], 3)))
        quotes = race.state.books["betfair|win"].quotes
        assert quotes[0] == 4.0
        assert quotes[6:11].tolist() == [0.0] * 5

    def test_an_image_takes_away_prices_it_does_not_list(self) -> None:
        first, image = odds([price("1", 4.0), price("2", 5.0)], 3), odds([price("2", 6.0)], 4, image=True)
        quotes = folded(("OddsUpdate", first), ("OddsUpdate", image)).state.books["betfair|win"].quotes
        assert (quotes[0], quotes[6]) == (0.0, 6.0)

    def test_an_exchange_is_scored_before_a_tote_and_a_win_before_a_place_market(self) -> None:
        race = folded(
            ("RaceCard", card(THREE)),
            ("OddsUpdate", odds([price("1", 4.0)], 1, market_id="tote", pool="TOTE")),
            ("OddsUpdate", odds([price("1", 1.4)], 2, market_id="place", market_type="PLACE", places=2)),
        )
        assert race.view.book is race.state.books["betfair|tote"]
        race.fold("OddsUpdate", odds([price("1", 4.1)], 3))
        assert race.view.book is race.state.books["betfair|win"]
        assert race.view.places == 2


class TestFormAndModels:
    def test_form_is_kept_by_feature_set_and_a_later_answer_replaces_it(self) -> None:
        first, other = form({"1": [1.0]}, 1), form({"1": [7.0]}, 1, feature_set="other")
        later = form({"1": [2.0]}, 3)
        race = folded(("RaceForm", later), ("RaceForm", other), ("RaceForm", first))
        assert race.view.forms == {later["feature_set"]: later, "other": other}

    def test_a_pin_replaces_the_last_of_its_role(self) -> None:
        race = folded(("ModelPinned", pinned("a", 1)), ("ModelPinned", pinned("c", 1, "CANDIDATE")))
        race.fold("ModelPinned", pinned("b", 2))
        assert {role: pin["version"] for role, pin in race.view.pins.items()} == {
            "CHAMPION": "b",
            "CANDIDATE": "c",
        }

    def test_a_pin_without_a_version_takes_the_model_away(self) -> None:
        race = folded(("ModelPinned", pinned("a", 1)), ("ModelPinned", pinned("", 2)))
        assert not race.view.pins


class TestResults:
    def test_a_dead_heat_has_two_winners(self) -> None:
        race = folded(("RaceCard", card(THREE)), ("Result", result({"1": 1, "2": 1, "3": 3}, 2000)))
        assert race.view.winners == ("1", "2")

    def test_a_correction_after_official_replaces_the_result(self) -> None:
        first = result({"1": 1, "2": 2, "3": 3}, 2000)
        race = folded(
            ("RaceCard", card(THREE)), ("Result", first), ("Result", result({"1": 2, "2": 1, "3": 3}, 2600))
        )
        assert race.view.winners == ("2",)

    def test_one_result_counts_the_official_before_the_unofficial(self) -> None:
        theirs = card(THREE, 1, source="equibase")
        first = result({"1": 1, "2": 2}, 2000, "UNOFFICIAL", source="equibase")
        race = folded(("RaceCard", card(THREE)), ("RaceCard", theirs), ("Result", first))
        assert (race.view.result_state, race.view.winners) == ("UNOFFICIAL", ("1",))
        race.fold("Result", result({"1": 2, "2": 1}, 2100))
        assert (race.view.result_state, race.view.winners) == ("OFFICIAL", ("2",))

    def test_a_disqualified_runner_has_not_won(self) -> None:
        finish = result({"1": 1, "2": 1}, 2000)
        finish["finishers"][0]["disqualified"] = True
        assert folded(("RaceCard", card(THREE)), ("Result", finish)).view.winners == ("2",)

    def test_whoever_saw_the_race_furthest_is_right(self) -> None:
        early = status("SCHEDULED", 5, source="equibase")
        race = folded(("RaceStatus", early), ("RaceStatus", status("ABANDONED", 900)))
        assert race.view.stage == "ABANDONED"

    def test_a_result_of_a_race_without_card_waits_for_it(self) -> None:
        race = folded(("Result", result({"1": 1}, 2000)))
        assert not race.view.winners
        race.fold("RaceCard", card(THREE, 1))
        assert list(race.view.winners) == ["1"]

    def test_an_abandoned_race_has_nothing_to_score(self) -> None:
        race = folded(("RaceCard", card(THREE)), ("RaceStatus", status("ABANDONED", 900)))
        assert (race.view.stage, race.view.interests) == ("ABANDONED", 0)


class TestWhatIsShown:
    def test_cards_merge_field_by_field(self) -> None:
        named = card([entry("1", jockey_name=None)], market_id="a", race_name="Maiden")
        place = card([entry("1", horse_name=None, jockey_name="A. Rider")], market_id="b", places_paid=3)
        view = folded(("RaceCard", place), ("RaceCard", named)).view
        assert (view.card["race_name"], view.places) == ("Maiden", 3)
        assert (view.runners[0].name, view.runners[0].jockey_name) == ("Horse 1", "A. Rider")

    def test_going_by_the_more_trusted_source(self) -> None:
        race = folded(("Conditions", going("GOOD", 5)), ("Conditions", going("SLOPPY", 1, "equibase")))
        assert race.view.conditions["track_condition"] == "SLOPPY"


def test_a_tombstone_takes_no_event_twice() -> None:
    events: list[Named] = [
        ("RaceCard", card(THREE)),
        ("OddsUpdate", odds([price("1", 4.0)], 3)),
        ("RaceForm", form({"1": []}, 4)),
        ("ModelPinned", pinned("v", 5)),
        ("Result", result({"1": 1}, 9)),
    ]
    tomb = bury(folded(*events).state)
    race = Race(load(dump(tomb)))
    assert not any(race.fold(name, event) for name, event in events)
    assert race.state == tomb


# The law: within one stream (source, kind, market) order is the partition's; across streams it is nothing.

prices = st.sampled_from([None, 1.5, 2.0, 3.3, 8.0, 40.0])


@st.composite
def streams(draw: Any) -> list[list[Named]]:
    """Each stream of a race: events in their order."""
    moments = st.lists(st.integers(1, 1700), min_size=1, max_size=6, unique=True).map(sorted)
    made: list[list[Named]] = []
    for source in ("betfair", "equibase"):
        made.append(
            [
                ("RaceCard", card([*THREE, entry("4", also_eligible=draw(st.booleans()))], t, source=source))
                for t in draw(moments)
            ]
        )
        made.append(
            [
                (
                    "Scratch",
                    scratch(
                        draw(st.sampled_from("1234")),
                        t,
                        draw(st.sampled_from(["SCRATCHED", "REINSTATED"])),
                        source=source,
                    ),
                )
                for t in draw(moments)
            ]
        )
        made.append(
            [
                (
                    "RaceStatus",
                    status(draw(st.sampled_from(["SCHEDULED", "SUSPENDED", "OFF"])), t, source=source),
                )
                for t in draw(moments)
            ]
        )
        made.append(
            [
                ("Result", result({"1": draw(st.integers(1, 3)), "2": 1}, t, source=source))
                for t in draw(moments)
            ]
        )
        made.append(
            [("RaceForm", form({"1": [float(t)]}, t, source=source, columns=["runs"])) for t in draw(moments)]
        )
        made.append(
            [
                ("ModelPinned", pinned(draw(st.sampled_from(["", "a", "b"])), t, source=source))
                for t in draw(moments)
            ]
        )
        for market, kind in (("win", "WIN"), ("place", "PLACE")):
            made.append(
                [
                    (
                        "OddsUpdate",
                        odds(
                            [price(draw(st.sampled_from("1234")), draw(prices))],
                            t,
                            source=source,
                            market_id=market,
                            market_type=kind,
                            image=draw(st.booleans()),
                        ),
                    )
                    for t in draw(moments)
                ]
            )
    return made


@st.composite
def deliveries(draw: Any) -> tuple[list[Named], list[Named]]:
    """The same streams delivered in two ways: any interleaving, with repeats of what has come before."""
    both = []
    made = draw(streams())
    for _ in range(2):
        turns = draw(st.permutations([n for n, events in enumerate(made) for _ in events]))
        queues = [iter(events) for events in made]
        order: list[Named] = []
        for turn in turns:
            order.append(next(queues[turn]))
            if draw(st.booleans()):
                order.append(order[draw(st.integers(0, len(order) - 1))])
        both.append(order)
    return both[0], both[1]


@settings(max_examples=60, deadline=None)
@given(deliveries())
def test_order_across_streams_repeats_and_delays_change_nothing(two: tuple[list[Named], list[Named]]) -> None:
    one, other = folded(*two[0]), folded(*two[1])
    assert one.state == other.state
    shown, also = one.view, other.view
    assert (shown.runners, shown.stage, shown.places, shown.winners) == (
        also.runners,
        also.stage,
        also.places,
        also.winners,
    )
    assert (shown.book, shown.rows) == (also.book, also.rows)
    assert (shown.forms, shown.pins) == (also.forms, also.pins)


@settings(max_examples=30, deadline=None)
@given(deliveries(), st.integers(0, 200))
def test_a_race_stored_and_loaded_goes_on_as_if_it_had_not_been(
    two: tuple[list[Named], list[Named]], cut: int
) -> None:
    events = two[0]
    whole, first = folded(*events), folded(*events[:cut])
    resumed = Race(load(dump(first.state)))
    for name, event in events[cut:]:
        resumed.fold(name, event)
    assert dump(resumed.state) == dump(whole.state)
