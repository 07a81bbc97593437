import time
from collections.abc import Iterator

import httpx
import pytest

from deploy.kafka.node import free_port
from hpr.health import STUCK_SECONDS, Health, Pulse, listening
from schemas.errors import HprError


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
