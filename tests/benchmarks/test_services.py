import subprocess
import urllib.request

import pytest

from benchmarks.services import broker, gateway, service
from deploy.kafka.jars import KafkaUnavailableError
from deploy.kafka.node import SingleNode
from schemas.errors import BrokerError
from topics import admin


def test_where_no_kafka_can_run_it_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_node: SingleNode) -> SingleNode:
        raise KafkaUnavailableError("no java on PATH")

    monkeypatch.setattr(SingleNode, "start", start)
    with pytest.raises(BrokerError, match="needs a real Kafka: no java on PATH"), broker():
        pass


def test_a_service_is_a_process_that_ends_with_the_block() -> None:
    with service("worker", "--broker", "127.0.0.1:9", "--http-port", "0") as process:
        assert process.poll() is None
    assert isinstance(process, subprocess.Popen)
    assert process.poll() is not None


@pytest.mark.kafka
def test_a_gateway_is_ready_when_it_is_given(kafka: SingleNode) -> None:
    admin.create(kafka.bootstrap, "ready.")
    with (
        gateway(kafka.bootstrap, "ready.") as address,
        urllib.request.urlopen(f"http://{address}/readyz", timeout=5) as answer,
    ):
        assert answer.status == 200
