"""What a day teaches reaches its later races as events: chances, words and confidence, replayed as told."""

from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from models.clock import FEWEST_DAYS, Clock
from models.online import DOUBTED, Meeting
from models.registry import Registry
from models.trial import Trial
from schemas.defaults import defaults
from schemas.identity import uuid_of
from schemas.records import Event, FormLine, Prediction, RaceForm
from streams import engine
from streams.explanation import figures_of_form
from streams.form import FormState, fold
from streams.form_history import learn
from streams.lines import line_of_statement
from streams.meeting import COLUMNS, MEETING
from streams.race import Race
from streams.replay import Races, located, replay
from streams.scoring import default_scorer
from streams.state import RaceState
from tests.streams.events import RACE, card, entry, form, going, odds, price, result
from tests.streams.test_beliefs import BEST, PRICES, opened, predicted
from tests.streams.test_form import asked, run_of

Named = tuple[str, Event]
FIELD = [entry(str(n), horse_id=f"h{n}", post_position=n) for n in range(1, 9)]
ODDS = dict(zip("12345678", (2.5, 4.0, 6.0, 9.0, 12.0, 16.0, 25.0, 40.0), strict=True))
KEY = "BEL|DIRT"
DAY = date(2023, 7, 15).toordinal()
BET: Named = ("OddsUpdate", odds([price("1", 2.5)], 40))


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

    def test_says_of_each_runner_what_the_going_as_it_rides_makes_of_it(self) -> None:
        runs = [
            run_of(f"h{n}", f"2023-0{month}-01", -900_000 + 10 * n + month, **ran(n, month))
            for n in range(1, 9)
            for month in range(1, 7)
        ]
        state = FormState()
        for name, event in runs:
            fold(state, name, event)
        dry, *_, wet = learnt(state, 12)[-1]["runners"]
        going = COLUMNS.index("going bias")
        assert cast(float, wet["values"][going]) > 2.0 * cast(float, wet["values"][going + 1]) > 0.0
        (of_wet,) = [note for note in wet["annotations"] if note["kind"] == "GOING"]
        (of_dry,) = [note for note in dry["annotations"] if note["kind"] == "GOING"]
        favoured = "Lovers of wet going have run above their prices here today (12 races)"
        assert of_wet["text"] == f"{favoured}: it is better on wet going."
        assert of_dry["severity"] < 0.0 < of_wet["severity"]

    def test_says_how_fast_the_track_rides_where_that_is_known(self) -> None:
        told = learnt(FormState(), 1)[-1]["runners"][0]["values"]
        assert told[COLUMNS.index("speed") :] == [None, None, None, None, 0.0]
        state = FormState()
        state.clocks[f"{KEY}|"] = clock = Clock()
        for day in range(-FEWEST_DAYS, 0):
            clock.learn(DAY + day, 0.4 * (-1) ** day, 0.1)
        for speed in (-2.0, -2.2):
            clock.learn(DAY, speed, 0.1)
        values = cast("list[float]", learnt(state, 1)[-1]["runners"][0]["values"])
        today = dict(zip(COLUMNS, values, strict=True))
        assert today["speed"] < -2.0 * today["speed doubt"] < 0.0
        assert today["usual speed"] == pytest.approx(0.0)
        assert today["surprise"] < -2.0
        assert today["timed"] == 2.0

    def test_learns_how_fast_it_rides_from_the_results_of_days_after_the_first(self) -> None:
        days = [f"2023-07-{day:02d}" for day in range(1, 4)]
        state = learn(event for at, day in enumerate(days) for event in timed(day, at, 0.5 * at))
        assert set(state.clocks) == {f"{KEY}|"}
        times = state.clocks[f"{KEY}|"].told(date(2023, 7, 3).toordinal())
        assert times is not None
        assert times.races == 1
        assert times.speed < -0.2


def timed(day: str, at: int, slower: float) -> list[Named]:
    """A race of another day with its times, so many % slower."""
    race_id, seconds = f"BEL-{day.replace('-', '')}-01", (at - 20) * 86_400
    order = [str(n) for n in range(1, 9)]
    made = result({id: n for n, id in enumerate(order, 1)}, seconds + 3_600, race_id=race_id)
    for n, finisher in enumerate(made["finishers"]):
        finisher["official_finish_time_seconds"] = 70.0 * (1.0 + slower / 100.0 + 0.001 * n)
    shown = card(FIELD, seconds, race_id=race_id, race_date=day, surface="DIRT", distance_furlongs=6.0)
    return [("RaceCard", shown), ("Result", made)]


def ran(horse: int, month: int) -> dict[str, Any]:
    """A past run: horses of high numbers are better on the wet, those of low ones on the dry."""
    wet = month % 2 == 0
    suited = (horse - 4.5) * (1 if wet else -1)
    return {
        "surface": "DIRT", "track_condition": "MUDDY" if wet else "FAST", "finish_position": 4,
        "lengths_behind_winner": 8.0 - 2.0 * suited, "starting_price": 8.0,
    }  # fmt: skip


def told(leans: dict[str, float], seconds: float, trust: float = 1.0, **values: float) -> Named:
    shared = {"trust": trust, "draw bias": 0.4, "draw doubt": 0.1, "early doubt": 0.3, "races": 4.0, **values}
    rows: dict[str, list[float | None]] = {
        id: [{"lean": lean, **shared}.get(name, 0.0) for name in COLUMNS] for id, lean in leans.items()
    }
    return "RaceForm", form(rows, seconds, feature_set=MEETING, columns=list(COLUMNS))


def told_before(leans: dict[str, float], seconds: float) -> Named:
    """The event as it was recorded before the going was learnt."""
    rows: dict[str, list[float | None]] = {
        id: [lean, DOUBTED, 0.4, 0.1, -0.2, 0.3, 4.0] for id, lean in leans.items()
    }
    columns = ["lean", "trust", "draw bias", "draw doubt", "early bias", "early doubt", "races"]
    return "RaceForm", form(rows, seconds, feature_set="meeting-1", columns=columns)


def chances(prediction: Prediction) -> list[float]:
    return [cast(float, runner["win_probability"]) for runner in prediction["runners"]]


def reasons(predictions: list[Prediction]) -> list[tuple[str, str]]:
    return [(why["kind"], why["text"]) for prediction in predictions for why in prediction["why"]]


class TestTheRace:
    def test_adds_what_it_was_told_to_the_log_odds_and_says_so(self, tmp_path: Path) -> None:
        before, after = predicted(tmp_path, *opened(BEST), PRICES, told({"1": -0.2, "4": 0.2}, 20))[-2:]
        was, now = ([cast(float, r["win_probability"]) for r in each["runners"]] for each in (before, after))
        assert (now[3] / now[0]) / (was[3] / was[0]) == pytest.approx(1.4918, abs=1e-4)
        assert sum(now) == pytest.approx(1.0, abs=1e-9)
        assert [r["fundamental_probability"] for r in after["runners"]] == [
            r["fundamental_probability"] for r in before["runners"]
        ]
        assert after["why"][0]["text"] == "today's races here favour high draws"

    @pytest.mark.parametrize(
        ("early", "going", "words"),
        [
            (-0.1, 0.0, "high draws and front runners"),
            (0.1, -0.2, "high draws, horses from behind and lovers of dry going"),
            (0.0, 0.3, "high draws and lovers of wet going"),
        ],
    )
    def test_names_the_sides_that_the_day_favours(
        self, tmp_path: Path, early: float, going: float, words: str
    ) -> None:
        day = told({"1": -0.2, "4": 0.2}, 20, **{"early bias": early, "going bias": going})
        after = predicted(tmp_path, *opened(BEST), PRICES, day)[-1]
        assert after["why"][0]["text"] == f"today's races here favour {words}"

    def test_reads_what_was_recorded_before_the_going_was_learnt(self, tmp_path: Path) -> None:
        """Archives hold such events."""
        leans = {"1": -0.2, "4": 0.2}
        before, old = predicted(tmp_path, *opened(BEST), PRICES, told_before(leans, 20))[-2:]
        new = predicted(tmp_path, *opened(BEST), PRICES, told(leans, 20, DOUBTED))[-1]
        assert chances(old) == chances(new) != chances(before)
        assert old["confidence"] == new["confidence"]
        assert ("FORM", "today's races here favour high draws and front runners") in reasons([old])

    @pytest.mark.parametrize("last", ["old", "new"])
    def test_of_events_of_two_releases_the_later_counts(self, tmp_path: Path, last: str) -> None:
        old, new = {"1": -0.2, "4": 0.2}, {"1": -0.4, "4": 0.4}
        first = (
            [told(new, 20), told_before(old, 30)] if last == "old" else [told_before(old, 20), told(new, 30)]
        )
        both = predicted(tmp_path, *opened(BEST), PRICES, *first)[-1]
        alone = predicted(tmp_path, *opened(BEST), PRICES, first[-1])[-1]
        assert chances(both) == chances(alone)

    @pytest.mark.parametrize("day", ["old", "new"])
    def test_what_the_day_teaches_hides_no_placings_of_form(self, day: str) -> None:
        race, shown = Race(RaceState(RACE)), form({"1": [0.0]}, 2, columns=["runs"])
        shown["runners"][0]["lines"] = [{**defaults(FormLine), "finish_position": 3}]
        later = told_before({"1": 0.2}, 20) if day == "old" else told({"1": 0.2}, 20)
        events: list[Named] = [("RaceCard", card(FIELD)), ("RaceForm", shown), later]
        for name, event in events:
            race.fold(name, event)
        assert figures_of_form(race.view) == {"1": "3"}

    def test_tells_once_that_times_are_unusual_on_the_going_as_stated(self, tmp_path: Path) -> None:
        slow = {"speed": -1.1, "usual speed": 0.1, "surprise": -2.4, "timed": 4.0}
        events = [told({"1": 0.0}, seconds, **slow) for seconds in (20, 30)]
        good = ("Conditions", going("GOOD", 3))
        said = reasons(predicted(tmp_path, *opened(BEST), good, PRICES, *events, BET))
        words = "times today are 1.2 % slower than usual for GOOD going here: 4 races"
        assert said.count(("GOING", words)) == 1

    @pytest.mark.parametrize(
        "day",
        [{"surprise": -1.9, "timed": 4.0}, {"surprise": 3.0, "timed": 1.0}, {"timed": 4.0}],
        ids=["within two deviations", "one race", "nothing usual yet"],
    )
    def test_tells_nothing_of_times_that_are_not(self, tmp_path: Path, day: dict[str, float]) -> None:
        good = ("Conditions", going("GOOD", 3))
        said = reasons(predicted(tmp_path, *opened(BEST), good, PRICES, told({"1": 0.0}, 20, **day), BET))
        assert not [text for _, text in said if text.startswith("times")]

    def test_tells_nothing_of_times_held_against_a_going_that_has_changed_since(self, tmp_path: Path) -> None:
        slow = {"speed": -1.1, "usual speed": 0.1, "surprise": -2.4, "timed": 4.0}
        soft = ("Conditions", going("SOFT", 30))
        said = reasons(predicted(tmp_path, *opened(BEST), told({"1": 0.0}, 20, **slow), soft, PRICES))
        assert not [text for _, text in said if text.startswith("times")]

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
