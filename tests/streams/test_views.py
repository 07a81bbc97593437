"""The race as readers see it: fits its schema at every step, its parts in the order of its runners."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from feeds import simulator
from schemas.codec import default_codec
from schemas.records import Event, RaceBars, RaceView, RunnerView
from streams import engine
from streams.book import settle
from streams.race import Race
from streams.replay import Races, located
from streams.scoring import default_scorer
from streams.statements import prediction
from streams.views import SHOWN_BARS, last_minute, race_bars, race_view
from tests.streams.events import OFF, RACE, card, entry, going, odds, price, result, scratch, status

Named = tuple[str, Event]
FIELD = [entry("1"), entry("2"), entry("3")]
CARD: Named = ("RaceCard", card(FIELD, race_name="Maiden", distance_furlongs=6.0, surface="DIRT"))
PRICES: Named = ("OddsUpdate", odds([price("3", 5.0), price("1", 2.0), price("2", 4.0)], 10))


def raced(*events: Named) -> Race:
    """The race after a worker has published what it said."""
    races = Races()
    for statement in engine.run(located(events), races, default_scorer()).statements:
        prediction(statement)
    return races[RACE]


def seen(*events: Named) -> RaceView:
    """The view of it then."""
    return race_view(raced(*events))


def charted(*events: Named) -> RaceBars:
    """The bars of it then."""
    return race_bars(raced(*events))


def runner(view: RaceView, runner_id: str) -> RunnerView:
    return next(shown for shown in view["runners"] if shown["runner_id"] == runner_id)


class TestEveryStep:
    @pytest.fixture(scope="class", params=[5, 12])
    @staticmethod
    def views(request: pytest.FixtureRequest) -> list[RaceView]:
        """Views after every event of three races of a simulated day."""
        day = replace(simulator.demo(request.param, datetime(2026, 3, 1, 12, tzinfo=UTC)), races=3)
        races, found = Races(), []
        for record in located(simulator.events(day)):
            engine.run([record], races, default_scorer())
            found.append(race_view(races[record.event["race_id"]]))
        return found

    def test_it_fits_its_schema_and_comes_back(self, views: list[RaceView]) -> None:
        for view in views:
            name, record = default_codec().decode(default_codec().encode("RaceView", view))
            assert (name, record) == ("RaceView", view)

    def test_chances_of_those_in_the_race_sum_to_one(self, views: list[RaceView]) -> None:
        for view in views:
            chances = [r["win_probability"] for r in view["runners"] if r["win_probability"] is not None]
            assert not chances or sum(chances) == pytest.approx(1, abs=1e-9)
            assert all(r["win_probability"] is None for r in view["runners"] if r["status"] != "ACTIVE")

    def test_each_step_is_another_revision_under_another_id(self, views: list[RaceView]) -> None:
        named = {(view["race_id"], view["revision"]) for view in views}
        assert len(named) == len({view["event_id"] for view in views}) == len(views)


class TestRace:
    def test_before_its_card_a_race_has_a_track_and_no_runners(self) -> None:
        view = seen(PRICES)
        assert (view["track_code"], view["runners"], view["race_name"]) == ("BEL", [], None)
        assert view["overround"] is None

    def test_its_card_conditions_and_stage(self) -> None:
        view = seen(
            CARD, PRICES, ("Conditions", going("SLOPPY", 20)), ("RaceStatus", status("SUSPENDED", 30))
        )
        assert (view["race_name"], view["distance_furlongs"], view["surface"]) == ("Maiden", 6.0, "DIRT")
        assert (view["track_condition"], view["status"], view["scheduled_off"]) == (
            "SLOPPY",
            "SUSPENDED",
            OFF,
        )

    def test_it_names_the_prediction_in_force_and_why(self) -> None:
        races = Races()
        events = [CARD, PRICES, ("RaceStatus", status("SUSPENDED", 30))]
        said = [prediction(s) for s in engine.run(located(events), races, default_scorer()).statements]
        view = race_view(races[RACE])
        assert view["prediction_id"] == said[-1]["event_id"]
        assert view["model_versions"] == said[-1]["model_versions"]
        assert (view["overround"], view["confidence"]) == (said[-1]["overround"], said[-1]["confidence"])
        assert view["why"] == ["suspended"]

    def test_an_abandoned_race_has_no_figures(self) -> None:
        view = seen(CARD, PRICES, ("RaceStatus", status("ABANDONED", 30)))
        assert (view["overround"], view["confidence"], view["status"]) == (None, None, "ABANDONED")
        assert [shown["win_probability"] for shown in view["runners"]] == [None] * 3

    def test_money_traded_is_that_of_all_runners(self) -> None:
        assert seen(CARD, PRICES)["traded"] == 15_000.0

    def test_alerts_stand_newest_first(self) -> None:
        view = seen(CARD, PRICES, ("Scratch", scratch("1", 20)), ("Scratch", scratch("2", 25)))
        scratches = [alert["runner_id"] for alert in view["alerts"] if alert["kind"] == "SCRATCH"]
        assert scratches == ["2", "1"]


class TestRunners:
    def test_prices_are_those_of_the_runner_whatever_the_order_of_the_book(self) -> None:
        view = seen(CARD, PRICES)
        assert [shown["last"] for shown in view["runners"]] == [2.0, 4.0, 5.0]
        one = runner(view, "1")
        assert (one["back"], one["back_size"], one["lay"]) == (1.98, 500.0, 2.02)
        assert one["fair_odds"] == 1.0 / (one["win_probability"] or 0)

    def test_no_price_is_none_and_not_nought(self) -> None:
        view = seen(CARD, ("OddsUpdate", odds([price("1", None, traded=None), price("2", 3.0)], 10)))
        for runner_id in ("1", "3"):
            shown = runner(view, runner_id)
            keys = ("last", "back", "back_size", "lay", "lay_size", "traded", "starting_price")
            assert {shown[key] for key in keys} == {None}  # type: ignore[literal-required]
            assert shown["win_probability"] is not None

    def test_a_scratched_runner_keeps_its_place_and_loses_its_chance(self) -> None:
        out = scratch("2", 20, reason="vet")
        shown = runner(seen(CARD, PRICES, ("Scratch", out)), "2")
        assert (shown["status"], shown["win_probability"], shown["place_probability"]) == (
            "SCRATCHED",
            None,
            None,
        )
        facts = (shown["scratch_time"], shown["reduction_factor"], shown["scratch_reason"])
        assert facts == (out["event_time"], 7.5, "vet")
        assert (shown["fair_odds"], shown["movement_1m"], shown["trend"]) == (None, None, "STEADY")

    def test_a_runner_put_back_has_no_trace_of_its_scratch(self) -> None:
        events = [CARD, PRICES, ("Scratch", scratch("2", 20)), ("Scratch", scratch("2", 30, "REINSTATED"))]
        shown = runner(seen(*events), "2")
        assert (shown["status"], shown["scratch_time"], shown["reduction_factor"]) == ("ACTIVE", None, None)
        assert shown["win_probability"] is not None

    def test_in_play_the_last_price_is_shown_and_the_chance_of_the_off_stays(self) -> None:
        running = odds([price("1", 1.2, starting_price=2.05)], 1900, in_play=True)
        before, after = seen(CARD, PRICES), seen(CARD, PRICES, ("OddsUpdate", running))
        assert (runner(after, "1")["last"], runner(after, "1")["starting_price"]) == (1.2, 2.05)
        assert runner(after, "2")["last"] == 4.0
        assert runner(after, "1")["win_probability"] == runner(before, "1")["win_probability"]

    def test_the_finish(self) -> None:
        finish = result({"2": 1, "1": 2, "3": None}, 2000)
        view = seen(CARD, PRICES, ("Result", finish))
        assert [shown["finish_position"] for shown in view["runners"]] == [2, 1, None]
        assert (view["result_state"], view["result_time"], view["winners"]) == (
            "OFFICIAL", finish["event_time"], ["2"],
        )  # fmt: skip

    def test_a_move_over_five_minutes_and_its_word(self) -> None:
        shorter = odds([price("1", 1.5), price("2", 4.0), price("3", 5.0)], 310)
        view = seen(CARD, PRICES, ("OddsUpdate", shorter))
        assert runner(view, "1")["trend"] == "STEAM"
        assert runner(view, "1")["movement_5m"] == pytest.approx(-0.25, abs=0.01)
        assert runner(view, "1")["movement_30m"] is None
        assert runner(view, "2")["trend"] == "STEADY"


class TestBars:
    def test_closing_prices_stand_in_the_order_of_the_card(self) -> None:
        bars = charted(CARD, PRICES, ("OddsUpdate", odds([price("1", 3.0)], 70)))
        assert bars["bar_times"] == [OFF // 1_000_000 - 1800]
        assert [runner["runner_id"] for runner in bars["runners"]] == ["1", "2", "3"]
        assert [runner["prices"] for runner in bars["runners"]] == [
            pytest.approx([closing], rel=0.02) for closing in (2.0, 4.0, 5.0)
        ]

    def test_a_runner_without_a_price_then_has_nought(self) -> None:
        joins = ("RaceCard", card([entry("9"), *FIELD], 60))
        bars = charted(CARD, PRICES, joins, ("OddsUpdate", odds([price("9", 8.0)], 70)))
        assert bars["runners"][0] == {"runner_id": "9", "prices": [0.0]}
        assert bars["runners"][1]["prices"] == pytest.approx([2.0], rel=0.02)

    def test_the_last_hour_is_shown(self) -> None:
        many = [("OddsUpdate", odds([price("1", 2.0)], 60 * minute)) for minute in range(SHOWN_BARS + 10)]
        bars = charted(CARD, *many)
        assert len(bars["bar_times"]) == SHOWN_BARS
        assert bars["bar_times"][-1] - bars["bar_times"][0] == 60 * (SHOWN_BARS - 1)

    def test_before_the_first_minute_has_closed_there_are_none(self) -> None:
        assert charted(CARD, PRICES)["bar_times"] == []
        assert last_minute(raced(CARD, PRICES)) is None
        assert last_minute(raced(CARD)) is None

    def test_they_fit_their_schema_but_for_single_precision(self) -> None:
        bars = charted(CARD, PRICES, ("OddsUpdate", odds([price("1", 3.0)], 70)))
        name, record = default_codec().decode(default_codec().encode("RaceBars", bars))
        for runner in bars["runners"]:
            # They are drawn, not reckoned with.
            runner["prices"] = [float(np.float32(closing)) for closing in runner["prices"]]
        assert (name, record) == ("RaceBars", bars)

    def test_looking_changes_no_price(self) -> None:
        races = Races()
        engine.run(
            located([CARD, PRICES, ("OddsUpdate", odds([price("1", 3.0)], 70))]), races, default_scorer()
        )
        book = races[RACE].state.books["betfair|win"]
        first, second = race_view(races[RACE]), race_view(races[RACE])
        settle(book.bars)
        assert first == second
