"""Predictions as JSON lines: what stands in one, and that the way over Kafka changes no byte of it."""

import json
from typing import Any

import pytest

from schemas.codec import default_codec
from schemas.identity import iso
from schemas.records import Event
from streams import engine
from streams.lines import RunnerLine, line_of_prediction, line_of_statement
from streams.replay import Races, located
from streams.scoring import default_scorer
from streams.statements import Statement, model_versions, prediction
from tests.streams.events import RACE, card, entry, odds, price, scratch, status

Named = tuple[str, Event]
CARD: Named = ("RaceCard", card([entry("1", horse_name="Zoé’s Ünicorn"), entry("2"), entry("3")]))
PRICES: Named = ("OddsUpdate", odds([price("1", 2.0), price("2", 3.0)], 10))
OUT: Named = ("Scratch", scratch("2", 15))


def last(*events: Named) -> Statement:
    return engine.run(located(events), Races(), default_scorer()).statements[-1]


def read(*events: Named) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(line_of_statement(last(*events)))
    return record


def test_a_line_says_what_of_which_race_when_and_by_which_models() -> None:
    statement = last(CARD, PRICES)
    line = read(CARD, PRICES)
    assert list(line) == [
        "prediction_id", "race_id", "event_time", "revision", "model_versions", "status", "places_paid",
        "runners",
    ]  # fmt: skip
    assert line["prediction_id"] == prediction(statement)["event_id"]
    assert (line["race_id"], line["revision"], line["status"], line["places_paid"]) == (
        RACE,
        2,
        "SCHEDULED",
        1,
    )
    assert line["event_time"] == iso(PRICES[1]["event_time"]) == "2023-07-15T16:30:10.000000Z"
    assert line["model_versions"] == model_versions(statement.said.models)


def test_runners_stand_in_the_order_of_the_card_with_their_chances_in_full() -> None:
    statement = last(CARD, PRICES)
    runners = read(CARD, PRICES)["runners"]
    assert [list(runner) for runner in runners] == [list(RunnerLine.__struct_fields__)] * 3
    assert [runner["runner_id"] for runner in runners] == ["1", "2", "3"]
    assert [runner["win_probability"] for runner in runners] == statement.said.win
    assert [runner["place_probability"] for runner in runners] == statement.said.place
    assert [runner["fair_odds"] for runner in runners] == [1.0 / win for win in statement.said.win]


def test_a_runner_that_is_out_has_a_status_and_no_chance() -> None:
    runner = read(CARD, PRICES, OUT)["runners"][1]
    assert runner == {
        "runner_id": "2", "number": "2", "name": "Horse 2", "status": "SCRATCHED",
        "win_probability": None, "place_probability": None, "fair_odds": None,
    }  # fmt: skip


def test_a_line_is_one_line_of_utf_8() -> None:
    line = line_of_statement(last(CARD, PRICES))
    assert b"\n" not in line
    assert "Zoé’s Ünicorn" in line.decode()


@pytest.mark.parametrize(
    "events",
    [
        [CARD],
        [CARD, PRICES],
        [CARD, PRICES, OUT],
        [CARD, PRICES, ("RaceStatus", status("ABANDONED", 20))],
        [("RaceCard", card([entry("1", program_number=None, horse_name=None), entry("2")]))],
        [CARD, ("OddsUpdate", odds([price("1", 1.3)], 10, market_type="PLACE", places=2))],
    ],
    ids=["no prices", "prices", "scratched", "abandoned", "no names", "place market"],
)
def test_the_way_over_kafka_changes_no_byte(events: list[Named]) -> None:
    statement = last(*events)
    name, record = default_codec().decode(default_codec().encode("Prediction", prediction(statement)))
    assert name == "Prediction"
    assert line_of_prediction(record) == line_of_statement(statement)
