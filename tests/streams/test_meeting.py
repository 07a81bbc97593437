"""What a day teaches reaches its later races as events: chances, words and confidence, replayed as told."""

from pathlib import Path
from typing import Any, cast

import pytest

from models.online import DOUBTED, Meeting
from models.registry import Registry
from models.trial import Trial
from schemas.identity import uuid_of
from schemas.records import Event, RaceForm
from streams import engine
from streams.form import FormState, fold
from streams.lines import line_of_statement
from streams.meeting import COLUMNS, MEETING
from streams.replay import Races, located, replay
from streams.scoring import default_scorer
from tests.streams.events import RACE, card, entry, form, result
from tests.streams.test_beliefs import BEST, PRICES, opened, predicted
from tests.streams.test_form import asked

Named = tuple[str, Event]
FIELD = [entry(str(n), horse_id=f"h{n}", post_position=n) for n in range(1, 9)]
ODDS = dict(zip("12345678", (2.5, 4.0, 6.0, 9.0, 12.0, 16.0, 25.0, 40.0), strict=True))
KEY = "BEL|DIRT"


def shown_to_help() -> Trial:
    trial = Trial()
    for _ in range(100):
        trial = trial.after(2.0, 1.6)
    return trial


def raced(number: int) -> list[Named]:
    """An earlier race of the day, won from the outside against the odds."""
    race_id = f"BEL-20230715-{number + 1:02d}"
    order = [str(9 - n) for n in range(1, 9)]
    made = result({id: at for at, id in enumerate(order, 1)}, 100 + number, race_id=race_id)
    for finisher in made["finishers"]:
        finisher["starting_price"] = ODDS[finisher["runner_id"]]
    made["event_id"] = uuid_of(f"result:{race_id}")
    shown = card(FIELD, number, race_id=race_id, surface="DIRT", event_id=uuid_of(race_id))
    return [("RaceCard", shown), ("Result", made)]


def learnt(state: FormState, races: int) -> list[RaceForm]:
    """What the first race of the day, still to come, is told as others are learnt."""
    events = [("RaceCard", card(FIELD, 50, surface="DIRT")), asked(50)]
    for number in range(1, races + 1):
        events += raced(number)
    answers = [answer for name, event in events for answer in fold(state, name, event)]
    return [answer for answer in answers if answer["race_id"] == RACE and answer["feature_set"] == MEETING]


class TestTheFormWorker:
    def test_tells_later_races_of_the_meeting_after_each_result(self) -> None:
        told = learnt(FormState(), 4)
        assert [form["runners"][0]["values"][COLUMNS.index("races")] for form in told] == [1, 2, 3, 4]
        biases: list[Any] = [form["runners"][0]["values"][COLUMNS.index("draw bias")] for form in told]
        assert 0.0 < biases[0] < biases[-1]
        assert len({form["event_id"] for form in told}) == len(told)

    def test_says_whom_a_bias_beyond_doubt_concerns_and_moves_nothing_before_it_helps(self) -> None:
        last = learnt(FormState(), 12)[-1]
        low, *_, high = last["runners"]
        assert high["annotations"][0]["text"] == (
            "High draws have run above their prices here today (12 races): it is drawn high."
        )
        assert low["annotations"][0]["severity"] < 0.0 < high["annotations"][0]["severity"]
        assert {runner["values"][0] for runner in last["runners"]} == {0.0}

    def test_leans_where_that_has_been_shown_to_help(self) -> None:
        state = FormState()
        state.online.meetings[KEY] = Meeting(trial=shown_to_help())
        leans: list[Any] = [runner["values"][0] for runner in learnt(state, 4)[-1]["runners"]]
        assert leans == sorted(leans)
        assert leans[0] < 0.0 < leans[-1]


def told(leans: dict[str, float], seconds: float, trust: float = 1.0) -> Named:
    rows: dict[str, list[float | None]] = {
        id: [lean, trust, 0.4, 0.1, 0.0, 0.3, 4.0] for id, lean in leans.items()
    }
    return "RaceForm", form(rows, seconds, feature_set=MEETING, columns=list(COLUMNS))


class TestTheRace:
    def test_adds_what_it_was_told_to_the_log_odds_and_says_so(self, tmp_path: Path) -> None:
        before, after = predicted(tmp_path, *opened(BEST), PRICES, told({"1": -0.2, "4": 0.2}, 20))[-2:]
        was, now = ([cast(float, r["win_probability"]) for r in each["runners"]] for each in (before, after))
        assert (now[3] / now[0]) / (was[3] / was[0]) == pytest.approx(1.4918, abs=1e-4)
        assert sum(now) == pytest.approx(1.0, abs=1e-9)
        assert [r["fundamental_probability"] for r in after["runners"]] == [
            r["fundamental_probability"] for r in before["runners"]
        ]
        assert after["why"][0]["text"] == "today's races here favour high draws and front runners"

    def test_trusts_itself_less_where_prices_have_not_held(self, tmp_path: Path) -> None:
        before, after = predicted(tmp_path, *opened(BEST), PRICES, told({"1": 0.0}, 10.001, DOUBTED))[-2:]
        expected = DOUBTED * cast(float, before["confidence"])
        assert after["confidence"] == pytest.approx(expected, rel=1e-3)
        assert after["basis"] == "MARKET_AND_FORM; results here today are not what prices said"

    def test_raises_an_alert_once_when_prices_are_found_not_to_hold(self, tmp_path: Path) -> None:
        doubts = [told({"1": 0.0}, seconds, trust) for seconds, trust in ((11, 1.0), (20, 0.7), (30, 0.7))]
        events = [*opened(BEST), PRICES, *doubts]
        alerts = engine.run(located(events), Races(), default_scorer(Registry(tmp_path))).alerts
        (doubt,) = [alert for alert in alerts if alert["kind"] == "CONFIDENCE"]
        assert doubt["headline"] == (
            "Results at this meeting are not what prices said: confidence is 70 % of what it was"
        )

    def test_replayed_from_what_was_recorded_it_says_the_same_bytes(self, tmp_path: Path) -> None:
        events = [*opened(BEST), PRICES, told({"1": -0.2, "4": 0.2}, 20, DOUBTED)]
        scorer = default_scorer(Registry(tmp_path))
        lines = [line_of_statement(s) for s in engine.run(located(events), Races(), scorer).statements]
        assert [published.line for published in replay(events, 1, scorer)] == lines
