import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from deploy.kafka.jars import KafkaUnavailableError
from deploy.kafka.node import SingleNode, answers, free_port

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SingleNode]:
    """A node that these tests may take away."""
    with SingleNode(tmp_path_factory.mktemp("node")) as node:
        yield node


def create(node: SingleNode, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": node.bootstrap})
    admin.create_topics([NewTopic(topic, num_partitions=1)])[topic].result(timeout=10)


def produce(node: SingleNode, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": node.bootstrap})
    producer.produce(topic, value)
    assert producer.flush(10) == 0


def read_one(node: SingleNode, topic: str) -> bytes | None:
    settings = {"bootstrap.servers": node.bootstrap, "group.id": topic, "auto.offset.reset": "earliest"}
    consumer = Consumer(settings)
    consumer.subscribe([topic])
    message = consumer.poll(20)
    consumer.close()
    assert message is not None
    assert message.error() is None
    return message.value()


def test_what_is_produced_is_read_again(kafka: SingleNode) -> None:
    create(kafka, "test-node-round-trip")
    produce(kafka, "test-node-round-trip", b"to post")
    assert read_one(kafka, "test-node-round-trip") == b"to post"


def test_a_topic_that_nobody_created_does_not_appear(kafka: SingleNode) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    topic = admin.list_topics("test-node-undeclared", timeout=10).topics["test-node-undeclared"]
    assert topic.error is not None
    assert "test-node-undeclared" not in admin.list_topics(timeout=10).topics


def test_a_transaction_commits_on_one_node(kafka: SingleNode) -> None:
    create(kafka, "test-node-transaction")
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "transactional.id": "test-node"})
    producer.init_transactions(20)
    producer.begin_transaction()
    producer.produce("test-node-transaction", b"weighed in")
    producer.commit_transaction(20)
    assert read_one(kafka, "test-node-transaction") == b"weighed in"


@pytest.mark.parametrize("abruptly", [False, True])
def test_a_broker_taken_away_comes_back_with_its_data_and_address(node: SingleNode, abruptly: bool) -> None:
    topic, address, was = f"kept-{abruptly}", node.bootstrap, node.pid
    create(node, topic)
    produce(node, topic, b"still here")
    node.restart(abruptly=abruptly)
    assert node.bootstrap == address
    assert node.pid not in {None, was}
    assert read_one(node, topic) == b"still here"


def test_a_stopped_node_does_not_answer_and_stopping_it_again_is_no_error(tmp_path: Path) -> None:
    with SingleNode(tmp_path) as node:
        assert answers(node.bootstrap, timeout=5)
    assert node.pid is None
    assert not answers(node.bootstrap)
    node.stop()


def test_two_nodes_cannot_share_a_folder(kafka: SingleNode) -> None:
    with pytest.raises(KafkaUnavailableError, match="already runs"):
        SingleNode(kafka.folder).start()


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(KafkaUnavailableError, match=f"port {port} of 127.0.0.1 is taken"):
            SingleNode(tmp_path, port=port).start()


def test_a_node_that_cannot_start_shows_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "meta.properties").write_text("version=1\ncluster.id=another\nnode.id=7\n")
    with pytest.raises(KafkaUnavailableError, match="Stored node id 7 doesn't match"):
        SingleNode(tmp_path).start()


def test_a_process_id_left_over_from_another_program_is_not_taken_for_the_node(tmp_path: Path) -> None:
    (tmp_path / "kafka.pid").write_text("1")
    assert SingleNode(tmp_path).pid is None


def test_a_port_where_nothing_listens_does_not_answer() -> None:
    with pytest.raises(KafkaException):
        AdminClient({"bootstrap.servers": f"127.0.0.1:{free_port()}", "log_level": 0}).list_topics(
            timeout=0.2
        )
    assert not answers(f"127.0.0.1:{free_port()}")
