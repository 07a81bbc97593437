"""The server path on real sockets: what the standard demands, what a bad client does, and many clients."""

import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from gateway.hub import wall
from gateway.protocol import Limits
from gateway.viewer import ANONYMOUS, Credentials, DeniedError, Viewer
from gateway.ws import FRAME_BYTES
from schemas.records import RaceView
from tests.gateway.conftest import READ
from topics.embedded import EmbeddedBroker
from topics.producer import EventProducer

RACE = "BEL-20230715-01"
PATIENCE = 10.0
MANY = 2_000

ViewMaker = Callable[..., RaceView]
GatewayRunner = Callable[..., AbstractContextManager[Any]]


@pytest.fixture(scope="module")
def embedded() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as broker:
        broker.touch(READ)
        yield broker


@pytest.fixture(scope="module")
def address(embedded: EmbeddedBroker, run_gateway: GatewayRunner) -> Iterator[str]:
    """Host and port of a gateway."""
    with run_gateway(embedded.bootstrap) as running:
        running.wait_ready()
        yield running.address


@contextmanager
def raw(address: str, *, receive_bytes: int | None = None) -> Iterator[socket.socket]:
    """A connection past the handshake, to say and hear bytes on."""
    host, _, port = address.partition(":")
    with socket.socket() as opened:
        if receive_bytes is not None:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        opened.settimeout(PATIENCE)
        opened.connect((host, int(port)))
        opened.sendall(
            f"GET /v1/ws HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        assert b" 101 " in opened.recv(1024)
        yield opened


def masked(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    """A client's frame, with a mask of zeros."""
    length = len(payload)
    head = struct.pack("!B", fin << 7 | opcode)
    if length < 126:
        return head + struct.pack("!B4x", 0x80 | length) + payload
    return head + struct.pack("!BH4x", 0x80 | 126, length) + payload


def read_frame(opened: socket.socket) -> tuple[int, bytes]:
    """Opcode and payload of the next frame."""
    first, length = _exactly(opened, 2)
    if length > 125:
        length = int.from_bytes(_exactly(opened, {126: 2, 127: 8}[length]), "big")
    return first & 0x0F, _exactly(opened, length)


def _exactly(opened: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        more = opened.recv(length - len(data))
        assert more, "the connection ended"
        data += more
    return data


def call(ws: ClientConnection, method: str, **params: Any) -> dict[str, Any]:
    ws.send(json.dumps({"id": 1, "method": method, "params": params}))
    while "id" not in (frame := json.loads(ws.recv(PATIENCE))):
        pass
    found: dict[str, Any] = frame
    return found


def test_a_message_in_fragments_with_a_ping_between_them_is_one_message(address: str) -> None:
    with raw(address) as opened:
        message = json.dumps({"id": 1, "method": "connect", "params": {"filler": "x" * 500}}).encode()
        opened.sendall(masked(1, message[:7], fin=False) + masked(0, message[7:20], fin=False))
        opened.sendall(masked(9, b"are you there"))
        assert read_frame(opened) == (10, b"are you there")
        opened.sendall(masked(0, message[20:]))
        opcode, payload = read_frame(opened)
        assert opcode == 1
        assert json.loads(payload)["result"]["protocol"] == "hpr.v1"


def test_bytes_that_come_one_by_one_are_the_same_message(address: str) -> None:
    with raw(address) as opened:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in masked(1, b'{"id":1,"method":"connect"}'):
            opened.sendall(bytes((byte,)))
        assert json.loads(read_frame(opened)[1])["id"] == 1


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"\x81\x02{}", 1002),
        (masked(3, b"reserved"), 1002),
        (masked(0, b"continues nothing"), 1002),
        (masked(1, b"{", fin=False) + masked(1, b"}"), 1002),
        (bytes((0xC1, 0x80, 0, 0, 0, 0)), 1002),
        (masked(9, b"x" * 126), 1002),
        (masked(1, b'"\xff"'), 1007),
        (struct.pack("!BBQ4x", 0x81, 0xFF, FRAME_BYTES + 1), 1009),
        (masked(1, b"{}", fin=False) + struct.pack("!BBQ4x", 0x80, 0xFF, FRAME_BYTES), 1009),
        (masked(2, b"{}"), 3501),
    ],
    ids=[
        "no mask", "opcode", "continuation", "text in text", "compressed", "long ping", "no UTF-8",
        "too large", "too large in parts", "binary",
    ],
)  # fmt: skip
def test_what_breaks_the_standard_ends_the_connection_with_its_code(
    address: str, sent: bytes, code: int
) -> None:
    with raw(address) as opened:
        opened.sendall(sent)
        opcode, payload = read_frame(opened)
        assert (opcode, int.from_bytes(payload[:2], "big")) == (8, code)
        opened.sendall(masked(8, payload[:2]))
        assert opened.recv(1) == b""


def test_a_client_that_does_not_close_its_side_is_dropped(address: str) -> None:
    with raw(address) as opened:
        opened.sendall(masked(2, b""))
        assert read_frame(opened)[0] == 8
        began = time.monotonic()
        with suppress(ConnectionResetError):
            assert opened.recv(1) == b""
        assert time.monotonic() - began < 5


def test_who_closes_is_answered_with_the_same_code(address: str) -> None:
    with raw(address) as opened:
        opened.sendall(masked(8, struct.pack("!H", 1000)))
        assert read_frame(opened) == (8, struct.pack("!H", 1000))
        assert opened.recv(1) == b""


def test_the_live_protocol_is_at_one_path_and_a_plain_request_is_told_how(address: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(f"ws://{address}/v1/other", proxy=None):
        pass
    assert refused.value.response.status_code == 404
    headers = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "12"}
    assert httpx.get(f"http://{address}/v1/ws", headers=headers).status_code in (400, 426)


def test_compression_is_not_agreed_to(address: str) -> None:
    with connect(f"ws://{address}/v1/ws", proxy=None, compression="deflate") as ws:
        assert ws.response is not None
        assert "sec-websocket-extensions" not in ws.response.headers


def test_thousands_of_clients_all_hear_of_a_race(
    address: str, embedded: EmbeddedBroker, view: ViewMaker
) -> None:
    calls = masked(1, b'{"id":1,"method":"connect"}') + masked(
        1, b'{"id":2,"method":"subscribe","params":{"channel":"race:SAR-20230715-05"}}'
    )
    with ExitStack() as stack:
        clients = [stack.enter_context(raw(address)) for _ in range(MANY)]
        for client in clients:
            client.sendall(calls)
        for client in clients:
            assert json.loads(read_frame(client)[1])["id"] == 1
            assert json.loads(read_frame(client)[1])["id"] == 2
        producer = EventProducer(embedded.bootstrap)
        producer.publish("racing.races", view("SAR-20230715-05", 4))
        producer.flush()
        heard = {read_frame(client)[1] for client in clients}
        assert len(heard) == 1, "one buffer for all"
        assert json.loads(heard.pop())["push"]["state"]["revision"] == 4
        assert f"hpr_gateway_clients {float(MANY)}" in httpx.get(f"http://{address}/metrics").text


def test_a_client_that_reads_slowly_gets_the_latest_and_little_of_what_was_before(
    address: str, embedded: EmbeddedBroker, view: ViewMaker
) -> None:
    producer, race, last = EventProducer(embedded.bootstrap), "SAR-20230715-06", 100
    with raw(address, receive_bytes=4096) as slow, connect(f"ws://{address}/v1/ws", proxy=None) as ws:
        slow.sendall(masked(1, b'{"id":1,"method":"connect"}'))
        slow.sendall(masked(1, b'{"id":2,"method":"subscribe","params":{"channel":"track:SAR"}}'))
        call(ws, "connect")
        call(ws, "subscribe", channel=f"race:{race}")
        for revision in range(1, last + 1):
            producer.publish("racing.races", view(race, revision, why=["x" * 50_000]))
            producer.flush()
            while json.loads(ws.recv(PATIENCE)).get("push", {}).get("state", {}).get("revision") != revision:
                pass
        revisions = [0]
        while revisions[-1] < last:
            frame = json.loads(read_frame(slow)[1])
            if frame.get("push", {}).get("state", {}).get("race_id") == race:
                revisions.append(frame["push"]["state"]["revision"])
    assert revisions == sorted(revisions)
    assert len(revisions) < last / 4, "what it did not read in time was conflated"


class Doorman:
    """Knows two tokens, and who calls by their cookie."""

    async def viewer(self, shown: Credentials) -> Viewer:
        if shown.token is None and "session=ann" not in dict(shown.headers).get("cookie", ""):
            return ANONYMOUS
        if shown.token == "broken":
            raise OSError("the database is away")
        if shown.token not in (None, "good"):
            raise DeniedError("this token is not known: sign in again")
        return Viewer("ann", channels=1)


def test_tokens_and_cookies_are_asked_about_while_other_calls_wait(
    embedded: EmbeddedBroker, run_gateway: GatewayRunner
) -> None:
    with run_gateway(embedded.bootstrap, authority=Doorman(), limits=Limits(channels=9)) as running:
        running.wait_ready()
        uri = f"ws://{running.address}/v1/ws"
        with connect(uri, proxy=None) as ws:
            assert call(ws, "connect")["result"]["channels"] == 9
        with connect(uri, proxy=None, additional_headers={"cookie": "session=ann"}) as ws:
            assert call(ws, "connect")["result"]["user"] == "ann"
            assert call(ws, "refresh", token="good")["result"]["user"] == "ann"
        with connect(uri, proxy=None) as ws:
            assert call(ws, "connect", token="bad")["error"]["code"] == 101
            assert call(ws, "connect", token="broken")["error"] == {
                "code": 108,
                "message": "tokens cannot be looked up just now: try again",
                "temporary": True,
            }
            ws.send('{"id":1,"method":"connect","params":{"token":"good"}}')
            ws.send('{"id":2,"method":"subscribe","params":{"channel":"track:*"}}')
            answers = [json.loads(ws.recv(PATIENCE)) for _ in range(2)]
            assert [(a["id"], "result" in a) for a in answers] == [(1, True), (2, True)]


class Fickle:
    """Lets in whom it is told to, each time for no longer than a moment."""

    def __init__(self) -> None:
        self.asked = 0
        self.denied: frozenset[str] = frozenset()

    async def viewer(self, shown: Credentials) -> Viewer:
        self.asked += 1
        return Viewer("ann", wall() + 50_000, denied=self.denied)


def test_who_is_in_is_looked_at_again_and_goes_once_something_is_withheld(
    embedded: EmbeddedBroker, run_gateway: GatewayRunner
) -> None:
    fickle, quick = Fickle(), Limits(heartbeat_seconds=0.2, missed_heartbeats=100)
    with run_gateway(embedded.bootstrap, authority=fickle, limits=quick) as running:
        running.wait_ready()
        with connect(f"ws://{running.address}/v1/ws", proxy=None) as ws:
            call(ws, "connect")
            call(ws, "subscribe", channel="alerts")
            while fickle.asked < 4:
                ws.recv(PATIENCE)
            fickle.denied = frozenset({"alerts"})
            while ws.close_code is None:
                with suppress(ConnectionClosed):
                    ws.recv(PATIENCE)
            assert ws.close_code == 3005


def test_many_calls_may_come_at_once(address: str) -> None:
    subscribe = '{"id":%d,"method":"subscribe","params":{"channel":"race:NONE-%d"}}'
    calls = [b'{"id":1,"method":"connect"}', *((subscribe % (n, n)).encode() for n in range(2, 62))]
    with raw(address) as opened:
        opened.sendall(b"".join(masked(1, each) for each in calls))
        assert [json.loads(read_frame(opened)[1])["id"] for _ in calls] == list(range(1, 62))


def test_when_the_gateway_stops_its_clients_are_told_to_come_back(
    embedded: EmbeddedBroker, run_gateway: GatewayRunner
) -> None:
    with ExitStack() as stack:
        running = stack.enter_context(run_gateway(embedded.bootstrap))
        running.wait_ready()
        ws = stack.enter_context(connect(f"ws://{running.address}/v1/ws", proxy=None))
        call(ws, "connect")
        running.stop()
        with pytest.raises(ConnectionClosed) as closed:
            ws.recv(PATIENCE)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
