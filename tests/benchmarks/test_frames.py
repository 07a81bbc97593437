import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import pytest
from websockets.exceptions import ConnectionClosedOK
from websockets.sync.server import ServerConnection, serve

from benchmarks.frames import HEARTBEAT, Frames, frame_moment
from benchmarks.load import Moment
from benchmarks.market import odds, race_ids
from schemas.codec import default_codec
from schemas.errors import HprError

STATE = '{"race_id":"A","event_time":"2022-11-06T05:13:13.760000Z","revision":3}'
PUSH = f'{{"push":{{"channel":"race:A","position":"x","state":{STATE}}}}}'
AT = 1_667_711_593_760_000


@contextmanager
def serving(talk: Callable[[ServerConnection], None]) -> Iterator[str]:
    with serve(talk, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


def wait_for_moments(frames: Frames, number: int) -> list[Moment]:
    deadline = time.monotonic() + 10.0
    while len(found := frames.moments()) < number:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def test_a_frame_of_the_gateway_says_race_and_event_time() -> None:
    assert frame_moment(PUSH, 1.5) == Moment("A", AT, 1.5)


def test_an_answer_says_nothing_of_a_race() -> None:
    assert frame_moment('{"id":1,"result":{"states":[]}}', 1.5) is None


def test_a_frame_of_a_relay_is_a_record() -> None:
    race_id = race_ids(0, 1)[0]
    record = default_codec().encode("OddsUpdate", odds(race_id, 3, 77))
    assert frame_moment(record.ljust(4_000, b"\0"), 1.5) == Moment(race_id, 77, 1.5)


def test_the_client_subscribes_to_its_races_answers_heartbeats_and_notes_pushes() -> None:
    heard: list[object] = []

    def talk(socket: ServerConnection) -> None:
        for _ in range(3):
            call = msgspec.json.decode(socket.recv())
            heard.append((call["method"], call["params"]))
            socket.send(msgspec.json.encode({"id": call["id"], "result": {}}).decode())
        socket.send(HEARTBEAT)
        heard.append(socket.recv())
        socket.send(PUSH)
        socket.recv()

    before = time.perf_counter()
    with serving(talk) as uri, Frames(uri, ["A", "B"]) as frames:
        (moment,) = wait_for_moments(frames, 1)
    assert heard == [
        ("connect", {}),
        ("subscribe", {"channel": "race:A"}),
        ("subscribe", {"channel": "race:B"}),
        HEARTBEAT,
    ]
    assert moment[:2] == ("A", AT)
    assert before < moment.at < time.perf_counter()


def test_a_relay_is_only_listened_to() -> None:
    record = default_codec().encode("OddsUpdate", odds("A", 1, 77))

    def talk(socket: ServerConnection) -> None:
        socket.send(record)
        socket.send(record)
        with pytest.raises(ConnectionClosedOK):
            socket.recv()

    with serving(talk) as uri, Frames(uri) as frames:
        assert [moment.event_time for moment in wait_for_moments(frames, 2)] == [77, 77]
        assert len(frames.moments(1)) == 1


def test_a_server_that_is_not_there_is_an_error() -> None:
    with pytest.raises(HprError, match="does not answer"):
        Frames("ws://127.0.0.1:9").__enter__()
