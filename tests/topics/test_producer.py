import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import faust
import pytest
from aiokafka.partitioner import DefaultPartitioner  # type: ignore[import-untyped]
from confluent_kafka import Message

from deploy.kafka.node import SingleNode, free_port
from schemas import sources
from schemas.codec import default_codec
from schemas.dead_letters import dead_letter
from schemas.errors import BrokerError, SchemaError
from schemas.identity import uuid_of
from topics import admin
from topics.catalogue import ALERTS, DEAD_LETTERS, LARGEST_BYTES, ODDS, PARTITIONS, PREDICTIONS, Topic
from topics.embedded import EmbeddedBroker
from topics.producer import EventProducer, cloud_event_headers, producer_config

NOON = 1_690_000_000_000_000
Reader = Callable[[str, str, int], list[Message]]
Maker = Callable[..., None]


def event(topic: Topic, n: int = 0, race_id: str = "BEL-20230715-01") -> dict[str, Any]:
    """An event that fits the topic's schema."""
    fields = {field["name"]: field.get("default") for field in sources.raw(topic.schema)["fields"]}
    return fields | {
        "event_id": uuid_of(f"{race_id}:{n}"),
        "source": "hpr",
        "race_id": race_id,
        "event_time": NOON,
        "recorded_time": NOON,
        "sequence": n,
        "market_id": "1.2",
        "revision": n,
        "rule_version": "1",
        "headline": "7 Kahuka is out",
        "expires_at": NOON,
    }


def races(count: int) -> list[str]:
    return [f"TRK{n % 89}-20230715-{n:04d}" for n in range(count)]


async def test_keys_land_where_aiokafka_and_faust_place_them(
    kafka: SingleNode, prefix: str, make_topic: Maker, read_topic: Reader
) -> None:
    make_topic(kafka.bootstrap, f"{prefix}{ODDS.name}", PARTITIONS)
    producer = EventProducer(kafka.bootstrap, prefix)
    keys = [*(race.encode() for race in races(2_000)), "ÅRJ-20230715-01".encode()]
    for key in keys:
        producer.send(ODDS.name, key, b"")
    producer.flush()
    landed = {m.key(): m.partition() for m in read_topic(kafka.bootstrap, prefix + ODDS.name, len(keys))}
    every = list(range(PARTITIONS))
    aiokafka: Callable[[bytes, list[int], list[int]], int] = DefaultPartitioner()
    in_faust: Any = faust.App("placement", broker=f"kafka://{kafka.bootstrap}").producer
    assert landed == {key: aiokafka(key, every, every) for key in keys}
    assert landed == {key: in_faust.partitioner(key, every, every) for key in keys}
    assert set(landed.values()) == set(every)


def test_every_producer_is_idempotent_and_places_as_java_does() -> None:
    config = producer_config("host:1")
    assert config["enable.idempotence"] is True
    assert config["partitioner"] == "murmur2_random"


def test_events_are_read_back_as_published_under_the_catalogue_s_key(
    kafka: SingleNode, prefix: str, read_topic: Reader
) -> None:
    admin.create(kafka.bootstrap, prefix)
    producer = EventProducer(kafka.bootstrap, prefix)
    records = [event(ODDS, n) for n in range(50)]
    for record in records:
        producer.publish(ODDS.name, record)
    letter = dead_letter("betfair", b"\xff", "a.bz2:7", "why")
    producer.publish(DEAD_LETTERS.name, letter)
    producer.flush()
    assert producer.published == 51
    messages = read_topic(kafka.bootstrap, prefix + ODDS.name, 50)
    assert {message.key() for message in messages} == {b"BEL-20230715-01"}
    found = [default_codec().decode(cast(bytes, message.value()))[1] for message in messages]
    assert [record["sequence"] for record in found] == list(range(50))
    (dead,) = read_topic(kafka.bootstrap, prefix + DEAD_LETTERS.name, 1)
    assert dead.key() == b"a.bz2:7"


@pytest.mark.parametrize(
    ("topic", "kind"),
    [(PREDICTIONS, "pro.horserace.prediction.v1"), (ALERTS, "pro.horserace.alert.v1")],
    ids=["prediction", "alert"],
)
def test_predictions_and_alerts_are_cloud_events_in_binary_mode(
    topic: Topic, kind: str, read_topic: Reader
) -> None:
    record = event(topic)
    with EmbeddedBroker() as broker:
        producer = EventProducer(broker.bootstrap)
        producer.publish(topic.name, record)
        producer.flush()
        (message,) = read_topic(broker.bootstrap, topic.name, 1)
    headers = dict(cast(list[tuple[str, bytes]], message.headers()))
    assert {name: value.decode() for name, value in headers.items()} == {
        "ce_specversion": "1.0",
        "ce_id": record["event_id"],
        "ce_source": "/hpr",
        "ce_type": kind,
        "ce_subject": "BEL-20230715-01",
        "ce_time": "2023-07-22T04:26:40.000000Z",
        "content-type": "application/avro",
    }
    assert len(cloud_event_headers(topic.name, record)) == len(headers)


def test_other_events_carry_no_headers(read_topic: Reader) -> None:
    with EmbeddedBroker() as broker:
        producer = EventProducer(broker.bootstrap)
        producer.publish(ODDS.name, event(ODDS))
        producer.flush()
        (message,) = read_topic(broker.bootstrap, ODDS.name, 1)
    assert message.headers() is None


def test_a_record_that_does_not_fit_its_topic_is_not_published() -> None:
    with EmbeddedBroker() as broker:
        producer = EventProducer(broker.bootstrap)
        with pytest.raises(SchemaError, match="OddsUpdate"):
            producer.publish(ODDS.name, event(ODDS) | {"sequence": "first"})
        assert producer.published == 0


def test_a_broker_that_goes_and_comes_back_costs_nothing_and_keeps_the_order(
    tmp_path: Path, make_topic: Maker, read_topic: Reader
) -> None:
    with SingleNode(tmp_path) as node:
        make_topic(node.bootstrap, ODDS.name, PARTITIONS)
        producer = EventProducer(node.bootstrap)
        for n in range(100):
            producer.publish(ODDS.name, event(ODDS, n))
        node.stop()
        back = threading.Timer(0.5, node.start)
        back.start()
        for n in range(100, 300):
            producer.publish(ODDS.name, event(ODDS, n))
        back.join()
        producer.flush()
        messages = read_topic(node.bootstrap, ODDS.name, 300)
    values = [default_codec().decode(cast(bytes, message.value()))[1] for message in messages]
    assert [record["sequence"] for record in values] == list(range(300))


def test_a_record_that_the_broker_refuses_raises_at_the_next_call(
    kafka: SingleNode, prefix: str, make_topic: Maker
) -> None:
    make_topic(kafka.bootstrap, f"{prefix}{ODDS.name}", 1, **{"max.message.bytes": "200"})
    producer = EventProducer(kafka.bootstrap, prefix)
    producer.send(ODDS.name, b"key", bytes(range(256)) * 4)
    with pytest.raises(BrokerError, match="could not be delivered"):
        producer.flush()
    with pytest.raises(BrokerError, match="could not be delivered"):
        producer.send(ODDS.name, b"key", b"small")
    with pytest.raises(BrokerError, match="could not be delivered"):
        producer.poll()


def test_a_record_too_large_to_send_raises_at_once_and_names_the_topic() -> None:
    with EmbeddedBroker() as broker:
        producer = EventProducer(broker.bootstrap, "x.")
        with pytest.raises(BrokerError, match=r"x\.racing\.odds could not be sent"):
            producer.send(ODDS.name, b"key", bytes(LARGEST_BYTES + 10_000))
        assert producer.published == 0


def test_flushing_to_nobody_says_how_many_are_left() -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    producer = EventProducer(nowhere)
    producer.send(ODDS.name, b"key", b"value")
    with pytest.raises(BrokerError, match=f"1 records unacknowledged after 0.2 s by {nowhere}"):
        producer.flush(timeout=0.2)


def test_a_full_local_queue_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def small(bootstrap: str, linger_ms: int) -> dict[str, str | int | bool]:
        return producer_config(bootstrap, linger_ms) | {"queue.buffering.max.messages": 10}

    monkeypatch.setattr("topics.producer.producer_config", small)
    with EmbeddedBroker() as broker:
        producer = EventProducer(broker.bootstrap)
        for n in range(200):
            producer.send(ODDS.name, b"key", b"%d" % n)
        producer.flush()
    assert producer.published == 200


def test_a_mark_is_acknowledged_whatever_was_published_since() -> None:
    with EmbeddedBroker() as broker:
        producer = EventProducer(broker.bootstrap)
        producer.send(ODDS.name, b"key", b"before")
        mark = producer.mark()
        assert not producer.acknowledged(mark)
        producer.flush()
        producer.send(ODDS.name, b"key", b"after")
        assert producer.acknowledged(mark)
        assert producer.unacknowledged == 1
        producer.flush()
