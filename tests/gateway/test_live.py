"""The gateway as a whole: real sockets on one side, the embedded broker on the other."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from gateway.effects import OTHER_WORLD
from gateway.hub import wall
from gateway.protocol import Limits
from gateway.reader import Run
from schemas.records import FeedStatus, RaceView
from topics.embedded import EmbeddedBroker
from topics.producer import EventProducer

RACE = "BEL-20230715-01"
PATIENCE = 10.0

ViewMaker = Callable[..., RaceView]
StatusMaker = Callable[..., FeedStatus]
GatewayRunner = Callable[..., AbstractContextManager[Any]]
Connector = Callable[[], AbstractContextManager[ClientConnection]]


@pytest.fixture
def producer(broker: EmbeddedBroker) -> EventProducer:
    return EventProducer(broker.bootstrap)


def _publish(producer: EventProducer, *views: RaceView) -> None:
    for view in views:
        producer.publish("racing.races", view)
    producer.flush()


def _call(ws: ClientConnection, method: str, **params: str) -> dict[str, Any]:
    ws.send(json.dumps({"id": 1, "method": method, "params": params}))
    return _hear(ws, "id")


def _hear(ws: ClientConnection, key: str, *, answering: bool = True) -> dict[str, Any]:
    """The next frame with `key` in it, whatever heartbeats come before it."""
    while True:
        frame: dict[str, Any] = json.loads(ws.recv(PATIENCE))
        if key in frame:
            return frame
        if answering:
            ws.send("{}")


@pytest.fixture
def live(broker: EmbeddedBroker, run_gateway: GatewayRunner) -> Iterator[Connector]:
    with run_gateway(broker.bootstrap) as running:
        running.wait_ready()

        @contextmanager
        def opened() -> Iterator[ClientConnection]:
            with connect(f"ws://{running.address}/v1/ws", proxy=None) as ws:
                assert _call(ws, "connect")["result"]["epoch"] == running.hub.board.epoch
                yield ws

        yield opened


def test_what_a_worker_publishes_is_pushed_to_whoever_watches(
    live: Connector, producer: EventProducer, view: ViewMaker
) -> None:
    with live() as ws:
        assert _call(ws, "subscribe", channel=f"race:{RACE}")["result"]["states"] == []
        _publish(producer, view(RACE, 1), view("SAR-20230715-01", 1), view(RACE, 2))
        revisions = [_hear(ws, "push")["push"]["state"]["revision"]]
        while revisions[-1] < 2:
            revisions.append(_hear(ws, "push")["push"]["state"]["revision"])
    assert revisions in ([1, 2], [2])


def test_whoever_comes_back_with_a_position_gets_only_what_is_newer(
    live: Connector, producer: EventProducer, view: ViewMaker
) -> None:
    with live() as ws:
        _call(ws, "subscribe", channel="track:*")
        _publish(producer, view(RACE, 1))
        position = _hear(ws, "push")["push"]["position"]
    with live() as watching:
        _call(watching, "subscribe", channel="race:SAR-20230715-01")
        _publish(producer, view("SAR-20230715-01", 1))
        _hear(watching, "push")
    with live() as ws:
        states = _call(ws, "subscribe", channel="track:*", position=position)["result"]["states"]
    assert [state["race_id"] for state in states] == ["SAR-20230715-01"]


def test_what_was_there_before_the_gateway_is_served(
    broker: EmbeddedBroker, run_gateway: GatewayRunner, producer: EventProducer, view: ViewMaker
) -> None:
    _publish(producer, *(view(RACE, revision) for revision in range(1, 40)))
    with run_gateway(broker.bootstrap) as running:
        running.wait_ready()
        state = running.get(f"/v1/races/{RACE}").json()
    assert (state["revision"], state["freshness"]) == (39, "unknown")


def test_the_feeds_heartbeats_make_the_races_fresh(
    live: Connector, producer: EventProducer, view: ViewMaker, status: StatusMaker
) -> None:
    with live() as ws:
        _call(ws, "subscribe", channel=f"race:{RACE}")
        producer.publish("feeds.status", status("simulator", wall()))
        for revision in range(1, 1000):
            _publish(producer, view(RACE, revision))
            if _hear(ws, "push")["push"]["state"]["freshness"] == "fresh":
                return
    pytest.fail("no heartbeat arrived")


def test_a_feed_that_falls_silent_turns_the_race_stale_without_any_new_record(
    live: Connector, producer: EventProducer, view: ViewMaker, status: StatusMaker
) -> None:
    producer.publish("feeds.status", status("simulator", wall(), heartbeat_seconds=1))
    _publish(producer, view(RACE, 1))
    with live() as ws:
        known = _call(ws, "subscribe", channel="track:*")["result"]["states"]
        state = known[0] if known else _hear(ws, "push")["push"]["state"]
        while state["freshness"] != "stale":
            state = _hear(ws, "push")["push"]["state"]
    assert state["revision"] == 1


def test_two_gateways_have_one_epoch(broker: EmbeddedBroker, run_gateway: GatewayRunner) -> None:
    with run_gateway(broker.bootstrap) as one, run_gateway(broker.bootstrap) as two:
        one.wait_ready()
        two.wait_ready()
        assert one.hub.board.epoch == two.hub.board.epoch


def test_a_record_that_cannot_be_decoded_is_counted_and_passed_over(
    broker: EmbeddedBroker, run_gateway: GatewayRunner, producer: EventProducer, view: ViewMaker
) -> None:
    producer.send("racing.races", RACE.encode(), b"no avro at all")
    _publish(producer, view(RACE, 1))
    with run_gateway(broker.bootstrap) as running:
        running.wait_ready()
        assert running.get(f"/v1/races/{RACE}").json()["revision"] == 1
        assert "hpr_gateway_records_skipped_total 1.0" in running.get("/metrics").text


def test_without_a_broker_the_gateway_serves_and_says_what_is_missing(run_gateway: GatewayRunner) -> None:
    with run_gateway("127.0.0.1:9") as running:
        pause = threading.Event()
        while "no Kafka answers" not in (answer := running.get("/readyz")).text:
            pause.wait(0.05)
        assert answer.status_code == 503
        assert running.get("/healthz").status_code == 200
        with connect(f"ws://{running.address}/v1/ws", proxy=None) as ws:
            assert _call(ws, "connect")["error"]["temporary"] is True


def test_what_is_no_call_is_closed_for_good_with_a_reason(live: Connector) -> None:
    for frame in ("nonsense", b"\x00\x01", json.dumps({"id": 1, "method": "x" * 20_000})):
        with live() as ws:
            ws.send(frame)
            with pytest.raises(ConnectionClosed) as closed:
                ws.recv(PATIENCE)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 3501
        assert closed.value.rcvd.reason


def test_a_client_that_does_not_answer_heartbeats_is_told_to_come_back(
    broker: EmbeddedBroker, run_gateway: GatewayRunner, quick: Limits
) -> None:
    with run_gateway(broker.bootstrap, limits=quick) as running:
        running.wait_ready()
        with connect(f"ws://{running.address}/v1/ws", proxy=None) as ws:
            _call(ws, "connect")
            assert json.loads(ws.recv(PATIENCE)) == {}
            with pytest.raises(ConnectionClosed) as closed:
                _hear(ws, "push", answering=False)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 3012


def test_another_world_under_the_same_name_makes_every_client_begin_again(
    broker: EmbeddedBroker, run_gateway: GatewayRunner
) -> None:
    with run_gateway(broker.bootstrap) as running:
        running.wait_ready()
        with connect(f"ws://{running.address}/v1/ws", proxy=None) as ws:
            _call(ws, "connect")
            assert running.hub._loop is not None
            running.hub._loop.call_soon_threadsafe(running.hub.apply, Run("ffffffffffffffff"))
            with pytest.raises(ConnectionClosed) as closed:
                ws.recv(PATIENCE)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == OTHER_WORLD.code


def test_a_client_that_does_not_read_is_dropped_and_the_others_go_on(
    broker: EmbeddedBroker,
    run_gateway: GatewayRunner,
    producer: EventProducer,
    view: ViewMaker,
    quick: Limits,
) -> None:
    heavy = Limits(heartbeat_seconds=60, write_seconds=quick.write_seconds)
    with run_gateway(broker.bootstrap, limits=heavy) as running:
        running.wait_ready()
        host, _, port = running.address.partition(":")
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.connect((host, int(port)))
        with deaf, connect(f"ws://{running.address}/v1/ws", proxy=None) as ws:
            _open_by_hand(deaf, running.address)
            _call(ws, "connect")
            _call(ws, "subscribe", channel="track:*")
            revision = 0
            while 'clients_closed_total{code="3008"} 1.0' not in running.get("/metrics").text:
                revision += 1
                _publish(producer, view(RACE, revision, why=["x" * 500_000]))
                while _hear(ws, "push")["push"]["state"]["revision"] < revision:
                    pass
            pause = threading.Event()
            while "hpr_gateway_clients 1.0" not in running.get("/metrics").text:
                pause.wait(0.05)
            _publish(producer, view(RACE, revision + 1))
            assert _hear(ws, "push")["push"]["state"]["revision"] == revision + 1


def _open_by_hand(raw: socket.socket, address: str) -> None:
    """A WebSocket that subscribes to everything and then never reads."""
    raw.sendall(
        f"GET /v1/ws HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    assert b"101" in raw.recv(1024)
    for method, params in (("connect", {}), ("subscribe", {"channel": "track:*"})):
        text = json.dumps({"id": 1, "method": method, "params": params}).encode()
        raw.sendall(struct.pack("!BB4x", 0x81, 0x80 | len(text)) + text)


def test_stopping_the_gateway_ends_its_reader(broker: EmbeddedBroker, run_gateway: GatewayRunner) -> None:
    with run_gateway(broker.bootstrap) as running:
        running.wait_ready()
        assert running.hub.alive
    assert not running.hub.alive
