"""Predictions as JSON lines: what `hpr replay` writes, and the same of predictions read from the topic."""

from typing import Any

import orjson

from schemas.identity import iso
from schemas.records import Prediction
from streams.statements import Statement, model_versions, prediction_id

CORE = ("runner_id", "number", "name", "status", "win_probability", "place_probability", "fair_odds")
"""What a line says of a runner."""


def line_of_statement(statement: Statement) -> bytes:
    """One line, without its end."""
    point, said = statement.point, statement.said
    race_id, view = point.race.state.race_id, point.view
    return orjson.dumps(
        {
            "prediction_id": prediction_id(race_id, said),
            "race_id": race_id,
            "event_time": iso(point.event_time),
            "revision": point.revision,
            "model_versions": model_versions(said.models),
            "status": view.stage,
            "places_paid": view.places,
            "runners": [
                {
                    "runner_id": id,
                    "number": number,
                    "name": name,
                    "status": status,
                    "win_probability": win if win >= 0.0 else None,
                    "place_probability": place if win >= 0.0 else None,
                    "fair_odds": 1.0 / win if win > 0.0 else None,
                }
                for (id, number, name, status), win, place in zip(
                    view.named, said.win, said.place, strict=True
                )
            ],
        }
    )


def line_of_prediction(record: Prediction) -> bytes:
    """The line of a prediction as read from Kafka: the same bytes as that of its statement."""
    runners: list[dict[str, Any]] = [dict(runner) for runner in record["runners"]]
    return orjson.dumps(
        {
            "prediction_id": record["event_id"],
            "race_id": record["race_id"],
            "event_time": iso(record["event_time"]),
            "revision": record["revision"],
            "model_versions": record["model_versions"],
            "status": record["status"],
            "places_paid": record["places_paid"],
            "runners": [{key: runner[key] for key in CORE} for runner in runners],
        }
    )
