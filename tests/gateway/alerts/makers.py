"""Predictions, alerts, views and rules for the tests of alerts."""

from typing import Any, cast
from uuid import UUID, uuid5

from gateway.alerts.engine import Engine, Fired
from gateway.alerts.index import Held, Index
from gateway.alerts.rules import Rule
from schemas.defaults import defaults
from schemas.identity import MICROS, uuid_of
from schemas.records import Alert, Prediction, RaceView, RunnerPrediction, RunnerView

RACE = "BEL-20230715-01"
NOON = 1_690_000_000_000_000
USER = UUID(int=7)


def runner(runner_id: str, win: float, **fields: Any) -> RunnerPrediction:
    """A runner of a prediction, well traded at fair prices, which no commission is taken of."""
    best = fields.get("best_price", 1 / win if win else None)
    own = {"runner_id": runner_id, "number": runner_id, "name": f"Horse {runner_id}", "status": "ACTIVE",
           "win_probability": win, "fair_odds": 1 / win if win else None, "price": 1 / win if win else None,
           "best_price": best, "expected_value": win * best - 1.0 if best else None,
           "traded": 5000.0, "movement_5m": 0.0}  # fmt: skip
    return cast(RunnerPrediction, {**defaults(RunnerPrediction), **own, **fields})


def prediction(revision: int, runners: list[RunnerPrediction], **fields: Any) -> Prediction:
    """A prediction of Belmont's first race, a second after the one of the revision before."""
    race_id, time = fields.pop("race_id", RACE), NOON + revision * MICROS
    own = {"event_id": uuid_of(f"p{race_id}{revision}"), "source": "hpr", "race_id": race_id,
           "event_time": time, "recorded_time": time, "sequence": revision, "revision": revision,
           "status": "SCHEDULED",
           "model_versions": {}, "places_paid": 2, "overround": 0.02, "runners": runners, "why": [],
           "lineage": []}  # fmt: skip
    return cast(Prediction, {**defaults(Prediction), **own, **fields})


def alert(kind: str, runner_id: str | None, **fields: Any) -> Alert:
    """A fact of Belmont's first race."""
    own = {"event_id": uuid_of(f"{kind}{runner_id}"), "source": "hpr", "race_id": RACE,
           "event_time": NOON, "recorded_time": NOON, "sequence": 1, "kind": kind,
           "rule_version": "rules-1", "runner_id": runner_id,
           "name": f"Horse {runner_id}" if runner_id else None, "headline": f"{runner_id} {kind.lower()}",
           "expires_at": NOON + 3600 * MICROS}  # fmt: skip
    return cast(Alert, {**defaults(Alert), **own, **fields})


def view(runners: int = 3, **fields: Any) -> RaceView:
    """What is shown of Belmont's first race, half an hour before its off."""
    shown = [
        cast(RunnerView, {**defaults(RunnerView), "runner_id": f"{n}", "number": f"{n}", "name": f"Horse {n}",
                          "jockey_name": f"Rider {n}", "trainer_name": f"Trainer {n}"})
        for n in range(1, runners + 1)
    ]  # fmt: skip
    own = {"event_id": uuid_of("view"), "source": "hpr", "race_id": RACE,
           "event_time": NOON, "recorded_time": NOON,
           "sequence": 1, "revision": 1, "track_code": "BEL", "race_number": 1, "status": "SCHEDULED",
           "scheduled_off": NOON + 1800 * MICROS, "runners": shown}  # fmt: skip
    return cast(RaceView, {**defaults(RaceView), **own, **fields})


def held(rule: Rule, name: str = "one", version: int = 1, **fields: Any) -> Held:
    """A rule in force."""
    return Held(uuid5(USER, name), USER, version, rule, **fields)


def engine(*rules: Rule) -> Engine:
    """An engine with rules in force and Belmont's first race shown."""
    made = Engine(Index(held(rule, f"rule {n}") for n, rule in enumerate(rules)))
    made.view(view())
    return made


def kinds(fired: list[Fired]) -> list[tuple[str, str | None]]:
    """Kind and runner of each."""
    return [(each.kind, each.runner_id) for each in fired]
