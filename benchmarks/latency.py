"""Latency on a real Kafka: from producing an odds event to reading its prediction, next to a bare relay."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from benchmarks.environments import PROJECT, Peer
from benchmarks.load import Load, Reader, latencies, wait_for
from benchmarks.market import race_ids
from benchmarks.report import Report, Row, machine, row
from deploy.kafka.single_node import KafkaUnavailableError, SingleNode
from schemas.errors import BrokerError
from topics import admin
from topics.catalogue import ODDS, PREDICTIONS
from topics.producer import EventProducer

OURS, RELAY = "bench.", "relay."
"""Topic prefixes of the two."""

START_SECONDS = 60.0


class Demand(NamedTuple):
    """The load: events a second, seconds measured after seconds of warming up, and races in turns."""

    rate: float = 500.0
    seconds: float = 20.0
    warm_seconds: float = 5.0
    races: int = 24


class Measured(NamedTuple):
    """Milliseconds of one run, and the middle size in bytes of the records read."""

    p50: float
    p99: float
    size: int


def measure(runs: int = 5, demand: Demand | None = None) -> Report:
    """Measure ours and the relay in turns on one broker, after a short round that warms the broker up.

    Raises BrokerError if no Kafka can run here.
    """
    demand = demand or Demand()
    ours, theirs = [], []
    with broker() as bootstrap:
        for prefix in (OURS, RELAY):
            admin.create(bootstrap, prefix)
        for run in range(runs + 1):
            asked = demand if run else demand._replace(seconds=demand.warm_seconds)
            with worker(bootstrap):
                ours.append(through(bootstrap, OURS, run, asked))
            with relay(bootstrap, ours[-1].size):
                theirs.append(through(bootstrap, RELAY, run, asked))
    return Report("latency", machine(), rows(demand, ours[1:], theirs[1:]))


def rows(demand: Demand, ours: list[Measured], theirs: list[Measured]) -> list[Row]:
    """The medians of the runs."""
    at = f"at {demand.rate:g}/s"
    return [
        row(f"p50 {at}", "relay", [run.p50 for run in ours], [run.p50 for run in theirs], "ms"),
        row(f"p99 {at}", "relay", [run.p99 for run in ours], [run.p99 for run in theirs], "ms"),
    ]


def through(bootstrap: str, prefix: str, run: int, demand: Demand) -> Measured:
    """Send one run's load and time it to the other side of whatever serves `prefix`."""
    load = Load(EventProducer(bootstrap, prefix), race_ids(run, demand.races))
    with Reader(bootstrap, prefix + PREDICTIONS.name) as reader:
        load.cards()
        wait_for(load.send(demand.rate, demand.races / demand.rate), reader, START_SECONDS)
        load.send(demand.rate, demand.warm_seconds)
        sent = load.send(demand.rate, demand.seconds)
        wait_for(sent, reader)
        p50, p99 = np.percentile(latencies(sent, reader.moments()), (50, 99)).tolist()
        return Measured(p50, p99, round(median(len(value) for _, value in reader.arrived)))


@contextmanager
def broker() -> Iterator[str]:
    """A Kafka node of its own for as long as it is needed; gives its address."""
    with tempfile.TemporaryDirectory(prefix="hpr-bench-") as folder:
        try:
            with SingleNode(Path(folder)) as node:
                yield node.bootstrap
        except KafkaUnavailableError as error:
            raise BrokerError(f"the latency benchmark needs a real Kafka: {error}") from error


@contextmanager
def worker(bootstrap: str) -> Iterator[None]:
    """`hpr worker` as a process of its own."""
    command = [sys.executable, "-m", "hpr", "worker", "--broker", bootstrap, "--topic-prefix", OURS]
    options = ["--http-port", "0", "--log-level", "warning"]
    process = subprocess.Popen([*command, *options], cwd=PROJECT, stdout=sys.stderr)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def relay(bootstrap: str, size: int) -> Iterator[None]:
    """The bare relay, passing on records as large as our predictions are."""
    with Peer("relay") as peer:
        source, target = RELAY + ODDS.name, RELAY + PREDICTIONS.name
        peer.ask({"bootstrap": bootstrap, "source": source, "target": target, "size": size})
        yield
