"""Calls and their answers, frames, heartbeats and closing."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.conformance.conftest import PATIENCE, Opener


def _closed(socket: ClientConnection, patience: float = PATIENCE) -> int:
    """The code with which the server ends the connection."""
    with suppress(ConnectionClosed):
        while True:
            socket.recv(patience)
    assert socket.close_code is not None
    assert socket.close_reason
    return socket.close_code


def test_the_greeting_names_protocol_epoch_and_heartbeat(talk: Opener) -> None:
    with talk() as one, talk() as other:
        assert one.greeting["protocol"] == "hpr.v1"
        assert one.greeting["epoch"] == other.greeting["epoch"]
        assert one.greeting["heartbeat_seconds"] > 0


def test_the_first_call_must_be_connect_and_it_is_said_once(dial: Opener, talk: Opener) -> None:
    with dial() as socket:
        socket.send('{"id":1,"method":"subscribe","params":{"channel":"track:*"}}')
        assert json.loads(socket.recv(PATIENCE))["error"]["code"] == 107
    with talk() as client:
        assert client.error("connect") == 107


def test_calls_may_follow_connect_without_waiting_for_its_answer(dial: Opener) -> None:
    with dial() as socket:
        socket.send('{"id":9007199254740991,"method":"connect"}')
        socket.send('{"id":2,"method":"subscribe","params":{"channel":"track:*"}}')
        answers = [frame for frame in (json.loads(socket.recv(PATIENCE)) for _ in range(2)) if "id" in frame]
        assert [answer["id"] for answer in answers] == [9_007_199_254_740_991, 2]
        assert all("result" in answer for answer in answers)


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("bet", {}, 104),
        ("subscribe", {"channel": "horse:7"}, 102),
        ("subscribe", {"channel": "track:**"}, 102),
        ("subscribe", {"channel": 7}, 107),
        ("subscribe", {}, 107),
        ("unsubscribe", {}, 107),
        ("refresh", {}, 107),
    ],
)
def test_a_wrong_call_is_refused_and_the_connection_goes_on(
    talk: Opener, method: str, params: dict[str, Any], code: int
) -> None:
    with talk() as client:
        assert client.error(method, **params) == code
        assert client.result("unsubscribe", channel="track:*") == {}


def test_params_that_are_not_known_are_passed_over(talk: Opener) -> None:
    with talk() as client:
        assert "states" in client.result("subscribe", channel="track:NONE", tomorrow=True)


def test_a_client_holds_as_many_channels_as_it_was_told(talk: Opener) -> None:
    with talk() as client:
        most = client.greeting["channels"]
        for number in range(most):
            client.result("subscribe", channel=f"race:NONE-20230715-{number}")
        assert client.error("subscribe", channel="race:NONE-20230715-X") == 106
        assert client.error("subscribe", channel="race:NONE-20230715-0") == 105
        client.result("unsubscribe", channel="race:NONE-20230715-0")
        client.result("subscribe", channel="race:NONE-20230715-X")


@pytest.mark.parametrize(
    "frame",
    ["", "nonsense", "[]", "7", "null", '{"method":"connect"}', '{"id":"1"}', '{"id":0}', b"{}",
     json.dumps({"id": 1, "method": "x" * 20_000})],
    ids=["empty", "nonsense", "list", "number", "null", "no id", "text id", "zero id", "binary", "large"],
)  # fmt: skip
def test_what_is_no_call_ends_the_connection_for_good(dial: Opener, frame: str | bytes) -> None:
    with dial() as socket:
        socket.send(frame)
        assert _closed(socket) == 3501


def test_a_message_in_fragments_is_one_message(dial: Opener) -> None:
    with dial() as socket:
        socket.send(['{"id":1,', '"method":', '"connect"}'])
        assert json.loads(socket.recv(PATIENCE))["id"] == 1


def test_a_ping_is_answered(dial: Opener) -> None:
    with dial() as socket:
        assert socket.ping(b"there").wait(PATIENCE)


def test_heartbeats_come_and_who_answers_them_stays(talk: Opener) -> None:
    with talk() as client:
        patience = 2 * client.greeting["heartbeat_seconds"]
        for _ in range(3):
            while client.hear(patience) != {}:
                pass


def test_who_is_silent_for_two_and_a_half_heartbeats_is_told_to_come_back(talk: Opener) -> None:
    with talk() as client:
        began, beat = time.monotonic(), client.greeting["heartbeat_seconds"]
        assert _closed(client.socket, 2 * beat) == 3012
        assert time.monotonic() - began >= 2.5 * beat - 0.1
