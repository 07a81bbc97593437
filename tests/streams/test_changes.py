"""Why a prediction changed beside its prices, end to end: riders, gear, going, surface, form told anew."""

from pathlib import Path
from typing import Any, cast

import pytest

from models.form import book
from models.guide.book import Tally
from models.registry import Registry, shipped
from models.trained import FEATURE_SET
from schemas.records import Alert, Event, Prediction
from streams import engine
from streams.form import FormState, fold
from streams.replay import Races, located
from streams.scoring import default_scorer
from streams.statements import prediction
from tests.models.trained_world import written
from tests.streams.events import card, entry, form, going, odds, pinned, price
from tests.streams.test_form import run_of

Named = tuple[str, Event]
PRICES: Named = ("OddsUpdate", odds([price("1", 3.0), price("2", 3.5), price("3", 4.0)], 20))


def declared(seconds: float, **fields: Any) -> Named:
    """A card of three, the first with these fields."""
    riders = {"1": "A. Old", "2": "C. Other", "3": "D. Third"}
    own = {n: {"horse_id": f"horse-{n}", "jockey_name": rider} for n, rider in riders.items()}
    own["1"] |= fields
    return "RaceCard", card([entry(n, **each) for n, each in own.items()], seconds, surface="TURF")


def ground(condition: str | None, surface: str, seconds: float) -> Named:
    return "Conditions", cast(Event, {**going(condition or "", seconds), "track_condition": condition,
                                      "surface": surface})  # fmt: skip


class Day:
    """A race worker and a form worker that answer each other."""

    def __init__(self, folder: Path) -> None:
        self.form = FormState()
        self.form.guide.people = {"rider|A. Old": Tally(400, 800.0), "rider|B. New": Tally(400, -800.0)}
        self.races, self.scorer = Races(), default_scorer(Registry(folder))
        self.told: list[Prediction] = []
        self.alerts: list[Alert] = []
        for horse, finish in (("1", 3), ("2", 4), ("3", 5)):
            for day, surface in (("2023-06-01", "TURF"), ("2023-06-20", "DIRT")):
                # The third is a dirt horse, the second a turf horse.
                best = {"3": "DIRT", "2": "TURF"}.get(horse) == surface
                place = 1 if best else finish + 3
                fields = {"surface": surface, "track_condition": "FIRM", "finish_position": place}
                fold(self.form, *run_of(f"horse-{horse}", day, 0.0, **fields))

    def work(self, *events: Named) -> None:
        """Each event in turn, and what form answers to it."""
        for named in events:
            outcome = self._run(named)
            if named[0] in ("RaceCard", "Conditions"):
                fold(self.form, *named)
            for request in outcome.asked.values():
                for answer in fold(self.form, "FormRequest", cast(Event, request)):
                    self._run(("RaceForm", answer))

    def _run(self, named: Named) -> engine.Outcome:
        outcome = engine.run(located([named]), self.races, self.scorer)
        self.told += [prediction(statement) for statement in outcome.statements]
        self.alerts += outcome.alerts
        return outcome

    @property
    def why(self) -> list[tuple[str, str]]:
        """Reasons of the last prediction."""
        return [(reason["kind"], reason["text"]) for reason in self.told[-1]["why"]]


@pytest.fixture
def day(tmp_path: Path) -> Day:
    found = Day(tmp_path)
    found.work(declared(1), ("ModelPinned", pinned(shipped().version, 2)), PRICES)
    return found


def test_a_rider_change_is_named_before_what_it_does(day: Day) -> None:
    day.work(declared(30, jockey_name="B. New"))
    (kind, cause), effect, *_ = day.why
    assert (kind, cause) == ("FIELD", "rider of 1 Horse 1 is B. New, was A. Old")
    assert effect[0] == "FORM"
    assert effect[1].startswith("1 Horse 1 by form ")
    assert not any("news of form" in text for _, text in day.why)


def test_the_alert_of_another_rider_names_both_once(day: Day) -> None:
    day.work(declared(30, jockey_name="B. New"))
    (alert,) = [alert for alert in day.alerts if alert["kind"] == "RIDER"]
    assert (alert["kind"], alert["headline"]) == ("RIDER", "1 Horse 1: B. New rides instead of A. Old")
    assert "rider of" not in alert["detail"]


def test_what_form_learns_later_is_not_laid_to_the_rider(day: Day) -> None:
    day.work(declared(30, jockey_name="B. New"))
    for answer in fold(day.form, *run_of("horse-2", "2023-07-01", 40, surface="TURF", finish_position=1)):
        day.work(("RaceForm", answer))
    assert not any("rider" in text for _, text in day.why)
    assert any(text.startswith("news of form: 2 Horse 2 by form ") for _, text in day.why)


def test_gear_and_weight_are_named_too(day: Day) -> None:
    day.work(declared(30, equipment="TT", weight_carried_lbs=126.0))
    day.work(
        declared(40, equipment="B", weight_carried_lbs=110.0), ("OddsUpdate", odds([price("1", 2.0)], 50))
    )
    texts = [text for told in day.told for text in (reason["text"] for reason in told["why"])]
    assert "equipment of 1 Horse 1 is B, was TT" in texts
    assert "1 Horse 1 carries 110 lbs, was 126" in texts


def test_many_changes_at_once_are_counted(day: Day) -> None:
    others = [entry(n, horse_id=f"horse-{n}", jockey_name=f"New {n}", equipment="B") for n in "123"]
    known = [entry(n, horse_id=f"horse-{n}", jockey_name=f"Old {n}", equipment="V") for n in "123"]
    day.work(("RaceCard", card(known, 30, surface="TURF")), ("OddsUpdate", odds([price("1", 2.0)], 40)))
    day.work(("RaceCard", card(others, 50, surface="TURF")), ("OddsUpdate", odds([price("1", 4.0)], 60)))
    texts = [text for told in day.told for text in (reason["text"] for reason in told["why"])]
    assert "3 more changes of riders, equipment or weights" in texts


def test_a_race_moved_to_another_surface_is_said_with_whom_it_suits(day: Day) -> None:
    day.work(ground("FIRM", "TURF", 30))
    before = len(day.told)
    day.work(ground("FAST", "DIRT", 40))
    (told,) = [reason["text"] for reason in day.told[before]["why"] if reason["kind"] == "GOING"]
    assert told.startswith("moved from turf to dirt, going fast: it suits 3 Horse 3 (by form ")
    assert " and is against 2 Horse 2 (by form " in told


def test_a_move_to_another_surface_is_an_alert_of_the_going(day: Day) -> None:
    day.work(ground("FIRM", "TURF", 30), ground("FAST", "DIRT", 40))
    (alert,) = [alert for alert in day.alerts if alert["kind"] == "GOING"]
    assert (alert["kind"], alert["headline"]) == ("GOING", "Moved from turf to dirt, going fast")
    assert alert["detail"].startswith("it suits 3 Horse 3")


def test_a_surface_that_is_told_for_the_first_time_or_again_is_no_move(day: Day) -> None:
    day.work(ground("FIRM", "TURF", 30), ground(None, "TURF", 40), declared(50))
    assert day.alerts == []
    assert not any("moved" in reason["text"] for told in day.told for reason in told["why"])


class TestTrained:
    """Models that hold the going among many parts: what they say before and after it."""

    @pytest.fixture
    def told(self, tmp_path: Path) -> list[Prediction]:
        written(tmp_path / "trained")
        version = Registry(tmp_path).add_folder(tmp_path / "trained")

        def form_on(wet: bool, seconds: float) -> Named:
            wetter = ("surprise_wet", "figure", "figure_kernel", "rated_kernel", "market", "plackett")
            rows = {
                n: {"runs": 3.0, "days_off": 20.0, **dict.fromkeys(wetter, 9.0 * at * (1 if wet else -1))}
                for at, n in enumerate("123", -1)
            }
            values = {n: [row.get(column) for column in book.COLUMNS] for n, row in rows.items()}
            columns = list(book.COLUMNS)
            return "RaceForm", form(values, seconds, feature_set=FEATURE_SET, columns=columns)

        events = [
            declared(1),
            ground("FIRM", "TURF", 2),
            ("ModelPinned", pinned(version, 3, model="form", feature_set=FEATURE_SET)),
            form_on(False, 4),
            PRICES,
            ground("SOFT", "TURF", 30),
            form_on(True, 31),
            form_on(True, 32),
        ]
        run = engine.run(located(cast(Any, events)), Races(), default_scorer(Registry(tmp_path)))
        return [prediction(statement) for statement in run.statements]

    def test_a_going_change_says_whom_it_suits_when_form_has_taken_it_in(
        self, told: list[Prediction]
    ) -> None:
        texts = [reason["text"] for each in told for reason in each["why"] if reason["kind"] == "GOING"]
        at_once, with_form = texts[-2:]
        assert at_once.startswith("going from firm to soft")
        assert with_form.startswith("form on soft going: it ")

    def test_those_named_are_those_that_gain_and_lose_most(self, told: list[Prediction]) -> None:
        before, after = told[-2:]
        (text,) = [reason["text"] for reason in after["why"] if reason["kind"] == "GOING"]
        ratios = {
            f"{now['number']} {now['name']}": (now["fundamental_probability"] or 0.0)
            / (was["fundamental_probability"] or 1.0)
            for was, now in zip(before["runners"], after["runners"], strict=True)
        }
        best, worst = max(ratios, key=ratios.__getitem__), min(ratios, key=ratios.__getitem__)
        assert f"suits {best} " in text
        assert f"is against {worst} " in text
