"""Conformance of any server to the live protocol: `HPR_CONFORMANCE_URL=ws://… pytest tests/conformance`.

The server needs a race that moves and an alert now and then. Without a URL our own gateway is asked.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from websockets.sync.client import ClientConnection, connect

PATIENCE = 30.0
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "asyncapi.json"

Frame = dict[str, Any]
Opener = Callable[[], Any]


class Frames:
    """Checks each frame of the server against the AsyncAPI document."""

    def __init__(self) -> None:
        document = json.loads(DOCUMENT.read_text("utf-8"))
        parts = document["components"]
        self._validators = {
            name: jsonschema.Draft202012Validator({**message["payload"], "components": parts})
            for name, message in parts["messages"].items()
            if message["contentType"] == "application/json"
        }

    def check(self, frame: Frame, method: str | None) -> None:
        """Fail where a frame is not as described; `method` is that of the call it answers."""
        if frame == {}:
            return
        if "push" in frame:
            kinds = [kind for kind in ("state", "delta", "event") if kind in frame["push"]]
            assert len(kinds) == 1, frame
            name = f"{kinds[0].title()}Push"
        else:
            name = "ErrorAnswer" if "error" in frame else f"{(method or '').title()}Answer"
        problem = jsonschema.exceptions.best_match(self._validators[name].iter_errors(frame))
        assert problem is None, f"{name}: {problem.message} at {list(problem.absolute_path)}"


class Talker:
    """A client that checks what it hears."""

    def __init__(self, socket: ClientConnection, frames: Frames) -> None:
        self.socket = socket
        self.greeting: Frame = {}
        self.pushes: list[Frame] = []
        self._frames = frames
        self._id = 0

    def hear(self, patience: float = PATIENCE, method: str | None = None) -> Frame:
        """The next frame; a heartbeat is answered."""
        frame: Frame = json.loads(self.socket.recv(patience))
        self._frames.check(frame, method)
        if frame == {}:
            self.socket.send("{}")
        if "push" in frame:
            self.pushes.append(frame["push"])
        return frame

    def call(self, method: str, **params: Any) -> Frame:
        """The answer to a call; pushes that come before it are kept."""
        self._id += 1
        self.socket.send(json.dumps({"id": self._id, "method": method, "params": params}))
        while (frame := self.hear(method=method)).get("id") != self._id:
            assert "id" not in frame
        return frame

    def result(self, method: str, **params: Any) -> Frame:
        """The result of a call that succeeds."""
        answer = self.call(method, **params)
        assert "result" in answer, answer
        result: Frame = answer["result"]
        return result

    def error(self, method: str, **params: Any) -> int:
        """The code of a call's refusal."""
        return int(self.call(method, **params)["error"]["code"])

    def push(self, channel: str, kind: str | None = None) -> Frame:
        """The next push on a channel, of those kept and those to come."""
        while True:
            for at, push in enumerate(self.pushes):
                if push["channel"] == channel and (kind is None or kind in push):
                    return self.pushes.pop(at)
            self.hear()


@pytest.fixture(scope="session")
def frames() -> Frames:
    return Frames()


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """The server under test."""
    if given := os.environ.get("HPR_CONFORMANCE_URL"):
        yield given
        return
    with _ours() as made:
        yield made


@pytest.fixture
def dial(url: str) -> Opener:
    """A raw connection: `with dial() as socket`."""
    return lambda: connect(url, proxy=None, compression=None)


@pytest.fixture
def talk(dial: Opener, frames: Frames) -> Opener:
    """A client that has connected: `with talk() as talker`."""

    @contextmanager
    def opened() -> Iterator[Talker]:
        with dial() as socket:
            talker = Talker(socket, frames)
            talker.greeting = talker.result("connect")
            yield talker

    return opened


@contextmanager
def _ours() -> Iterator[str]:
    """Our gateway on the embedded broker, with races that move and alerts of them."""
    from gateway.protocol import Limits
    from tests.gateway.conftest import READ, _alert, _run_gateway, _runner, _view
    from topics.embedded import EmbeddedBroker
    from topics.producer import EventProducer

    over = threading.Event()

    def publish(producer: EventProducer) -> None:
        number = 0
        while not over.wait(0.05):
            number += 1
            for race_id in ("BEL-20230715-01", "SAR-20230715-02"):
                runners = [_runner(str(n), back=2.0 + (number + n) % 7) for n in range(1, 9)]
                producer.publish("racing.races", _view(race_id, number, runners=runners))
            producer.publish("racing.alerts", _alert("BEL-20230715-01", number))
            producer.flush()

    with EmbeddedBroker() as broker:
        broker.touch(READ)
        with _run_gateway(broker.bootstrap, limits=Limits(heartbeat_seconds=1.0)) as running:
            running.wait_ready()
            publishing = threading.Thread(target=publish, args=(EventProducer(broker.bootstrap),))
            publishing.start()
            try:
                yield f"ws://{running.address}/v1/ws"
            finally:
                over.set()
                publishing.join()
