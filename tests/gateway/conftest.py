"""Records, boards and running gateways for the gateway's tests."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from gateway.app import create_app, listen, server
from gateway.board import Board
from gateway.hub import Hub
from gateway.protocol import Limits
from schemas import sources
from schemas.identity import uuid_of
from schemas.records import Alert, FeedStatus, RaceBars, RaceView, RunnerView
from topics.embedded import EmbeddedBroker

NOON = 1_690_000_000_000_000
RACE = "BEL-20230715-01"
READ = ["racing.races", "racing.bars", "racing.alerts", "alerts.notices", "feeds.status"]
"""Topics that a gateway reads."""

ViewMaker = Callable[..., RaceView]
RunnerMaker = Callable[..., RunnerView]
StatusMaker = Callable[..., FeedStatus]
BoardMaker = Callable[..., Board]


def _defaults(fields: list[dict[str, Any]]) -> dict[str, Any]:
    return {field["name"]: field.get("default") for field in fields}


def _view(race_id: str = RACE, revision: int = 1, **changes: Any) -> RaceView:
    record = _defaults(sources.raw("RaceView")["fields"]) | {
        "event_id": uuid_of(f"{race_id}:{revision}"),
        "source": "hpr",
        "race_id": race_id,
        "event_time": NOON,
        "recorded_time": NOON,
        "sequence": revision,
        "revision": revision,
        "track_code": race_id.partition("-")[0],
        "scheduled_off": NOON,
    }
    return cast(RaceView, record | changes)


def _runner(runner_id: str, **changes: Any) -> RunnerView:
    field = next(f for f in sources.raw("RaceView")["fields"] if f["name"] == "runners")
    return cast(RunnerView, _defaults(field["type"]["items"]["fields"]) | {"runner_id": runner_id} | changes)


def _status(source: str = "simulator", at: int = NOON, **changes: Any) -> FeedStatus:
    record = {
        "event_id": uuid_of(f"{source}:{at}"),
        "source": source,
        "race_id": "",
        "event_time": at,
        "recorded_time": at,
        "sequence": at,
        "state": "HEARTBEAT",
        "heartbeat_seconds": 5,
        "events": 1,
        "detail": None,
        "instance": "",
    }
    return cast(FeedStatus, record | changes)


def _board(epoch: str = "00112233445566aa", whole: bool = True) -> Board:
    made = Board(epoch)
    made.whole = whole
    return made


@pytest.fixture(scope="session")
def view() -> ViewMaker:
    """Makes a RaceView: `view(race_id, revision, **fields)`."""
    return _view


@pytest.fixture(scope="session")
def runner() -> RunnerMaker:
    """Makes a RunnerView: `runner(runner_id, **fields)`."""
    return _runner


def _bars(times: list[int], **prices: list[float]) -> RaceBars:
    return {
        "event_id": uuid_of("bars"),
        "source": "hpr",
        "race_id": "BEL-20230715-01",
        "event_time": 0,
        "recorded_time": 0,
        "sequence": 1,
        "bar_seconds": 60,
        "bar_times": times,
        "runners": [{"runner_id": id, "prices": closing} for id, closing in prices.items()],
    }


@pytest.fixture(scope="session")
def bars() -> Callable[..., RaceBars]:
    """Makes RaceBars: `bars(times, runner_id=prices, …)`."""
    return _bars


@pytest.fixture(scope="session")
def status() -> StatusMaker:
    """Makes a FeedStatus: `status(source, at, **fields)`."""
    return _status


def _alert(race_id: str = RACE, number: int = 1, **changes: Any) -> Alert:
    record = _defaults(sources.raw("Alert")["fields"]) | {
        "event_id": uuid_of(f"alert:{race_id}:{number}"),
        "source": "hpr",
        "race_id": race_id,
        "event_time": NOON,
        "recorded_time": NOON,
        "sequence": number,
        "rule_version": "1",
        "headline": f"alert {number}",
        "expires_at": NOON + 60_000_000,
    }
    return cast(Alert, record | changes)


@pytest.fixture(scope="session")
def alert() -> Callable[..., Alert]:
    """Makes an Alert: `alert(race_id, number, **fields)`."""
    return _alert


@pytest.fixture(scope="session")
def new_board() -> BoardMaker:
    """Makes a board: `new_board(epoch, whole)`."""
    return _board


@dataclass(frozen=True, slots=True)
class Running:
    """A gateway that serves at `address` (host:port)."""

    address: str
    app: FastAPI
    stop: Callable[[], None] = lambda: None
    """Ask it to stop."""

    @property
    def hub(self) -> Hub:
        """Its hub."""
        hub = self.app.state.hub
        assert isinstance(hub, Hub)
        return hub

    def get(self, path: str) -> httpx.Response:
        """The answer to GET `path`."""
        return httpx.get(f"http://{self.address}{path}")

    def wait_ready(self) -> None:
        """Wait until /readyz says so."""
        pause = threading.Event()
        while self.get("/readyz").status_code != 200:
            pause.wait(0.05)


GatewayRunner = Callable[..., AbstractContextManager[Running]]


@contextmanager
def _run_gateway(bootstrap: str, **options: Any) -> Iterator[Running]:
    bound = listen("127.0.0.1", 0)
    app = create_app(bootstrap, **options)
    serving = server(app)
    thread = threading.Thread(target=serving.run, kwargs={"sockets": [bound]})
    thread.start()
    try:
        yield Running(
            f"127.0.0.1:{bound.getsockname()[1]}", app, lambda: setattr(serving, "should_exit", True)
        )
    finally:
        serving.should_exit = True
        thread.join()
        bound.close()


@pytest.fixture(scope="session")
def run_gateway() -> GatewayRunner:
    """Runs a real gateway on a free port: `with run_gateway(bootstrap, prefix=...) as running`."""
    return _run_gateway


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    """An embedded broker with the topics that the gateway reads."""
    with EmbeddedBroker() as embedded:
        embedded.touch(READ)
        yield embedded


@pytest.fixture
def quick() -> Limits:
    """Limits under which a silent or slow client is given up within a second or two."""
    return Limits(heartbeat_seconds=0.2, write_seconds=0.5, channels=3)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A built dashboard."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>built</title>")
    (tmp_path / "assets" / "index-abc.js").write_text("let built = true;")
    (tmp_path / "sw.js").write_text("let works = true;")
    return tmp_path
