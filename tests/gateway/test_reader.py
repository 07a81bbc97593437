"""The reader without a Kafka, and against a real one that goes away and comes back."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from deploy.kafka.node import SingleNode
from gateway import reader, world
from schemas.codec import default_codec
from schemas.records import RaceView
from topics import admin
from topics.producer import EventProducer

ViewMaker = Callable[..., RaceView]


def _wait_for(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    while not condition():
        pause.wait(0.05)


def test_without_a_broker_it_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(reader, "RETRY_SECONDS", 0.01)
    said: list[str] = []
    reading = reader.Reader("127.0.0.1:9", "", default_codec(), lambda _: None, said.append)
    with capture_logs() as logs:
        reading.start()
        _wait_for(lambda: len(said) > 2)
        reading.stop()
    assert [entry["why"] for entry in logs] == [
        "no Kafka answers at 127.0.0.1:9: start it, or set HPR_BROKER"
    ]


@pytest.mark.kafka
def test_the_gateway_outlives_its_broker_and_goes_on_where_it_was(
    tmp_path: Path, run_gateway: Callable[..., AbstractContextManager[Any]], view: ViewMaker
) -> None:
    with SingleNode(tmp_path) as node:
        admin.create(node.bootstrap)
        producer = EventProducer(node.bootstrap)
        with run_gateway(node.bootstrap) as running:
            producer.publish("racing.races", view("BEL-20230715-01", 1))
            producer.flush()
            running.wait_ready()
            _wait_for(lambda: len(running.hub.board) == 1)
            epoch, board = running.hub.board.epoch, running.hub.board
            node.stop(abruptly=True)
            assert running.get("/v1/races/BEL-20230715-01").json()["revision"] == 1
            assert running.get("/readyz").status_code == 200
            node.start()
            producer.publish("racing.races", view("BEL-20230715-01", 2))
            producer.flush()
            _wait_for(lambda: running.get("/v1/races/BEL-20230715-01").json()["revision"] == 2)
            assert running.hub.board is board
            assert running.hub.board.epoch == epoch
