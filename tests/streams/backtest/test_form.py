from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

import pytest

from models.registry import shipped
from models.trained import TrainedModel
from schemas.records import Prediction
from streams.backtest import Bet, Board, Entrant, Outcome, Setup, run
from streams.backtest.bets import BacktestError
from streams.backtest.figures import beliefs
from streams.backtest.form import Form, Trained, ranked
from streams.scoring import default_scorer
from tests.models.trained_world import written

FIRST = date(2023, 11, 14)
DAY = 86_400_000_000
PRICES = {"1": 2.0, "2": 4.0, "3": 6.0, "4": 8.0, "5": 9.0}


class Watching:
    """Bets on nothing and keeps what it is shown."""

    def __init__(self) -> None:
        self.said: list[tuple[Board, Prediction]] = []

    def on_race(self, board: Board, prediction: Prediction) -> Iterable[Bet]:
        self.said.append((board, prediction))
        return []


def world(races: Callable[..., Any], days: int, off: int) -> list[Any]:
    """Five horses that meet every day, number 1 the winner."""
    events: list[Any] = []
    for n in range(days):
        day = FIRST + timedelta(days=n)
        race = races(f"TST-{day:%Y%m%d}-01", day=day.isoformat(), off=off + n * DAY)
        name, card = race.card(5)
        for entry in card["entries"]:
            entry |= {"horse_id": f"horse {entry['runner_id']}", "jockey_name": f"rider {entry['runner_id']}"}
        card |= {"distance_furlongs": 6.0, "surface": "TURF", "race_type": "Flat"}
        paid = [("WIN", "1", 20.0)]
        events += [(name, card), race.odds(0, PRICES), race.result(["1", "2", "3", "4", "5"], paid)]
    return sorted(events, key=lambda named: named[1]["recorded_time"])


def watched(events: list[Any], form: Form) -> tuple[Watching, Outcome]:
    strategy = Watching()
    return strategy, run(events, [Entrant("it", strategy)], Setup(scorer=default_scorer(form), form=form))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    folder = tmp_path_factory.mktemp("model")
    written(folder)
    return TrainedModel.of(folder)


def test_form_scores_races_from_the_first_day_on_and_learns_from_all(
    race: Any, races: Any, model: TrainedModel
) -> None:
    first = FIRST + timedelta(days=8)
    form = Form([Trained(model, first - timedelta(days=1))], first)
    strategy, outcome = watched(world(races, 12, race.off), form)
    assert outcome.races == len(strategy.said) == 4
    board, said = strategy.said[0]
    assert (board.day, said["basis"]) == (first.isoformat(), "MARKET_AND_FORM")
    assert said["model_versions"]["form"] == model.version
    assert all(horse.form for horse in board.horses)
    assert sum(horse.form or 0.0 for horse in board.horses) == pytest.approx(1.0)
    assert [h.win for h in board.horses] != [h.public for h in board.horses]
    (belief,) = beliefs(outcome.samples)
    assert belief.form_log_loss is not None
    assert belief.form_log_loss != belief.market_log_loss


def test_what_is_told_of_later_races_changes_nothing_that_was_said(
    race: Any, races: Any, model: TrainedModel
) -> None:
    first = FIRST + timedelta(days=8)
    events = world(races, 12, race.off)
    whole, _ = watched(events, Form([Trained(model, date.min)], first))
    turned = [
        (
            name,
            {
                **event,
                "finishers": [{**f, "finish_position": 6 - f["finish_position"]} for f in event["finishers"]],
            },
        )
        if name == "Result" and event["race_id"] >= f"TST-{first + timedelta(days=2):%Y%m%d}"
        else (name, event)
        for name, event in events
    ]
    other, _ = watched(turned, Form([Trained(model, date.min)], first))
    assert [said for _, said in whole.said[:3]] == [said for _, said in other.said[:3]]
    assert whole.said[3][1] != other.said[3][1]


def test_each_race_has_the_model_trained_latest_before_it(model: TrainedModel) -> None:
    guide = shipped()
    form = Form([Trained(model, date(2024, 7, 14)), Trained(guide, date(2023, 7, 16))], date(2023, 9, 1))
    assert form.model_on(date(2024, 7, 14)) is guide
    assert form.model_on(date(2024, 7, 15)) is model
    assert form.model(guide.version) is guide
    with pytest.raises(BacktestError, match="has seen races of 2023-07-16"):
        Form([Trained(model, date(2024, 7, 14)), Trained(guide, date(2023, 7, 16))], date(2023, 7, 16))


def test_a_model_of_the_form_guide_reads_its_own_feature_set(race: Any, races: Any) -> None:
    first = FIRST + timedelta(days=3)
    strategy, _ = watched(world(races, 5, race.off), Form([Trained(shipped(), date.min)], first))
    assert [said["model_versions"]["guide"] for _, said in strategy.said] == [shipped().version] * 2


def test_of_one_instant_what_form_rests_on_comes_first() -> None:
    first = ("Result", "OddsUpdate", "FeedStatus", "PastPerformance")
    events = [(name, {"recorded_time": 1}) for name in first]
    events += [(name, {"recorded_time": 2}) for name in ("RaceCard", "HorseProfile")]
    found = [name for name, _ in ranked(events)]
    assert found == ["PastPerformance", "OddsUpdate", "Result", "HorseProfile", "RaceCard"]
