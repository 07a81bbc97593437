"""The race page from cache: requests a second of one gateway process, and their time at half of 1,500."""

import sys
from collections.abc import Sequence
from typing import Any

import orjson

from benchmarks.environments import Peer, PeerError
from benchmarks.fanout import processor_seconds, view
from benchmarks.market import race_ids
from benchmarks.report import Report, Row, machine, row
from benchmarks.services import HOST, broker, service, wait_until_ready
from deploy.kafka.node import free_port
from topics import admin
from topics.catalogue import RACES
from topics.producer import EventProducer

RACES_SHOWN, CONNECTIONS = 40, 32
WARM_SECONDS, FULL_SECONDS, STEADY_SECONDS = 2.0, 8.0, 10.0
ASKED_RATE, ASKED_P99_MS = 1500.0, 25.0
PREFIX = "rest."
UNLIMITED = {"HPR_ANONYMOUS_REQUESTS": "100000000", "HPR_ADDRESS_REQUESTS": "100000000"}
"""All requests come from one address without a key, which would be limited; they are counted all the same."""


def measure(runs: int = 1, scale: float = 1.0) -> Report:
    """Each run starts a gateway on a real Kafka, with 40 races of 12 runners; `scale` shortens the load."""
    found = [_run(scale) for _ in range(runs)]
    return Report("rest", machine(), rows(found))


def rows(found: Sequence[dict[str, float]]) -> list[Row]:
    """Ours beside what is asked."""
    return [
        row("race pages a second", "1,500", [f["rate"] for f in found], [ASKED_RATE], "requests/s"),
        row("p99 at 750 a second", "25 ms", [f["p99"] for f in found], [ASKED_P99_MS], "ms"),
        row("p50 at 750 a second", "25 ms", [f["p50"] for f in found], [ASKED_P99_MS], "ms"),
        row("latest at 750 a second", "25 ms", [f["max"] for f in found], [ASKED_P99_MS], "ms"),
        row("the gateway's processor, full", "one core", [f["processor"] for f in found], [100.0], "%"),
    ]


def _run(scale: float) -> dict[str, float]:
    races, port = race_ids(0, RACES_SHOWN), free_port()
    paths = [f"/v1/races/{race_id}" for race_id in races]
    with broker() as bootstrap:
        admin.create(bootstrap, PREFIX)
        producer = EventProducer(bootstrap, PREFIX)
        for number, race_id in enumerate(races):
            producer.publish(RACES.name, view(race_id, number + 1))
        producer.flush()
        at = ("--broker", bootstrap, "--topic-prefix", PREFIX, "--port", str(port))
        with service("gateway", *at, environment=UNLIMITED) as process, Peer("requests") as load:
            wait_until_ready(f"http://{HOST}:{port}/readyz")
            asking = {"port": port, "paths": paths, "connections": CONNECTIONS}
            _ask(load, {**asking, "seconds": WARM_SECONDS})
            used = processor_seconds(process.pid)
            full = _ask(load, {**asking, "seconds": FULL_SECONDS * scale})
            used = (processor_seconds(process.pid) - used) / (FULL_SECONDS * scale)
            steady = _ask(load, {**asking, "seconds": STEADY_SECONDS * scale, "rate": ASKED_RATE / 2})
    figures = {"rate": full["a_second"], "processor": 100.0 * used}
    return {**figures, "p50": steady["p50"], "p99": steady["p99"], "max": steady["max"]}


def _ask(load: Peer, what: dict[str, object]) -> dict[str, float]:
    told: dict[str, Any] = load.ask(what)
    print("rest", orjson.dumps(told).decode(), file=sys.stderr, flush=True)
    statuses = told.pop("statuses")
    if statuses != {"200": told["requests"]}:
        raise PeerError(f"not all were answered with 200: {statuses}")
    return told
