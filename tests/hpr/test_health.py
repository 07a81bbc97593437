import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy.kafka.node import free_port
from hpr.health import STUCK_SECONDS, Health, Pulse, listening
from schemas.errors import HprError
from tests.integration.services import running, wait_until
from topics.catalogue import ALL
from topics.embedded import EmbeddedBroker


class Process:
    """As a process may be."""

    beat = 0.0
    ready = False


@pytest.fixture
def process() -> Process:
    found = Process()
    found.beat = time.monotonic()
    return found


@pytest.fixture
def port(process: Process) -> Iterator[int]:
    health = Health(lambda: process.beat, lambda: process.ready)
    with listening(health, "127.0.0.1", free_port()) as found:
        assert found is not None
        yield found


def test_it_is_healthy_while_it_turns_and_ready_once_it_is_up_to_date(port: int, process: Process) -> None:
    def status(path: str) -> int:
        return httpx.get(f"http://127.0.0.1:{port}{path}").status_code

    assert (status("/healthz"), status("/readyz")) == (200, 503)
    process.ready = True
    assert status("/readyz") == 200
    process.beat -= STUCK_SECONDS + 1
    assert status("/healthz") == 503
    assert status("/elsewhere") == 404


def test_metrics_are_as_prometheus_reads_them_and_the_server_tells_no_versions(port: int) -> None:
    answer = httpx.get(f"http://127.0.0.1:{port}/metrics")
    assert "python_info" in answer.text
    assert answer.headers["server"] == "hpr"


def test_an_address_that_is_taken_is_an_error_that_says_what_to_do(port: int) -> None:
    with pytest.raises(HprError, match="choose another with --http-port"):
        listening(Health(lambda: 0.0, lambda: True), "127.0.0.1", port).__enter__()


def test_port_0_is_none() -> None:
    with listening(Health(lambda: 0.0, lambda: True), "127.0.0.1", 0) as found:
        assert found is None


async def test_a_loop_that_turns_has_a_pulse() -> None:
    import asyncio

    pulse = Pulse()
    pulse.at = 0.0
    beating = asyncio.create_task(pulse.beat())
    await asyncio.sleep(0)
    beating.cancel()
    assert time.monotonic() - pulse.at < 1.0


@pytest.mark.parametrize("command", ["form", "notifier"])
def test_a_process_without_pages_tells_how_it_is(command: str, tmp_path: Path) -> None:
    port = free_port()
    arguments = ["--snapshot", str(tmp_path / "form")] if command == "form" else []
    environment = {
        "HPR_DATABASE": f"sqlite:///{tmp_path / 'hpr.sqlite3'}",
        "HPR_SECRETS": str(tmp_path / "secrets"),
        f"HPR_{command.upper()}_HTTP_PORT": str(port),
        "HPR_MODELS": str(tmp_path / "models"),
    }

    def status(path: str) -> int:
        try:
            return httpx.get(f"http://127.0.0.1:{port}{path}").status_code
        except httpx.TransportError:
            return 0

    with EmbeddedBroker() as broker:
        broker.touch([topic.name for topic in ALL])
        environment["HPR_BROKER"] = broker.bootstrap
        with running(command, *arguments, log=tmp_path / "log", **environment):
            wait_until(lambda: status("/readyz") == 200, f"hpr {command} is ready")
            assert (status("/healthz"), status("/metrics")) == (200, 200)
