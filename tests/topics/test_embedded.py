import doctest

from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]

from schemas.codec import default_codec
from schemas.dead_letters import dead_letter
from topics import embedded
from topics.embedded import EmbeddedBroker
from topics.producer import EventProducer


def test_the_examples_in_the_docs_run() -> None:
    assert doctest.testmod(embedded).failed == 0


def test_the_notice_says_that_nothing_is_kept() -> None:
    assert "in memory" in embedded.NOTICE
    assert "--broker" in embedded.NOTICE


def test_two_brokers_are_two_clusters() -> None:
    with EmbeddedBroker() as one, EmbeddedBroker() as other:
        assert one.bootstrap != other.bootstrap


async def test_what_is_published_is_read_by_aiokafka() -> None:
    letters = [dead_letter("betfair", bytes([n]), f"a:{n}", "why") for n in range(20)]
    with EmbeddedBroker() as broker:
        broker.touch(["x.racing.dead-letters"])
        producer = EventProducer(broker.bootstrap, "x.")
        for letter in letters:
            producer.publish("racing.dead-letters", letter)
        producer.flush()
        consumer = AIOKafkaConsumer(
            "x.racing.dead-letters", bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            records = [await consumer.getone() for _ in letters]
        finally:
            await consumer.stop()
    found = [default_codec().decode(record.value)[1] for record in records]
    assert sorted(found, key=lambda letter: letter["origin"]) == sorted(
        letters, key=lambda letter: letter["origin"]
    )
    assert {record.key.decode() for record in records} == {letter["origin"] for letter in letters}
