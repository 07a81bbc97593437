"""What a bet is worth: the best offer after commission, the projected close, and longshots with reasons."""

from math import isfinite
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.places import finish_within
from models.registry import Registry
from models.value import LONG_ODDS, USUAL_TAKEOUT
from schemas.records import Alert, Event, Prediction, RunnerPrediction, RunnerView
from streams import engine
from streams.replay import Races, located
from streams.scoring import default_scorer
from streams.statements import prediction
from streams.views import race_view
from streams.worth import AS_A_WHOLE
from tests.streams.events import RACE, card, entry, form, odds, pinned, price, scratch, status
from tests.streams.test_beliefs import BEST, NO_FORM, VERSION, field, opened, values

Named = tuple[str, Event]
CARD: Named = ("RaceCard", card([entry("1"), entry("2"), entry("3")]))
PRICES: Named = ("OddsUpdate", odds([price("1", 2.5, back=2.5), price("2", 3.0), price("3", 4.0)], 1))
NOTHING = (None, None, None, None)


def worked(*events: Named, library: Any = None) -> tuple[list[Prediction], list[Alert], list[RunnerView]]:
    """Predictions and alerts of some events, and the runners as they are shown then."""
    races = Races()
    outcome = engine.run(located(events), races, default_scorer(library))
    predictions = [prediction(statement) for statement in outcome.statements]
    return predictions, outcome.alerts, race_view(races[RACE])["runners"]


def last(*events: Named) -> list[RunnerPrediction]:
    return worked(*events)[0][-1]["runners"]


def shown(runner: RunnerPrediction | RunnerView) -> tuple[float | None, ...]:
    """What the prediction and the race as it is shown both say."""
    return runner["expected_value"], runner["projected_price"], runner["expected_value_at_close"]


def chance(runner: RunnerPrediction) -> float:
    win = runner["win_probability"]
    assert win is not None
    return win


class TestNow:
    def test_an_exchange_s_commission_is_taken_of_what_is_won(self) -> None:
        runner = last(CARD, PRICES)[0]
        assert runner["best_price"] == 2.5
        assert runner["expected_value"] == pytest.approx(chance(runner) * (1.0 + 1.5 * 0.95) - 1.0)

    def test_the_best_offer_is_the_one_that_returns_most_after_commission(self) -> None:
        fixed = odds([price("1", 2.45), price("2", 2.5)], 2, market_id="fixed", pool="FIXED")
        one, two, _ = last(CARD, ("OddsUpdate", fixed), PRICES)
        assert one["best_price"] == 2.45
        assert one["expected_value"] == pytest.approx(chance(one) * 2.45 - 1.0)
        assert two["best_price"] == pytest.approx(3.0 * 0.99)

    def test_a_pool_alone_pays_what_it_shows(self) -> None:
        pool = odds([price(n, p, back=None, lay=None) for n, p in (("1", 2.0), ("2", 3.0))], 1, pool="TOTE")
        one, two, unpriced = last(CARD, ("OddsUpdate", pool))
        assert (one["best_price"], two["best_price"]) == (2.0, 3.0)
        assert one["expected_value"] == pytest.approx(chance(one) * 2.0 - 1.0)
        assert (unpriced["best_price"], *shown(unpriced)) == NOTHING

    def test_coupled_runners_are_one_bet(self) -> None:
        entries = [entry("1", betting_interest="1"), entry("1A", betting_interest="1"), entry("2")]
        pool = odds([price("1", 1.7), price("2", 2.2)], 1, pool="TOTE")
        one, other, _ = last(("RaceCard", card(entries)), ("OddsUpdate", pool))
        assert one["expected_value"] == other["expected_value"]
        assert one["expected_value"] == pytest.approx(2.0 * chance(one) * 1.7 - 1.0)

    def test_nothing_is_offered_without_a_win_market_or_once_the_race_is_off(self) -> None:
        place = odds([price("1", 1.3), price("2", 1.5)], 1, market_type="PLACE", places=2)
        for events in (
            (CARD,),
            (CARD, ("OddsUpdate", place)),
            (CARD, PRICES, ("RaceStatus", status("OFF", 9))),
        ):
            predictions, _, view = worked(*events)
            assert {shown(each) for each in predictions[-1]["runners"]} == {NOTHING[1:]}
            assert {shown(each) for each in view} == {NOTHING[1:]}

    def test_a_book_that_has_not_taken_in_a_scratch_has_prices_and_no_values(self) -> None:
        out, *left = last(CARD, PRICES, ("Scratch", scratch("1", 5)))
        assert (out["best_price"], *shown(out)) == NOTHING
        assert all(each["best_price"] and each["expected_value"] is None for each in left)


class TestAtTheClose:
    def test_the_exchange_projects_its_starting_price_with_all_orders_or_with_those_at_it_alone(self) -> None:
        near = [
            price("1", 2.5, near_starting_price=2.6, far_starting_price=2.9),
            price("2", 3.0, far_starting_price=3.2),
            price("3", 4.0, near_starting_price=float("nan")),
        ]
        one, two, three = last(CARD, ("OddsUpdate", odds(near, 1)))
        assert (one["projected_price"], two["projected_price"]) == (2.6, 3.2)
        assert one["expected_value_at_close"] == pytest.approx(chance(one) * (1.0 + 1.6 * 0.95) - 1.0)
        assert shown(three)[1:] == (None, None)

    def test_a_projection_taken_back_is_one_no_more(self) -> None:
        near = odds([price("1", 2.5, near_starting_price=2.6)], 2)
        gone = odds([price("1", 2.6)], 3)
        assert last(CARD, PRICES, ("OddsUpdate", near), ("OddsUpdate", gone))[0]["projected_price"] is None
        image = odds([price("1", 2.6), price("2", 3.0), price("3", 4.0)], 3, image=True)
        assert last(CARD, PRICES, ("OddsUpdate", near), ("OddsUpdate", image))[0]["projected_price"] is None

    def test_without_one_a_pool_s_dividend_counts_which_is_after_takeout(self) -> None:
        pool = odds([price("1", 2.0), price("2", 2.6), price("3", 3.6)], 2, market_id="tote", pool="TOTE")
        one = last(CARD, ("OddsUpdate", pool), PRICES)[0]
        assert one["projected_price"] == 2.0
        assert one["expected_value_at_close"] == pytest.approx(chance(one) * 2.0 - 1.0)

    def test_a_pool_that_gave_money_back_is_shared_among_the_rest(self) -> None:
        pool = odds([price("1", 2.0), price("2", 2.6), price("3", 3.6)], 2, pool="TOTE")
        _, two, three = last(CARD, ("OddsUpdate", pool), ("Scratch", scratch("1", 5)))
        share = (1.0 / 2.6) / (1.0 / 2.6 + 1.0 / 3.6)
        assert two["projected_price"] == pytest.approx((1.0 - USUAL_TAKEOUT) / share)
        assert three["projected_price"] == pytest.approx((1.0 - USUAL_TAKEOUT) / (1.0 - share))


class TestLongshots:
    LONG: Named = (
        "OddsUpdate",
        odds([price(str(n), p) for n, p in ((1, 17.0), (2, 1.9), (3, 3.0), (4, 14.0))], 10),
    )

    def test_they_are_over_ten_to_one_and_form_likes_them_more(self, tmp_path: Any) -> None:
        predictions, _, view = worked(*opened(BEST), self.LONG, library=Registry(tmp_path))
        for runner in predictions[-1]["runners"]:
            public, now = runner["public_probability"] or 0.0, runner["price"] or 0.0
            assert (runner["longshot"] is not None) == (now >= LONG_ODDS and chance(runner) > public)
        one = predictions[-1]["runners"][0]
        largest = next(part["text"] for part in one["contributions"] if part["value"] > 0.0)
        assert one["longshot"] is not None
        assert one["longshot"].startswith(largest)
        assert [each["longshot"] for each in view] == [
            each["longshot"] for each in predictions[-1]["runners"]
        ]

    def test_what_is_known_of_the_horse_is_among_the_reasons(self, tmp_path: Any) -> None:
        note = {"kind": "TRIP", "severity": 0.5, "confidence": 0.8, "text": "Was hampered last time."}
        told = form(BEST, 2)
        told["runners"][0]["annotations"] = [note]  # type: ignore[list-item]
        events = [opened(BEST)[0], opened(BEST)[1], ("RaceForm", told), self.LONG]
        one = worked(*events, library=Registry(tmp_path))[0][-1]["runners"][0]
        assert "; Was hampered last time" in (one["longshot"] or "")

    def test_the_market_alone_has_none(self) -> None:
        assert {each["longshot"] for each in last(("RaceCard", card(field(4))), self.LONG)} == {None}

    def test_without_a_part_that_speaks_for_it_form_as_a_whole_does(self, tmp_path: Any) -> None:
        # All have the same form: no part is anyone's, and the market's favourite is held down a little.
        same = {str(n): values() for n in range(1, 5)}
        found = worked(*opened(same), self.LONG, library=Registry(tmp_path))[0][-1]["runners"]
        said = {each["longshot"] for each in found} - {None}
        assert said <= {AS_A_WHOLE}


class TestOnePath:
    def test_a_value_alert_says_the_value_of_its_runner_s_prediction(self) -> None:
        pool = odds([price("1", 2.4), price("2", 3.6), price("3", 3.0)], 9, market_id="tote", pool="TOTE")
        predictions, alerts, view = worked(CARD, PRICES, ("OddsUpdate", pool))
        (alert,) = [each for each in alerts if each["kind"] == "VALUE"]
        told = predictions[-1]["runners"]
        assert alert["value"] == view[1]["expected_value"] == told[1]["expected_value"]
        assert alert["value"] == chance(told[1]) * 3.6 - 1.0

    @pytest.mark.parametrize(
        "later",
        [
            odds([price("1", 9.0)], 9, market_id="fixed", pool="FIXED"),
            odds([price("1", None)], 9, market_id="fixed", pool="FIXED"),
            odds([price("1", 2.5, back=2.5, near_starting_price=2.7)], 9),
        ],
        ids=["better", "gone", "projected"],
    )
    def test_whatever_a_bet_is_worth_the_last_prediction_and_the_race_as_shown_agree(
        self, later: Any
    ) -> None:
        fixed = odds([price("1", 2.45)], 5, market_id="fixed", pool="FIXED")
        before = worked(CARD, PRICES, ("OddsUpdate", fixed))[0]
        predictions, _, view = worked(CARD, PRICES, ("OddsUpdate", fixed), ("OddsUpdate", later))
        assert len(predictions) == len(before) + 1
        assert predictions[-1]["changed_from"] == before[-1]["event_id"]
        assert [shown(each) for each in predictions[-1]["runners"]] == [shown(each) for each in view]

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["win", "fixed", "tote"]),
                st.sampled_from(["1", "2", "3"]),
                st.sampled_from([1.5, 2.45, 3.0, 9.0]),
                st.sampled_from([None, 2.6, 3.4]),
            ),
            max_size=12,
        )
    )
    @settings(max_examples=60, deadline=None)
    def test_so_they_do_whatever_market_moves_and_in_runs_of_any_size(
        self, moves: list[tuple[str, str, float, float | None]]
    ) -> None:
        pools = {"win": "EXCHANGE", "fixed": "FIXED", "tote": "TOTE"}
        events = [CARD, PRICES] + [
            (
                "OddsUpdate",
                odds([price(who, at, near_starting_price=near)], 2 + n, market_id=of, pool=pools[of]),
            )
            for n, (of, who, at, near) in enumerate(moves)
        ]
        whole, _, view = worked(*events)
        assert [shown(each) for each in whole[-1]["runners"]] == [shown(each) for each in view]
        races, single = Races(), []
        for event in located(events):
            outcome = engine.run([event], races, default_scorer())
            single += [prediction(statement) for statement in outcome.statements]
            last_said = single[-1]["runners"]
            assert [shown(each) for each in last_said] == [
                shown(each) for each in race_view(races[RACE])["runners"]
            ]
        for one, other in zip(single, whole, strict=True):
            assert {**one, "lineage": []} == {**other, "lineage": []}
            assert one["why"]

    def test_form_that_likes_a_runner_makes_it_value_at_the_only_market_too(self, tmp_path: Any) -> None:
        long = TestLongshots.LONG
        predictions, alerts, _ = worked(*opened(BEST), long, library=Registry(tmp_path))
        worth = {
            each["runner_id"]: each["expected_value"]
            for each in predictions[-1]["runners"]
            if (each["expected_value"] or 0.0) >= 0.05
        }
        assert worth
        assert {each["runner_id"]: each["value"] for each in alerts if each["kind"] == "VALUE"} == worth

    @given(
        st.lists(st.floats(1.01, 1000.0), min_size=3, max_size=3),
        st.lists(st.one_of(st.none(), st.floats(allow_nan=True)), min_size=3, max_size=3),
    )
    @settings(max_examples=60, deadline=None)
    def test_whatever_a_feed_writes_figures_are_numbers_or_null(
        self, prices: list[float], near: list[float | None]
    ) -> None:
        rows = [
            price(str(n), p, near_starting_price=q)
            for n, (p, q) in enumerate(zip(prices, near, strict=True), 1)
        ]
        predictions, _, view = worked(CARD, ("OddsUpdate", odds(rows, 1)))
        said = [shown(each) for each in predictions[-1]["runners"]] + [shown(each) for each in view]
        assert all(each is None or isfinite(each) for of_runner in said for each in of_runner)


def test_the_pinned_model_s_exponents_are_told_and_the_usual_ones_are_not(tmp_path: Any) -> None:
    assert worked(CARD, PRICES)[0][-1]["exponents"] == []
    told = worked(*opened(BEST), ("ModelPinned", pinned(VERSION, 1)), library=Registry(tmp_path))[0][-1]
    assert told["exponents"][:1] == [1.0]
    assert len(told["exponents"]) == 8


def test_where_the_fixed_exponents_make_the_places_none_are_told(tmp_path: Any) -> None:
    rows = [price(str(n), p) for n, p in ((1, 1.3), (2, 1.6), (3, 2.4), (4, 5.0))]
    place = odds(rows, 10, market_id="place", market_type="PLACE", places=2)
    win: Named = (
        "OddsUpdate",
        odds([price(str(n), p) for n, p in ((1, 2.0), (2, 4.0), (3, 5.0), (4, 9.0))], 10),
    )
    unknown = {str(n): NO_FORM for n in range(1, 5)}
    for events in ([*opened(BEST), ("OddsUpdate", place)], [*opened(unknown), win]):
        predictions, _, _ = worked(*events, library=Registry(tmp_path))
        said = predictions[-1]
        assert said["exponents"] == []
        chances = np.array([chance(each) for each in said["runners"]])
        fixed = finish_within(chances[None], said["places_paid"])[0]
        assert [each["place_probability"] for each in said["runners"]] == pytest.approx(fixed.tolist())
