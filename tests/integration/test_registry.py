"""Real services with an external registry: its ids on every topic, and without it all goes on."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from deploy.kafka.node import free_port
from tests.integration.services import read_values, run, running, wait_until
from tests.topics.registry_server import FIRST_ID, Server, registry_server
from topics import admin
from topics.embedded import EmbeddedBroker

FED = ("racing.cards", "racing.odds", "racing.results", "feeds.status")
DERIVED = ("racing.predictions", "racing.races")


@dataclass(frozen=True)
class World:
    """An embedded broker, a registry with all schemas, and the services' settings."""

    bootstrap: str
    registry: Server
    log: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HPR_BROKER": self.bootstrap,
            "HPR_REGISTRY": self.registry.url,
            "HPR_REGISTRY_CACHE": str(self.log.parent / "kept"),
        }

    def feed(self, day: str) -> None:
        arguments = ("--start", day, "--races", "1", "--speed", "max")
        run("feed", "simulator", *arguments, log=self.log, **self.environment)

    def count(self, topic: str) -> int:
        return len(read_values(self.bootstrap, topic))

    def work(self) -> None:
        """Run a worker until there are more predictions, and the result is on the board."""
        before = {topic: self.count(topic) for topic in DERIVED}
        with running("worker", "--http-port", "0", log=self.log, **self.environment):
            wait_until(lambda: all(self.count(topic) > before[topic] for topic in DERIVED), "predictions", 60)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with EmbeddedBroker() as broker, registry_server() as registry:
        broker.touch([topic.name for topic in admin.wanted()])
        world = World(broker.bootstrap, registry, tmp_path / "log")
        run("schemas", "register", log=world.log, **world.environment)
        yield world


def test_all_records_carry_the_registry_s_ids_and_without_it_the_ids_kept_go_on_working(
    world: World,
) -> None:
    world.feed("2023-07-15T16:00:00")
    world.work()
    with SchemaRegistryClient({"url": world.registry.url}) as client:
        deserialize = AvroDeserializer(client)
        for topic in (*FED, *DERIVED):
            values = read_values(world.bootstrap, topic)
            assert values
            for value in values:
                record = deserialize(value, SerializationContext(topic, MessageField.VALUE))
                assert record is not None
                assert {"event_id", "source", "event_time"} <= record.keys()
                assert int.from_bytes(value[1:5], "big") in world.registry.subjects[f"{topic}-value"]

    world.registry.stop()
    world.feed("2023-07-16T16:00:00")
    world.work()
    port = free_port()
    with running("gateway", "--port", str(port), log=world.log, **world.environment):
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: _ready(address), "the gateway has read all", 30)
        assert len(httpx.get(f"{address}/v1/races").json()["races"]) == 2
        served = httpx.get(f"{address}/subjects/racing.odds-value/versions/latest").json()
        assert served["id"] == world.registry.subjects["racing.odds-value"][0] >= FIRST_ID
    assert world.count("racing.dead-letters") == 0


def _ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz").is_success
    except httpx.TransportError:
        return False
