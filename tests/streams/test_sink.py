"""A sink whose place is away: it says so, keeps what it holds, commits nothing, and catches up by itself."""

import time
from collections.abc import Iterable
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any

import httpx
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import OperationalError
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from moto.server import ThreadedMotoServer
from structlog.testing import capture_logs

from schemas.codec import default_codec
from schemas.errors import StoreError
from streams import sink as sinks
from streams.archive.container import Record
from streams.archive.reader import Archive
from streams.archive.store import FolderStore, open_store
from streams.archive.target import ArchiveTarget
from streams.archive.upkeep import problems
from streams.clickhouse.target import ClickHouseTarget
from streams.sink import Sink, Target
from tests.streams.events import odds, price
from topics.catalogue import ODDS
from topics.embedded import EmbeddedBroker

CODEC = default_codec()
TEN_MINUTES = 600.0
GROUP = "keeping"


class Clock(Flag):
    """The sink's flag to stop: waiting for it takes no time here, and is counted."""

    waited = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        self.waited += timeout or 0.0
        time.sleep(0.001)
        return self.is_set()


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterable[EmbeddedBroker]:
    # The embedded broker does not know what it is asked here; the question is let go after ten seconds.
    monkeypatch.setattr(sinks, "topic_ids", lambda *_: {})
    with EmbeddedBroker() as broker:
        broker.touch([ODDS.name])
        yield broker


def produce(broker: EmbeddedBroker, first: int, last: int) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    for at in range(first, last):
        value = CODEC.encode("OddsUpdate", odds([price("1", 2.0 + at), price("2", 4.0)], at))
        producer.produce(ODDS.name, value, b"race", partition=0)
    assert producer.flush(10) == 0


def committed(broker: EmbeddedBroker) -> int:
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": GROUP})
    found = consumer.committed([TopicPartition(ODDS.name, 0)], 10)[0].offset
    consumer.close()
    return int(found)


def kept(broker: EmbeddedBroker, target: Target, records: int, clock: Clock) -> list[Any]:
    """Runs a sink until it has brought so many records; gives what it logged."""

    def look(sink: Sink) -> None:
        if sink.records >= records:
            clock.set()

    sink = Sink(broker.bootstrap, "", [ODDS.name], GROUP, target, 0.05, clock, on_flush=look)
    with capture_logs() as logs:
        running = Thread(target=sink.run)
        running.start()
        running.join(30)
    assert not running.is_alive()
    return [entry for entry in logs if entry["event"] in ("nothing is lost: trying again", "going on")]


def test_clickhouse_away_for_ten_minutes_is_caught_up_with(
    broker: EmbeddedBroker, client: Client, target: ClickHouseTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, insert = Clock(), client.raw_insert
    tries: list[float] = []

    def away(*arguments: Any, **options: Any) -> Any:
        if clock.waited < TEN_MINUTES:
            tries.append(clock.waited)
            if len(tries) == 1:
                produce(broker, 5, 8)
            if len(tries) == 40:
                assert committed(broker) < 0
            raise OperationalError("connection refused")
        return insert(*arguments, **options)

    monkeypatch.setattr(client, "raw_insert", away)
    produce(broker, 0, 5)
    logs = kept(broker, target, 8, clock)
    assert len(tries) > 40
    assert committed(broker) == 8
    assert "ClickHouse does not take records in: connection refused" in logs[0]["why"]
    assert logs[-1]["event"] == "going on"
    assert client.query("SELECT count(), uniqExact(event_id) FROM odds FINAL").result_rows == [(16, 8)]


def test_a_store_that_refuses_is_caught_up_with(
    broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret", "REGION": "us-east-1"}
    for name, value in {**settings, "ENDPOINT": f"http://{host}:{port}"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)

    class Opening(Clock):
        def wait(self, timeout: float | None = None) -> bool:
            if self.waited > 30 and not opened:
                httpx.put(f"http://{host}:{port}/not-yet").raise_for_status()
                opened.append(True)
            return super().wait(timeout)

    opened: list[bool] = []
    store = open_store("s3://not-yet/archive")
    produce(broker, 0, 5)
    logs = kept(broker, ArchiveTarget(store, CODEC.history), 5, Opening())
    assert opened
    assert all("s3://not-yet/archive" in entry["why"] for entry in logs[:-1])
    assert [record.offset for record in Archive(store).records(ODDS.name, 0)] == list(range(5))
    assert list(problems(Archive(store))) == []
    server.stop()


def test_a_disk_that_is_full_for_a_while_is_caught_up_with(broker: EmbeddedBroker, tmp_path: Path) -> None:
    clock = Clock()

    class Full(FolderStore):
        def put_new(self, path: str, data: bytes) -> None:
            if clock.waited < 60:
                produce(broker, 5, 6) if not clock.waited else None
                raise StoreError(f"{path}: cannot be written: No space left on device")
            super().put_new(path, data)

    store = Full(tmp_path)
    produce(broker, 0, 5)
    logs = kept(broker, ArchiveTarget(store, CODEC.history), 6, clock)
    assert "No space left on device" in logs[0]["why"]
    assert committed(broker) == 6
    assert [record.offset for record in Archive(store).records(ODDS.name, 0)] == list(range(6))


def test_a_broker_that_does_not_say_where_its_topics_end_is_asked_again(
    broker: EmbeddedBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, bounds = Clock(), sinks._bounds

    def away(consumer: Consumer, at: sinks.At) -> tuple[int, int]:
        if clock.waited < 60:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))
        return bounds(consumer, at)

    monkeypatch.setattr(sinks, "_bounds", away)
    produce(broker, 0, 5)
    logs = kept(broker, ArchiveTarget(FolderStore(tmp_path), CODEC.history), 5, clock)
    assert logs[0]["why"].startswith(f"no Kafka answers at {broker.bootstrap}: ")
    assert committed(broker) == 5


def test_stopped_while_its_place_is_away_it_ends_with_the_reason(
    broker: EmbeddedBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinks, "RETRY_SECONDS", (0.01,))

    class Away(FolderStore):
        def put_new(self, path: str, data: bytes) -> None:
            stop.set()
            raise StoreError(f"{path}: cannot be written: No space left on device")

    stop = Flag()
    produce(broker, 0, 5)
    target = ArchiveTarget(Away(tmp_path), CODEC.history)
    with pytest.raises(StoreError, match="No space left"):
        Sink(broker.bootstrap, "", [ODDS.name], GROUP, target, 0.05, stop).run()
    assert committed(broker) < 0


def test_what_no_try_can_mend_ends_the_sink(broker: EmbeddedBroker, tmp_path: Path) -> None:
    class Broken(ArchiveTarget):
        def add(self, records: Iterable[Record]) -> None:
            raise ValueError("no record of ours")

    produce(broker, 0, 5)
    target = Broken(FolderStore(tmp_path), CODEC.history)
    with pytest.raises(ValueError, match="no record of ours"):
        Sink(broker.bootstrap, "", [ODDS.name], GROUP, target, 0.05).run()
    assert committed(broker) < 0
