"""What a benchmark runs beside itself: a Kafka node of its own, and the project's services as processes."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.environments import PROJECT
from deploy.kafka.node import SingleNode, free_port
from deploy.kafka.single_node import KafkaUnavailableError
from schemas.errors import BrokerError

HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 30.0


@contextmanager
def broker() -> Iterator[str]:
    """A Kafka node of its own for as long as it is needed; gives its address.

    Raises BrokerError if no Kafka can run here.
    """
    with tempfile.TemporaryDirectory(prefix="hpr-bench-") as folder:
        try:
            with SingleNode(Path(folder)) as node:
                yield node.bootstrap
        except KafkaUnavailableError as error:
            raise BrokerError(f"this benchmark needs a real Kafka: {error}") from error


@contextmanager
def service(
    *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """An `hpr` command as a process of its own, ended as an operator would."""
    command = [sys.executable, "-m", "hpr", *arguments, "--log-level", "warning"]
    process = subprocess.Popen(
        command, cwd=PROJECT, stdout=sys.stderr, env={**os.environ, **(environment or {})}
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def worker(bootstrap: str, prefix: str) -> Iterator[subprocess.Popen[bytes]]:
    """`hpr worker` on the topics under `prefix`."""
    with service("worker", "--broker", bootstrap, "--topic-prefix", prefix, "--http-port", "0") as process:
        yield process


@contextmanager
def gateway(bootstrap: str, prefix: str) -> Iterator[str]:
    """`hpr gateway` once it has read all races; gives host and port."""
    address = f"{HOST}:{free_port()}"
    port = address.rpartition(":")[2]
    with service("gateway", "--broker", bootstrap, "--topic-prefix", prefix, "--port", port):
        wait_until_ready(f"http://{address}/readyz")
        yield address


def wait_until_ready(page: str) -> None:
    """Wait until a page answers with success; raises BrokerError if it does not in time."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(page, timeout=5):
                return
        except (OSError, urllib.error.HTTPError) as error:
            if time.monotonic() > deadline:
                raise BrokerError(f"the gateway is not ready after {START_SECONDS:g} s: {error}") from error
            time.sleep(0.1)
