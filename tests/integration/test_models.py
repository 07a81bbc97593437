"""Models on a real Kafka: what moves a race is said live, bad champions go and better candidates come."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from confluent_kafka import KafkaException
from msgspec import json

from deploy.kafka.node import SingleNode
from feeds import simulator
from models.registry import Registry, shipped
from models.succession import nominate
from schemas.defaults import defaults
from schemas.identity import uuid_of
from schemas.records import Event, PastPerformance
from tests.integration.services import SETTLING, read_all, run, running, spawn, wait_until
from tests.streams.events import card, entry, going, header, result
from topics import admin
from topics.catalogue import EVENT_TOPIC
from topics.producer import EventProducer

PREFIX = "models."
RACES = 16
"""Of each trial: enough where one model is far ahead."""

OPEN = "BEL-20230715-99"
"""A race that is never run: what is live is seen in it."""

SECONDS = 10.0
FIELD = [entry(str(n), horse_id=f"h{n}", post_position=n) for n in (1, 2, 3, 4)]


def runs() -> Iterator[PastPerformance]:
    """Three past runs of each horse: the first has won all of its own, the others less and less."""
    for horse, (placing, price) in enumerate([(1, 2.0), (4, 8.0), (7, 20.0), (10, 40.0)], 1):
        for day in ("2023-06-01", "2023-06-15", "2023-07-01"):
            own = {
                **defaults(PastPerformance), **header(f"run:{horse}:{day}", 0), "race_id": "",
                "horse_id": f"h{horse}", "race_date": day, "number_of_runners": 10,
                "finish_position": placing, "starting_price": price,
            }  # fmt: skip
            yield cast(PastPerformance, own)


@dataclass(frozen=True)
class World:
    """The services at work on one prefix, and a registry of models."""

    bootstrap: str
    registry: Registry
    log: Path
    environment: dict[str, str]

    def publish(self, *events: Any) -> None:
        producer = EventProducer(self.bootstrap, PREFIX)
        for name, event in events:
            producer.publish(EVENT_TOPIC[name].name, event)
        producer.flush()

    def predictions(self) -> list[Any]:
        """All of them; none while the broker's topics are being made."""
        try:
            return read_all(self.bootstrap, f"{PREFIX}racing.predictions")
        except KafkaException as error:
            if error.args[0].code() not in SETTLING:
                raise
            return []

    def last(self) -> dict[str, dict[str, Any]]:
        """The last prediction of each race."""
        return {p["race_id"]: p for p in sorted(self.predictions(), key=lambda p: p["revision"])}

    def told(self, race_id: str, kind: str) -> dict[str, Any]:
        """Wait for a prediction of a race with such a reason."""
        found: list[dict[str, Any]] = []

        def told() -> bool:
            all_told = [p for p in self.predictions() if p["race_id"] == race_id]
            found[:] = [p for p in all_told if any(reason["kind"] == kind for reason in p["why"])]
            return bool(found)

        wait_until(told, f"{kind} in {race_id}", SECONDS)
        return found[-1]

    def is_live(self, version: str) -> bool:
        told = self.last().get(OPEN)
        return told is not None and told["model_versions"].get("guide") == version

    def held(self, trial: int) -> None:
        """Run races in which the horse with the best form wins, once both models score them."""
        ids = [f"BEL-20230715-{trial * 20 + n:02d}" for n in range(RACES)]
        candidate = f"guide={self.registry.choice('CANDIDATE').version}"
        self.publish(*(("RaceCard", card(FIELD, 10, race_id=id, event_id=uuid_of(id))) for id in ids))

        def shadowed() -> set[str]:
            return {id for id, told in self.last().items() if told["shadow_model"] == candidate}

        wait_until(lambda: shadowed() >= set(ids), "every race has a candidate in the shadow", 30)
        finish: dict[str, int | None] = {"1": 1, "2": 2, "3": 3, "4": 4}
        self.publish(
            *(
                ("Result", result(finish, 2000 + trial, race_id=id, event_id=uuid_of(f"result:{id}")))
                for id in ids
            )
        )

    def acted(self, action: str, version: str, why: str) -> bool:
        """Wait until the judge has done something, for a reason with such words."""
        expected = (action, version)
        wait_until(
            lambda: any((e.action, e.version) == expected and why in e.reason for e in self.registry.log()),
            f"{action}: {why}", 30,
        )  # fmt: skip
        return True


@pytest.fixture(scope="module")
def world(kafka: SingleNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    tmp_path = tmp_path_factory.mktemp("models")
    admin.create(kafka.bootstrap, PREFIX)
    environment = {
        "HPR_BROKER": kafka.bootstrap, "HPR_TOPIC_PREFIX": PREFIX, "HPR_MODELS": str(tmp_path / "models"),
        "HPR_TRIALS": "promote", "HPR_FORM_SNAPSHOT": str(tmp_path / "form"),
    }  # fmt: skip
    log = tmp_path / "log"
    world = World(kafka.bootstrap, Registry(tmp_path / "models"), log, environment)
    first: Event = card(FIELD, 5, race_id=OPEN, event_id=uuid_of(OPEN))
    world.publish(*(("PastPerformance", each) for each in runs()), ("RaceCard", first))
    with ExitStack() as services:
        services.enter_context(running("worker", "--http-port", "0", log=log, **environment))
        services.enter_context(running("form", log=log, **environment))
        wait_until(lambda: world.is_live(shipped().version), "a race is scored", 60)
        yield world


def scaled(registry: Registry, factor: float) -> str:
    """The shipped model with its weights times a factor: below 0 it turns everything round."""
    raw = json.decode(shipped().data)
    weights = {name: [factor * each for each in raw[name]] for name in ("fundamental", "residual")}
    return registry.add(json.encode({**raw, **weights}))


def simulated() -> tuple[list[tuple[str, Any]], Any]:
    """The first race of a simulated day until its likely leader is scratched, and that scratch."""
    day = replace(simulator.demo(2, datetime(2023, 7, 15, 12, tzinfo=UTC)), races=1)
    kinds = ("HorseProfile", "PastPerformance", "RaceCard", "Conditions", "OddsUpdate", "Scratch")
    events = [each for each in simulator.events(day, form=True) if each[0] in kinds]
    at = next(n for n, (name, _) in enumerate(events) if name == "Scratch")
    return events[:at], events[at][1]


def test_a_scratch_of_the_likely_leader_and_another_going_are_explained_live(world: World) -> None:
    events, out = simulated()
    race_id = out["race_id"]
    world.publish(*events)
    wait_until(lambda: "guide" in world.last().get(race_id, {}).get("model_versions", {}), "it is scored", 30)
    before = world.last()[race_id]
    leader = min((r for r in before["runners"] if r["pace"]), key=lambda r: r["pace"][0])
    assert out["runner_id"] == leader["runner_id"]
    world.publish(("Scratch", out))
    without = world.told(race_id, "SCRATCH")
    assert leader["name"] not in without["pace_words"]
    (pace,) = [reason["text"] for reason in without["why"] if reason["kind"] == "PACE"]
    assert pace.startswith(f"without {leader['number']} {leader['name']}, likely to lead until now, ")

    moment = {"event_time": out["event_time"] + 1, "recorded_time": out["recorded_time"] + 1}
    wet = {**going("SOFT", 0, "simulator"), "race_id": race_id, **moment}
    world.publish(("Conditions", wet))
    after = world.told(race_id, "GOING")
    said = next(reason["text"] for reason in after["why"] if reason["kind"] == "GOING")
    suited = next(r for r in after["runners"] if r["name"] and f"suits {r['number']} {r['name']}" in said)
    was = next(r for r in without["runners"] if r["runner_id"] == suited["runner_id"])
    assert suited["fundamental_probability"] > was["fundamental_probability"]


def test_bad_champions_go_worse_candidates_are_refused_and_better_ones_come(world: World) -> None:
    first, bad, better = shipped().version, scaled(world.registry, -1.0), scaled(world.registry, 4.0)
    promote = ("models", "promote", bad)
    assert spawn(*promote, log=world.log, **world.environment).wait(60) == 1
    assert "it is not the candidate, so nothing is known of it" in world.log.read_text()

    run(*promote, "--force", "--why", "a hunch", log=world.log, **world.environment)
    wait_until(lambda: world.is_live(bad), "the promoted model is live", SECONDS)
    world.held(0)
    assert world.acted("rollback", first, "the champion before it does better")
    wait_until(lambda: world.is_live(first), "the champion before it is live again", SECONDS)

    nominate(world.registry, bad, "once more")
    world.held(1)
    assert world.acted("refuse", "", f"{bad}: the candidate is worse")

    nominate(world.registry, better, "")
    world.held(2)
    assert world.acted("promote", better, "the candidate is better")
    wait_until(lambda: world.is_live(better), "the better model is live", SECONDS)
