"""Statements: what is news and why, what a prediction is called, and law 1: order across streams."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.codec import default_codec
from schemas.records import Alert, Event, Prediction, Reason
from streams import engine
from streams.engine import Located
from streams.explanation import label
from streams.lines import line_of_statement
from streams.race import Race
from streams.replay import TOPICS, Races
from streams.scoring import capture, default_scorer
from streams.state import RaceState, Said, dump, load
from streams.statements import (
    Statement,
    is_news,
    model_versions,
    prediction,
    prediction_id,
    reasons,
    said_at,
)
from tests.streams.events import RACE, card, entry, odds, price, result, scratch, status
from tests.streams.test_race import deliveries

Named = tuple[str, Event]
FIELD = [entry("1"), entry("2"), entry("3"), entry("4")]
CARD: Named = ("RaceCard", card(FIELD))
PRICES: Named = (
    "OddsUpdate", odds([price("1", 2.0), price("2", 4.0), price("3", 6.0), price("4", 12.0)], 10)
)  # fmt: skip


def records(events: Sequence[Named]) -> list[Located]:
    """Events in the order in which they stand, as from one partition."""
    return [Located(name, event, TOPICS[name], 0, at) for at, (name, event) in enumerate(events)]


def statements(*events: Named) -> list[Statement]:
    return engine.run(records(events), Races(), default_scorer()).statements


def said(*events: Named) -> Said:
    return statements(*events)[-1].said


def why(*events: Named) -> list[Reason]:
    """Reasons of the last statement."""
    return reasons(statements(*events)[-1])


def named(found: list[Reason]) -> list[tuple[str, str | None]]:
    return [(reason["kind"], reason["runner_id"]) for reason in found]


class TestNews:
    def test_the_first_word_is_news_and_its_echo_is_not(self) -> None:
        first = said(CARD, PRICES)
        assert is_news(first, None)
        assert not is_news(first, first)
        assert not is_news(replace(first), first)

    @pytest.mark.parametrize(
        "change",
        [
            {"win": [0.4, 0.3, 0.2, 0.1]},
            {"stage": "SUSPENDED"},
            {"statuses": ["ACTIVE", "ACTIVE", "ACTIVE", "SCRATCHED"]},
            {"runner_ids": ["1", "2", "3", "5"]},
            {"best": [2.0, 4.0, 6.0, 13.0]},
            {"projected": [2.1, 0.0, 0.0, 0.0]},
        ],
        ids=["win", "stage", "statuses", "runners", "best price", "projected price"],
    )
    def test_another_chance_stage_status_or_field_is_news(self, change: dict[str, Any]) -> None:
        before = said(CARD, PRICES)
        assert is_news(replace(before, **change), before)

    def test_the_smallest_change_of_a_chance_is_news(self) -> None:
        before = said(CARD, PRICES)
        assert is_news(replace(before, win=[before.win[0] + 2**-53, *before.win[1:]]), before)

    def test_more_events_or_confidence_alone_are_none(self) -> None:
        before = said(CARD, PRICES)
        later = replace(before, digest=bytes(16), confidence=0.1, overround=0.3, movement=b"", why=["x"])
        assert not is_news(later, before)

    def test_a_result_is_told_by_the_view_not_by_a_prediction(self) -> None:
        assert len(statements(CARD, PRICES, ("Result", result({"1": 1}, 2000)))) == 2


class TestReasons:
    def test_the_first_statement_says_so(self) -> None:
        assert why(CARD) == [
            {"kind": "FIRST", "runner_id": None, "before": None, "after": None, "text": "first seen"}
        ]

    def test_a_stage_in_words(self) -> None:
        found = why(CARD, PRICES, ("RaceStatus", status("IN_PLAY", 1800)))
        assert [(r["kind"], r["text"]) for r in found] == [("STATUS", "in play")]

    def test_a_runner_that_joins(self) -> None:
        joined = why(CARD, PRICES, ("RaceCard", card([*FIELD, entry("5", horse_name=None)], 20)))
        assert joined[0]["kind"] == "FIELD"
        assert joined[0]["text"] == "5 joins the field"

    def test_a_runner_that_left_the_card_is_told_by_its_name(self) -> None:
        before, last = statements(CARD, PRICES, ("RaceCard", card(FIELD[:3], 20)))[-2:]
        found = reasons(last)
        assert (found[0]["kind"], found[0]["runner_id"]) == ("FIELD", "4")
        assert found[0]["text"] == "4 Horse 4 is not on the card any more"
        # A state stored by an earlier release has no names.
        unnamed = reasons(Statement(last.point, last.said, replace(before.said, names=[])))
        assert unnamed[0]["text"] == "runner 4 is not on the card any more"

    def test_a_scratch_and_its_way_back(self) -> None:
        out, back = ("Scratch", scratch("3", 15)), ("Scratch", scratch("3", 25, "REINSTATED"))
        assert named(why(CARD, PRICES, out))[0] == ("SCRATCH", "3")
        found = why(CARD, PRICES, out, back)
        assert named(found)[0] == ("RE_ENTRY", "3")
        assert found[0]["text"] == "3 Horse 3 back in"

    def test_stage_before_runners_before_prices(self) -> None:
        first = statements(CARD, PRICES)[-1]
        last = statements(
            CARD, PRICES, ("Scratch", scratch("1", 15)), ("RaceStatus", status("SUSPENDED", 16))
        )
        found = reasons(Statement(last[-1].point, last[-1].said, first.said))
        assert named(found) == [
            ("STATUS", None), ("SCRATCH", "1"), ("PRICE", "2"), ("PRICE", "3"), ("PRICE", "4"),
        ]  # fmt: skip

    def test_movers_are_the_three_that_moved_most_the_largest_first(self) -> None:
        found = why(
            CARD, PRICES, ("OddsUpdate", odds([price("1", 4.0), price("3", 3.0), price("4", 9.0)], 20))
        )
        moves = [abs((r["after"] or 0) - (r["before"] or 0)) for r in found]
        assert {r["kind"] for r in found} == {"PRICE"}
        assert len(found) == 3
        assert moves == sorted(moves, reverse=True)
        assert found[0]["runner_id"] == "1"

    def test_a_mover_is_told_with_prices_and_chances(self) -> None:
        first, last = statements(CARD, PRICES, ("OddsUpdate", odds([price("1", 4.0)], 20)))[-2:]
        mover = reasons(last)[0]
        assert (mover["before"], mover["after"]) == (first.said.win[0], last.said.win[0])
        text = f"1 Horse 1 2.00 to 4.00: {first.said.win[0]:.1%} to {last.said.win[0]:.1%}"
        assert mover["text"] == text

    def test_where_nobody_moved_by_half_a_point_the_largest_mover_is_named_with_its_price(self) -> None:
        (mover,) = why(CARD, PRICES, ("OddsUpdate", odds([price("3", 6.1)], 20)))
        assert abs((mover["after"] or 0) - (mover["before"] or 0)) < 0.005
        assert (mover["kind"], mover["runner_id"]) == ("PRICE", "3")
        assert mover["text"].startswith("3 Horse 3 6.00 to 6.10: ")

    def test_a_move_is_told_with_as_many_digits_as_it_takes(self) -> None:
        (mover,) = why(CARD, PRICES, ("OddsUpdate", odds([price("4", 12.001)], 20)))
        was, _, now = mover["text"].rpartition(": ")[2].partition(" to ")
        assert was != now

    def test_a_small_move_beside_a_cause_that_is_told_is_not_named(self) -> None:
        out = ("RaceStatus", status("SUSPENDED", 20))
        found = why(CARD, PRICES, out)
        assert [r["text"] for r in found] == ["suspended"]

    def test_another_offer_at_the_same_chances_is_told_with_the_price(self) -> None:
        def offers(seconds: float, *prices: tuple[str, float]) -> Named:
            rows = [price(who, at) for who, at in prices]
            return "OddsUpdate", odds(rows, seconds, market_id="fixed", pool="FIXED")

        opening = (CARD, PRICES, offers(12, ("4", 13.0)))
        (found,) = why(*opening, offers(14, ("4", 15.0)))
        assert (found["kind"], found["runner_id"]) == ("PRICE", "4")
        assert found["text"] == "best price of 4 Horse 4 13.00 to 15.00"
        found_all = why(*opening, offers(14, ("1", 2.5), ("2", 9.0), ("3", 8.0), ("4", 14.0)))
        assert [reason["runner_id"] for reason in found_all] == ["2", "3", "1"]
        (worse,) = why(*opening, offers(14, ("4", 15.0)), offers(16, ("4", 3.0)))
        assert worse["text"] == "best price of 4 Horse 4 15.00 to 11.88"
        assert len(statements(*opening, offers(14, ("4", 3.0)), offers(16, ("4", 2.0)))) == 4

    def test_a_projected_price_is_told_where_it_moves_comes_or_goes(self) -> None:
        def near(seconds: float, at: float | None) -> Named:
            return "OddsUpdate", odds([price("4", 12.0, near_starting_price=at)], seconds)

        events = (CARD, PRICES, near(12, 11.0), near(13, 10.5), near(14, None))
        assert [[r["text"] for r in reasons(each)] for each in statements(*events)[2:]] == [
            ["4 Horse 4 first projected to close at 11.00"],
            ["projected close of 4 Horse 4 11.00 to 10.50"],
            ["4 Horse 4 no longer projected to close, was 10.50"],
        ]

    def test_a_chance_that_moves_by_another_s_price_says_by_whose(self) -> None:
        before, now = statements(CARD, PRICES, ("OddsUpdate", odds([price("3", 6.1)], 20)))[-2:]
        win = [*now.said.win[:2], before.said.win[2], now.said.win[3]]
        found = reasons(Statement(now.point, replace(now.said, win=win), before.said))
        assert len(found) == 1
        assert found[0]["text"].endswith(", by the price of 3 Horse 3, 6.00 to 6.10")

    def test_where_places_alone_change_they_are_told(self) -> None:
        found = why(CARD, PRICES, ("RaceCard", card(FIELD, 20, places_paid=2)))
        assert [(r["kind"], r["text"]) for r in found] == [("FIELD", "2 places paid")]

    def test_a_runner_is_called_by_what_is_known_of_it(self) -> None:
        entries = [
            entry("a", program_number="7"), entry("b", program_number=None),
            entry("c", horse_name=None), entry("d", program_number=None, horse_name=None),
        ]  # fmt: skip
        view = statements(("RaceCard", card(entries)))[0].point.view
        assert [label(view, at) for at in range(4)] == ["7 Horse a", "Horse b", "c", "runner d"]


class TestIds:
    def test_race_models_and_events_are_all_that_names_a_prediction(self) -> None:
        one = said(CARD, PRICES)
        id = prediction_id(RACE, one)
        other = replace(
            one, win=[], place=[], stage="OFF", statuses=[], runner_ids=[], price=b"", movement=b"",
            overround=9.0, confidence=0.0, why=["x"], columns=(),
        )  # fmt: skip
        assert prediction_id(RACE, other) == id
        assert prediction_id("BEL-20230715-02", one) != id
        assert prediction_id(RACE, replace(one, models="market=other")) != id
        assert prediction_id(RACE, replace(one, digest=bytes(16))) != id

    def test_models_are_named_with_their_versions(self) -> None:
        models = default_scorer()
        assert model_versions(said(CARD).models) == {models.win.name: models.win.version}
        assert model_versions("market=a=b,form=2") == {"market": "a=b", "form": "2"}

    def test_the_order_of_card_and_prices_is_not_in_the_name(self) -> None:
        assert prediction_id(RACE, said(CARD, PRICES)) == prediction_id(RACE, said(PRICES, CARD))


class TestRecord:
    def test_it_fits_its_schema_and_comes_back(self) -> None:
        events = [CARD, PRICES, ("Scratch", scratch("1", 15)), ("RaceStatus", status("ABANDONED", 20))]
        for statement in statements(*events):
            record = prediction(statement)
            assert default_codec().decode(default_codec().encode("Prediction", record)) == (
                "Prediction",
                record,
            )

    def test_what_is_not_known_is_none(self) -> None:
        record = prediction(statements(CARD, ("OddsUpdate", odds([price("1", 2.0)], 10)))[-1])
        priced, unpriced = record["runners"][0], record["runners"][1]
        assert priced["price"] == pytest.approx(2.0, rel=0.02)
        assert (unpriced["price"], unpriced["trend"]) == (None, "STEADY")
        assert unpriced["fair_odds"] == 1.0 / (unpriced["win_probability"] or 0)

    def test_a_race_that_is_not_scored_has_no_figures(self) -> None:
        record = prediction(statements(CARD, PRICES, ("RaceStatus", status("ABANDONED", 20)))[-1])
        assert (record["overround"], record["confidence"]) == (None, None)
        for runner in record["runners"]:
            figures = (
                runner["win_probability"],
                runner["place_probability"],
                runner["fair_odds"],
                runner["price"],
            )
            assert figures == (None,) * 4

    def test_lineage_says_where_the_events_lay(self) -> None:
        record = prediction(statements(CARD, PRICES, ("Scratch", scratch("1", 15)))[-1])
        assert [(at["topic"], at["first_offset"], at["last_offset"]) for at in record["lineage"]] == [
            ("racing.cards", 0, 0), ("racing.odds", 1, 1), ("racing.scratches", 2, 2),
        ]  # fmt: skip

    def test_the_reasons_are_kept_for_the_view(self) -> None:
        statement = statements(CARD, PRICES, ("RaceStatus", status("SUSPENDED", 20)))[-1]
        prediction(statement)
        assert statement.said.why == ["suspended"]


def standing(race: Race) -> Said:
    """What a race says as it stands now, whether that is news or not."""
    point, scorer = capture(race), default_scorer()
    model = scorer.model_of(point.view)
    return said_at(point, scorer.score([point])[0], f"{model.name}={model.version}")


def last_words(events: list[Named]) -> tuple[Statement, Said]:
    """The last statement over `events`, and what the race says at their end."""
    races = Races()
    found = engine.run(records(events), races, default_scorer()).statements
    return found[-1], standing(races[RACE])


@settings(max_examples=60, deadline=None)
@given(deliveries())
def test_law_1_order_across_streams_repeats_and_delays_change_no_last_word(
    two: tuple[list[Named], list[Named]],
) -> None:
    (one, one_now), (other, other_now) = last_words(two[0]), last_words(two[1])
    assert one.said.win == other.said.win
    assert one.said.place == other.said.place
    assert (one.said.runner_ids, one.said.statuses, one.said.stage) == (
        other.said.runner_ids, other.said.statuses, other.said.stage,
    )  # fmt: skip
    # The last word names events and models by then; echoes after it, other in each order, are no news.
    assert prediction_id(RACE, one_now) == prediction_id(RACE, other_now)
    assert (one_now.win, one_now.place) == (one.said.win, one.said.place)
    if (one.said.digest, one.said.models) == (other.said.digest, other.said.models):
        assert prediction_id(RACE, one.said) == prediction_id(RACE, other.said)


@settings(max_examples=60, deadline=None)
@given(deliveries())
def test_whatever_changes_in_a_prediction_has_a_reason(two: tuple[list[Named], list[Named]]) -> None:
    for statement in engine.run(records(two[0]), Races(), default_scorer()).statements:
        assert all(reason["text"] for reason in reasons(statement))
        assert reasons(statement)


class Told:
    """What a race tells along the way: lines, predictions and alerts."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.predictions: list[Prediction] = []
        self.alerts: list[Alert] = []

    def work(self, events: list[Located], races: Races) -> None:
        """One run, told at its end as a worker does."""
        outcome = engine.run(events, races, default_scorer())
        self.lines += map(line_of_statement, outcome.statements)
        self.predictions += map(prediction, outcome.statements[-1:])
        self.alerts += outcome.alerts


def told(runs: list[list[Located]], *, stored: bool) -> Told:
    """Runs one after the other; `stored` is with the state written and read between them."""
    told, race = Told(), Race(RaceState(RACE))
    for run in runs:
        told.work(run, Races({RACE: race}))
        race = Race(load(dump(race.state))) if stored else race
    return told


@settings(max_examples=60, deadline=None)
@given(deliveries(), st.lists(st.integers(0, 150), max_size=4).map(sorted))
def test_a_race_cut_anywhere_and_loaded_again_tells_the_same(
    two: tuple[list[Named], list[Named]], cuts: list[int]
) -> None:
    events = records(two[0])
    bounds = [0, *cuts, len(events)]
    runs = [events[start:end] for start, end in pairwise(bounds)]
    kept, cut, whole = told(runs, stored=False), told(runs, stored=True), told([events], stored=False)
    assert cut.predictions == kept.predictions
    assert cut.lines == kept.lines == whole.lines
    assert cut.alerts == kept.alerts == whole.alerts
