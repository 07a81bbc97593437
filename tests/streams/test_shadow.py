"""The candidate in the shadow: its chances beside the champion's, and both losses once official."""

from math import log
from pathlib import Path
from typing import Any

import pytest
from msgspec import json

from models.registry import Registry, shipped
from schemas.records import Event, ModelSnapshot, Prediction
from streams import engine
from streams.replay import Races, located
from streams.scoring import default_scorer
from streams.state import dump, load
from streams.statements import prediction
from tests.streams.events import form, odds, pinned, price, result, scratch, status
from tests.streams.test_beliefs import BEST, PRICES, VERSION, opened, values

Named = tuple[str, Event]
CLOSE: list[Named] = [("RaceStatus", status("CLOSED", 1900))]
OFFICIAL: Named = ("Result", result({"1": 2, "2": 1, "3": 3, "4": 4}, 2000))


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path)


@pytest.fixture
def other(registry: Registry) -> str:
    """A model that turns everything round."""
    raw = json.decode(shipped().data)
    turned = {name: [-each for each in raw[name]] for name in ("fundamental", "residual")}
    return registry.add(json.encode({**raw, **turned}))


def candidate(version: str, seconds: float = 3, number: int = 7) -> Named:
    return "ModelPinned", pinned(version, seconds, role="CANDIDATE", sequence=number)


def worked(registry: Registry, *events: Named) -> tuple[list[Prediction], list[ModelSnapshot]]:
    outcome = engine.run(located(events), Races(), default_scorer(registry))
    return [prediction(statement) for statement in outcome.statements], outcome.compared


def test_the_candidate_is_scored_beside_the_champion_as_if_it_were_champion(
    registry: Registry, other: str
) -> None:
    told = worked(registry, *opened(BEST), candidate(other), PRICES)[0][-1]
    alone = worked(registry, *opened(BEST, version=other), PRICES)[0][-1]
    assert told["shadow_model"] == f"guide={other}"
    assert [r["shadow_probability"] for r in told["runners"]] == [
        r["win_probability"] for r in alone["runners"]
    ]
    assert told["model_versions"]["guide"] == VERSION


def test_without_a_candidate_there_is_no_shadow(registry: Registry) -> None:
    told = worked(registry, *opened(BEST), PRICES)[0][-1]
    assert told["shadow_model"] == ""
    assert {r["shadow_probability"] for r in told["runners"]} == {None}


def test_a_scratched_runner_has_no_shadow_and_the_others_sum_to_one(registry: Registry, other: str) -> None:
    events = [*opened(BEST), candidate(other), PRICES, ("Scratch", scratch("1", 20))]
    runners: list[Any] = worked(registry, *events)[0][-1]["runners"]
    assert runners[0]["shadow_probability"] is None
    assert sum(r["shadow_probability"] for r in runners[1:]) == pytest.approx(1.0, abs=1e-9)


def test_once_official_both_losses_are_those_of_what_was_said_last_before_the_off(
    registry: Registry, other: str
) -> None:
    events = [*opened(BEST), candidate(other), PRICES, *CLOSE, OFFICIAL]
    predictions, (found,) = worked(registry, *events)
    winner: Any = next(p for p in predictions if p["status"] == "CLOSED")["runners"][1]
    assert found["log_loss_champion"] == pytest.approx(-log(winner["win_probability"]))
    assert found["log_loss_candidate"] == pytest.approx(-log(winner["shadow_probability"]))
    assert found["log_loss_public"] == pytest.approx(-log(winner["public_probability"]))
    assert (found["champion"], found["candidate"], found["candidate_number"]) == (VERSION, other, 7)


def test_what_form_learns_after_the_off_does_not_count(registry: Registry, other: str) -> None:
    later: Named = ("RaceForm", form({**BEST, "2": values(backed=3.0, rating=3.0)}, 1950))
    plain = worked(registry, *opened(BEST), candidate(other), PRICES, *CLOSE, OFFICIAL)[1][0]
    after = worked(registry, *opened(BEST), candidate(other), PRICES, *CLOSE, later, OFFICIAL)[1][0]
    assert after["log_loss_candidate"] == plain["log_loss_candidate"]
    assert after["log_loss_champion"] == plain["log_loss_champion"]


def test_a_race_is_compared_once_also_when_its_result_is_corrected(registry: Registry, other: str) -> None:
    again: Named = ("Result", result({"1": 1, "2": 2, "3": 3, "4": 4}, 2100))
    assert len(worked(registry, *opened(BEST), candidate(other), PRICES, OFFICIAL, again)[1]) == 1


def test_what_only_one_of_them_has_a_belief_of_is_not_compared(registry: Registry, other: str) -> None:
    missing = worked(registry, *opened(BEST), candidate("guide-000000000000"), PRICES, OFFICIAL)
    unknown = worked(registry, *opened(BEST, version="guide-0"), candidate(other), PRICES, OFFICIAL)
    nobody = worked(registry, *opened(BEST), PRICES, OFFICIAL)
    assert [found for _, found in (missing, unknown, nobody)] == [[], [], []]


def test_without_a_price_the_public_has_no_loss(registry: Registry, other: str) -> None:
    (found,) = worked(registry, *opened(BEST), candidate(other), OFFICIAL)[1]
    assert found["log_loss_public"] is None


def test_a_race_stored_before_the_off_is_compared_after_it_to_the_bit(registry: Registry, other: str) -> None:
    events = [*opened(BEST), candidate(other), PRICES, ("OddsUpdate", odds([price("1", 3.2)], 11))]
    whole = worked(registry, *events, *CLOSE, OFFICIAL)[1]
    races, scorer = Races(), default_scorer(registry)
    stream = list(located([*events, *CLOSE, OFFICIAL]))
    engine.run(stream[:-1], races, scorer)
    for race in races.values():
        race.state = load(dump(race.state))
    assert engine.run(stream[-1:], races, scorer).compared == whole
