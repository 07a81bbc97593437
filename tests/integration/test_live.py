"""Captures in time-lapse through real services: what a WebSocket client and a registry client see."""

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from websockets.asyncio.client import connect

from deploy.kafka.node import SingleNode, free_port
from feeds.betfair.recorded import recorded
from streams.replay import Races, located
from tests.integration.services import read_values, run, running, spawn, wait_until
from topics import admin
from topics.catalogue import (
    ALL,
    FORM,
    INTERACTIONS,
    LESSONS,
    MODELS,
    NOTICES,
    RULES,
    SNAPSHOTS,
    WORKOUTS,
)

SOME = ("win/1.132153978.bz2", "win/1.211006011.bz2", "win/1.206063952.bz2")
"""Two markets with last prices only, and one with six scratchings: here with their silences cut short."""

WHOLE = os.environ.get("HPR_ALL_CAPTURES") == "1"
"""With HPR_ALL_CAPTURES=1 all win markets are played as the command plays them, which takes over an hour."""

PLAYED, PACE, PATIENCE_SECONDS = (("win",), [], 7200) if WHOLE else (SOME, ["--max-gap", "0.3"], 120)

PREFIX = "live."


@dataclass
class Seen:
    """What the client saw of one race."""

    stages: list[str] = field(default_factory=list)
    scratched: set[str] = field(default_factory=set)
    favourites: set[float] = field(default_factory=set)
    winners: list[str] = field(default_factory=list)
    revision: int = 0
    sums: list[float] = field(default_factory=list)

    def take(self, state: dict[str, Any]) -> None:
        assert state["revision"] >= self.revision, "a revision went back"
        self.revision = state["revision"]
        if not self.stages or self.stages[-1] != state["status"]:
            self.stages.append(state["status"])
        runners = state["runners"]
        self.scratched = {r["runner_id"] for r in runners if r["status"] == "SCRATCHED"}
        chances = [r["win_probability"] for r in runners if r["win_probability"] is not None]
        if chances:
            self.sums.append(sum(chances))
            self.favourites.add(max(chances))
        self.winners = (state["result"] or {}).get("winners", [])


@pytest.fixture(scope="module")
def gateway(kafka: SingleNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A worker and a gateway at the port given."""
    log, port = tmp_path_factory.mktemp("live") / "log", free_port()
    admin.create(kafka.bootstrap, PREFIX)
    environment = {"HPR_BROKER": kafka.bootstrap, "HPR_TOPIC_PREFIX": PREFIX}
    with (
        running("worker", "--http-port", "0", log=log, **environment),
        running("gateway", "--port", str(port), log=log, **environment),
    ):
        yield port


async def watch(port: int, races: Races, seen: dict[str, Seen]) -> None:
    """Follow all races until each has been seen to its end."""
    async with connect(f"ws://127.0.0.1:{port}/v1/ws") as socket:
        await socket.send(json.dumps({"id": 1, "method": "connect", "params": {}}))
        await socket.send(json.dumps({"id": 2, "method": "subscribe", "params": {"channel": "track:*"}}))
        async for text in socket:
            frame = json.loads(text)
            if frame == {}:
                await socket.send("{}")
            states = frame.get("result", {}).get("states", [])
            if "push" in frame:
                states = [frame["push"]["state"]]
            for state in states:
                seen.setdefault(state["race_id"], Seen()).take(state)
            if seen.keys() == races.keys() and all(
                seen[race_id].revision == race.state.revision for race_id, race in races.items()
            ):
                return


@pytest.fixture(scope="module")
def races(captures: Path) -> Races:
    """The races as the captures tell them."""
    folded = Races()
    for name, event, *_ in located(n for _, made in recorded([captures / p for p in PLAYED]) for n in made):
        folded[event["race_id"]].fold(name, event)
    return folded


@pytest.fixture(scope="module")
def played(
    gateway: int, kafka: SingleNode, captures: Path, races: Races, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Seen]:
    """What a client saw while the captures were fed at 60 times their speed, silences cut short."""
    log = tmp_path_factory.mktemp("feed") / "log"
    wait_until(lambda: answers(gateway), "the gateway answers")
    seen: dict[str, Seen] = {}

    async def play() -> None:
        watching = asyncio.create_task(watch(gateway, races, seen))
        await asyncio.sleep(1)
        files = [str(captures / name) for name in PLAYED]
        feed = spawn(
            "feed", "betfair", *files, "--speed", "60", *PACE, log=log,
            HPR_BROKER=kafka.bootstrap, HPR_TOPIC_PREFIX=PREFIX,
        )  # fmt: skip
        await asyncio.wait_for(asyncio.shield(watching), PATIENCE_SECONDS)
        assert await asyncio.to_thread(feed.wait, 30) == 0

    asyncio.run(play())
    return seen


def answers(port: int) -> bool:
    import httpx

    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").is_success
    except httpx.TransportError:
        return False


def test_every_race_opens_moves_loses_its_scratched_runners_and_finishes_with_its_winner(
    played: dict[str, Seen], races: Races
) -> None:
    assert played.keys() == races.keys()
    for race_id, race in races.items():
        seen = played[race_id]
        assert seen.stages[0] in ("SCHEDULED", "SUSPENDED")
        assert seen.stages[-1] == "CLOSED"
        assert len(seen.favourites) > 10, "probabilities move"
        assert all(abs(total - 1) < 1e-9 for total in seen.sums)
        assert seen.scratched == {r.runner_id for r in race.view.runners if r.status == "SCRATCHED"}
        assert seen.winners == list(race.view.winners)
        assert seen.revision == race.state.revision


@pytest.mark.usefixtures("played")
def test_confluents_own_deserializer_reads_every_topic(
    gateway: int, kafka: SingleNode, tmp_path: Path
) -> None:
    rubbish, log = tmp_path / "rubbish", tmp_path / "log"
    rubbish.write_bytes(b"no message\n")
    environment = {"HPR_BROKER": kafka.bootstrap, "HPR_TOPIC_PREFIX": PREFIX}
    # The captures tell nothing of the weather and are without fault.
    with running("form", "--snapshot", str(tmp_path / "form"), log=log, **environment):
        run(
            "feed", "simulator", "--races", "3", "--start", "2026-03-01", "--speed", "max", log=log,
            **environment,
        )  # fmt: skip
        run("feed", "betfair", str(rubbish), log=log, **environment)
        for topic in (FORM, MODELS):
            written = partial(read_values, kafka.bootstrap, PREFIX + topic.name)
            wait_until(written, f"{topic.name} is written")
    read = {}
    with SchemaRegistryClient({"url": f"http://127.0.0.1:{gateway}"}) as registry:
        deserialize = AvroDeserializer(registry)
        for topic in ALL:
            context = SerializationContext(topic.name, MessageField.VALUE)
            values = read_values(kafka.bootstrap, PREFIX + topic.name)
            records = [deserialize(value, context) for value in values[:200]]
            assert all(record is not None and record["event_id"] for record in records)
            read[topic.name] = len(records)
    # Nobody times works, no candidate is compared, there are no users; races may be over before form is told.
    unsaid = (WORKOUTS, SNAPSHOTS, LESSONS, RULES, NOTICES, INTERACTIONS)
    assert not [topic.name for topic in ALL if topic not in unsaid and not read[topic.name]]
