"""Alert rules: facts fire once, signals once an episode, and the same happening has the same id."""

from dataclasses import replace
from typing import Any

import numpy as np

from models.registry import Registry
from schemas.records import Alert, Event
from streams import engine
from streams.alerts import step_signals
from streams.explanation import verdict_in
from streams.replay import Races, located
from streams.scoring import default_scorer
from tests.streams.events import card, entry, odds, price, scratch
from tests.streams.test_beliefs import BEST, opened

Named = tuple[str, Event]
FIELD = [entry("1"), entry("2"), entry("3")]
MINUTE = 60


def alerts(*events: Named) -> list[Alert]:
    return engine.run(located(events), Races(), default_scorer()).alerts


def kinds(*events: Named) -> list[tuple[str, str | None, int]]:
    return [(alert["kind"], alert["runner_id"], alert["episode"]) for alert in alerts(*events)]


def prices(seconds: float, one: float, two: float = 3.0, three: float = 4.0) -> Named:
    return "OddsUpdate", odds([price("1", one), price("2", two), price("3", three)], seconds)


OPENING: list[Named] = [("RaceCard", card(FIELD)), prices(1, 2.5)]


class TestFacts:
    def test_a_scratch_and_a_re_entry(self) -> None:
        out, back = ("Scratch", scratch("2", 5)), ("Scratch", scratch("2", 9, "REINSTATED"))
        assert kinds(*OPENING, out, back) == [("SCRATCH", "2", 0), ("RE_ENTRY", "2", 0)]

    def test_two_sources_make_one_alert(self) -> None:
        theirs = ("RaceCard", card(FIELD, 2, source="equibase"))
        again = ("Scratch", scratch("2", 6, source="equibase"))
        assert kinds(*OPENING, theirs, ("Scratch", scratch("2", 5)), again) == [("SCRATCH", "2", 0)]

    def test_a_scratch_before_its_card_is_told_with_the_card(self) -> None:
        assert kinds(("Scratch", scratch("2", 5)), ("RaceCard", card(FIELD, 7))) == [("SCRATCH", "2", 0)]

    def test_the_id_follows_from_the_event(self) -> None:
        out: Named = ("Scratch", scratch("2", 5))
        one, other = alerts(*OPENING, out), alerts(OPENING[0], out)
        assert one[0]["event_id"] == other[0]["event_id"]
        assert one[0]["headline"] == "2 Horse 2 scratched, reduction 7.5 %"


class TestSignals:
    def test_steam_fires_once_until_it_has_cooled(self) -> None:
        steaming = [prices(6 * MINUTE, 2.2), prices(6 * MINUTE + 5, 2.2), prices(6 * MINUTE + 9, 2.21)]
        assert kinds(*OPENING, *steaming) == [("STEAM", "1", 1)]

    def test_a_second_episode_has_another_id(self) -> None:
        cooled, again = prices(6 * MINUTE + 5, 2.49), prices(6 * MINUTE + 9, 2.2)
        found = alerts(*OPENING, prices(6 * MINUTE, 2.2), cooled, again)
        assert [(a["kind"], a["episode"]) for a in found] == [("STEAM", 1), ("STEAM", 2)]
        assert found[0]["event_id"] != found[1]["event_id"]

    def test_drift(self) -> None:
        assert kinds(*OPENING, prices(6 * MINUTE, 2.5, three=5.0)) == [("DRIFT", "3", 1)]

    def test_thin_trade_is_no_signal(self) -> None:
        thin = odds([price("1", 2.0, traded=20.0)], 6 * MINUTE)
        assert kinds(*OPENING, ("OddsUpdate", thin)) == []

    def test_a_new_favourite_has_to_lead_clearly(self) -> None:
        level, ahead = prices(9, 3.0, 2.99), prices(12, 3.6, 2.5)
        assert kinds(*OPENING, level) == []
        assert ("NEW_FAVOURITE", "2", 1) in kinds(*OPENING, level, ahead)

    def test_value_where_a_pool_pays_more_than_the_exchange_says_is_fair(self) -> None:
        pool = odds([price("1", 2.4), price("2", 3.6), price("3", 3.0)], 9, market_id="tote", pool="TOTE")
        assert kinds(*OPENING, ("OddsUpdate", pool)) == [("VALUE", "2", 1)]

    def test_a_market_on_the_places_offers_no_value_to_win(self, tmp_path: Any) -> None:
        prices = [price("1", 3.5), *(price(str(n), 1.4) for n in (2, 3, 4))]
        places = odds(prices, 5, market_id="place", market_type="PLACE", places=2)
        scorer = default_scorer(Registry(tmp_path))
        outcome = engine.run(located([*opened(BEST), ("OddsUpdate", places)]), Races(), scorer)
        point = outcome.statements[-1].point
        (scored,) = scorer.score([point])
        assert scored is not None
        assert verdict_in(point.view).label
        sure = replace(scored.scores, win=np.array([[0.9, 0.05, 0.03, 0.02]]))
        assert "VALUE" not in [alert["kind"] for _, alert in step_signals([point], sure, [0])]

    def test_a_book_that_has_not_taken_in_a_scratch_offers_no_value(self) -> None:
        assert kinds(*OPENING, ("Scratch", scratch("2", 5))) == [("SCRATCH", "2", 0)]

    def test_nothing_fires_after_the_off(self) -> None:
        running = odds([price("1", 1.1)], 6 * MINUTE, in_play=True)
        assert kinds(*OPENING, ("OddsUpdate", running)) == []
