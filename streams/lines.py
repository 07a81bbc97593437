"""Predictions as JSON lines: what `hpr replay` writes, and the same of predictions read from the topic."""

from msgspec import Struct
from msgspec.json import Encoder

from schemas.identity import iso
from schemas.records import Prediction
from streams.statements import Statement, model_versions, prediction_id

BUFFER_BYTES = 1 << 18
"""Lines gathered before a file is written to: a line alone fills a third of the usual buffer."""


class RunnerLine(Struct, gc=False):
    """What a line says of a runner."""

    runner_id: str
    number: str | None
    name: str | None
    status: str
    win_probability: float | None
    place_probability: float | None
    fair_odds: float | None


class Line(Struct, gc=False):
    """One line; `event_time` is RFC 3339."""

    prediction_id: str
    race_id: str
    event_time: str
    revision: int
    model_versions: dict[str, str]
    status: str
    places_paid: int
    runners: list[RunnerLine]


encode = Encoder().encode


def line_of_statement(statement: Statement) -> bytes:
    """One line, without its end."""
    point, said = statement.point, statement.said
    race_id, view = point.race.state.race_id, point.view
    runners = [
        RunnerLine(id, number, name, status, win, place, 1.0 / win if win > 0.0 else None)
        if win >= 0.0
        else RunnerLine(id, number, name, status, None, None, None)
        for (id, number, name, status), win, place in zip(view.named, said.win, said.place, strict=True)
    ]
    id, versions = prediction_id(race_id, said), model_versions(said.models)
    return encode(
        Line(id, race_id, iso(point.event_time), point.revision, versions, view.stage, view.places, runners)
    )


def line_of_prediction(record: Prediction) -> bytes:
    """The line of a prediction as read from Kafka: the same bytes as that of its statement."""
    return encode(
        Line(
            record["event_id"],
            record["race_id"],
            iso(record["event_time"]),
            record["revision"],
            record["model_versions"],
            record["status"],
            record["places_paid"],
            [
                RunnerLine(
                    runner["runner_id"],
                    runner["number"],
                    runner["name"],
                    runner["status"],
                    runner["win_probability"],
                    runner["place_probability"],
                    runner["fair_odds"],
                )
                for runner in record["runners"]
            ],
        )
    )
