"""Fan-out over WebSockets: 10,000 connections over 40 races, beside a bare broadcast and a Go server."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from benchmarks.environments import ENVIRONMENTS, PEERS, Peer, PeerError, Program
from benchmarks.market import race_ids
from benchmarks.report import Report, Row, Unit, machine, row
from benchmarks.services import HOST, broker, service, wait_until_ready
from deploy.kafka.node import free_port
from gateway import views
from schemas.defaults import defaults
from schemas.identity import uuid_of
from schemas.records import RaceView, RunnerView
from topics import admin
from topics.catalogue import RACES
from topics.producer import EventProducer

CONNECTIONS, RUNNERS, RACES_RUN = 10_000, 12, 40
PUBLISHED_A_SECOND = 2.0
"""Publications of each race a second: with the connections above, 20,000 frames a second."""
STEADY_SECONDS, FULL_SECONDS, PATIENCE_SECONDS, QUIET_SECONDS = 10.0, 6.0, 60.0, 5.0
BOUND_MS, BOUND_KIB = 1000.0, 25.0
PREFIX = "fanout."
NEWEST = 987_654_321
"""Stands in a template for the revision, which is the time of publishing."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server under load: where it listens, its process, and how one publication or one of all is made."""

    port: int
    pid: int
    path: str
    greetings: list[list[str]]
    publish: Callable[[Sequence[str]], object]


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured of one server."""

    frames_a_second: float
    """As fast as it goes: the next publication of every race once all of the last one are read."""
    microseconds_a_frame: float
    """The server's processor time, at the steady rate."""
    p99_ms: float
    max_ms: float
    kib_a_connection: float
    share: float
    """Of the frames at the steady rate those that came: a state that a newer one overtook is left out."""


COMPARED: tuple[tuple[str, Callable[[Figures], float], Unit], ...] = (
    ("frames, as fast as it goes", lambda figures: figures.frames_a_second, "frames/s"),
    ("processor time a frame at 20,000/s", lambda figures: figures.microseconds_a_frame, "us/frame"),
    ("p99 at 20,000/s", lambda figures: figures.p99_ms, "ms"),
    ("memory a connection", lambda figures: figures.kib_a_connection, "KiB"),
)


def now() -> int:
    """The system's monotonic clock in microseconds, which is the same in every process."""
    return time.monotonic_ns() // 1000


def view(race_id: str, revision: int) -> RaceView:
    """A race of 12 runners with all that a live one has."""
    return {
        **defaults(RaceView),
        "event_id": uuid_of(f"{race_id}:{revision}"),
        "source": "benchmark",
        "race_id": race_id,
        "event_time": time.time_ns() // 1000,
        "recorded_time": time.time_ns() // 1000,
        "sequence": revision,
        "revision": revision,
        "track_code": "BEL",
        "model_versions": {"market": "market-1"},
        "why": ["Number 3 shortened from 5.2 to 4.6", "Number 7 drifted from 9.4 to 11.0"],
        "runners": [_runner(number) for number in range(1, RUNNERS + 1)],
    }


def _runner(number: int) -> RunnerView:
    price = 3.0 + number
    return {
        **defaults(RunnerView),
        "runner_id": str(number),
        "number": str(number),
        "name": f"Load Bearer {number}",
        "jockey_name": f"Rider {number}",
        "status": "ACTIVE",
        "back": price,
        "back_size": 812.44,
        "lay": price * 1.03,
        "lay_size": 431.17,
        "last": price * 1.01,
        "traded": 18_443.5,
        "win_probability": 0.9712345678901234 / price,
        "place_probability": 2.7123456789012345 / price,
        "fair_odds": price * 1.0334567,
        "movement_1m": 0.0123456,
        "movement_5m": -0.0234567,
        "movement_30m": 0.0345678,
    }


@contextmanager
def ours(races: Sequence[str]) -> Iterator[Server]:
    """`hpr gateway` on a real Kafka; publishing is writing to the races' topic."""
    with broker() as bootstrap:
        admin.create(bootstrap, PREFIX)
        port = free_port()
        arguments = ("--broker", bootstrap, "--topic-prefix", PREFIX, "--port", str(port))
        with service("gateway", *arguments) as process:
            wait_until_ready(f"http://{HOST}:{port}/readyz")
            producer = EventProducer(bootstrap, PREFIX)

            def publish(some: Sequence[str]) -> None:
                at = now()
                for race_id in some:
                    producer.publish(RACES.name, view(race_id, at))
                producer.flush()

            subscribe = '{"id":2,"method":"subscribe","params":{"channel":"%s"}}'
            greetings = [['{"id":1,"method":"connect"}', subscribe % f"race:{race}"] for race in races]
            yield Server(port, process.pid, "/v1/ws", greetings, publish)


@contextmanager
def peer(program: Program, races: Sequence[str], path: str, greetings: list[list[str]]) -> Iterator[Server]:
    """A peer that publishes the same bytes when it is asked to."""
    templates = {f"race:{race}": template(race) for race in races}
    with program as server:
        told = server.ask(templates)

        def publish(some: Sequence[str]) -> None:
            server.ask({"channels": [f"race:{race}" for race in some], "revision": now()})

        yield Server(told["port"], told["pid"], path, greetings, publish)


def broadcasting(races: Sequence[str]) -> Any:
    """A server around `broadcast` of the library websockets."""
    return peer(Peer("broadcast"), races, "/", [[f"race:{race}"] for race in races])


def centrifuging(races: Sequence[str]) -> Any:
    """A server around the Go library centrifuge."""
    subscribe = '{"id":2,"subscribe":{"channel":"%s"}}'
    greetings = [['{"id":1,"connect":{}}', subscribe % f"race:{race}"] for race in races]
    return peer(Program("centrifuge", [str(built("centrifuge"))]), races, "/", greetings)


def template(race_id: str) -> str:
    """The frame that our gateway would push, with @ in place of the revision."""
    facts = views.encode_facts(view(race_id, NEWEST))
    state = views.encode_state(facts, "fresh", 0.1)
    push = b'{"push":{"channel":"race:%b","position":"Tm9uZSBvZiB0aGlz","state":%b}}'
    return (push % (race_id.encode(), state)).decode().replace(str(NEWEST), "@", 1)


def built(name: str) -> Path:
    """The program of a Go peer, built if its sources are newer. Raises PeerError if that fails."""
    source, program = PEERS / name, ENVIRONMENTS / name / name
    newest = max(file.stat().st_mtime for file in source.iterdir())
    if not program.is_file() or program.stat().st_mtime < newest:
        print(f"building the peer {name}, which can take minutes the first time", file=sys.stderr, flush=True)
        program.parent.mkdir(parents=True, exist_ok=True)
        command = ["go", "build", "-o", str(program), "."]
        done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PeerError(f"the peer {name} could not be built: {done.stderr.strip()[-500:]}")
    return program


def measured(server: Server, races: Sequence[str], connections: int, scale: float) -> Figures:
    """Load one server: memory of its connections, the steady rate, then as fast as it goes."""
    empty = resident_kib(server.pid)
    with Peer("listeners") as listeners:
        opening = {"port": server.port, "path": server.path, "greetings": server.greetings}
        listeners.ask({"open": {**opening, "connections": connections}})
        for _ in range(3):  # every buffer has been used, and what is compiled late is
            server.publish(races)
            _all(listeners.ask(_reading(connections)), connections)
        steady = _steady(server, listeners, races, connections, scale)
        full = _full(server, listeners, races, connections, scale)
        memory = (resident_kib(server.pid) - empty) / connections
    share = steady[1]["frames"] / (_rounds(scale) * connections)
    return Figures(full, steady[0], steady[1]["p99"], steady[1]["max"], memory, share)


def _steady(
    server: Server, listeners: Peer, races: Sequence[str], connections: int, scale: float
) -> tuple[float, dict[str, float]]:
    """Microseconds of the server's processor a frame, and how late frames were, at the steady rate."""
    rounds = _rounds(scale)
    listeners.tell(_reading(rounds * connections))
    used, began = processor_seconds(server.pid), time.perf_counter()
    for number in range(rounds * len(races)):
        due = began + number / (len(races) * PUBLISHED_A_SECOND)
        while (wait := due - time.perf_counter()) > 0:
            time.sleep(wait)
        server.publish((races[number % len(races)],))
    read: dict[str, float] = listeners.hear()
    return (processor_seconds(server.pid) - used) / read["frames"] * 1e6, read


def _full(server: Server, listeners: Peer, races: Sequence[str], connections: int, scale: float) -> float:
    """Frames a second, every race published again as soon as all have read the last."""
    began, frames = time.perf_counter(), 0
    while (took := time.perf_counter() - began) < FULL_SECONDS * scale:
        server.publish(races)
        _all(listeners.ask(_reading(connections)), connections)
        frames += connections
    return frames / took


def _rounds(scale: float) -> int:
    return max(round(STEADY_SECONDS * scale * PUBLISHED_A_SECOND), 1)


def _reading(frames: int) -> dict[str, dict[str, float]]:
    seconds = STEADY_SECONDS + PATIENCE_SECONDS
    return {"read": {"frames": frames, "seconds": seconds, "quiet": QUIET_SECONDS}}


def _all(read: dict[str, Any], frames: int) -> None:
    if read["frames"] < frames:
        raise PeerError(
            f"only {read['frames']} of {frames} frames came within {QUIET_SECONDS:g} s of the last; "
            f"{read['open']} connections are open, {read['gone']} were dropped; "
            f"closed by the server, by code: {read['lost']}"
        )


def resident_kib(pid: int) -> float:
    """KiB of a process that are in memory."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return float(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")))


def processor_seconds(pid: int) -> float:
    """What a process has used of processors."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def measure(runs: int = 1, scale: float = 1.0) -> Report:
    """Each run loads our gateway and the peers in turns; `scale` shortens it and takes fewer connections."""
    connections = max(round(CONNECTIONS * min(scale, 1.0)) // RACES_RUN * RACES_RUN, RACES_RUN)
    races = race_ids(0, RACES_RUN)
    rivals: dict[str, Callable[[Sequence[str]], Any]] = {"websockets broadcast": broadcasting}
    if shutil.which("go") is None:
        print("Go is not on this machine: without the peer centrifuge", file=sys.stderr, flush=True)
    else:
        rivals["centrifuge (Go)"] = centrifuging
    figures: dict[str, list[Figures]] = {}
    for _ in range(runs):
        for name, starting in {"hpr": ours, **rivals}.items():
            with starting(races) as server:
                figures.setdefault(name, []).append(measured(server, races, connections, scale))
                print(name, orjson.dumps(figures[name][-1]).decode(), file=sys.stderr, flush=True)
    return Report("fanout", machine(), rows(figures))


def rows(figures: dict[str, list[Figures]]) -> list[Row]:
    """Ours beside the bounds, then beside each peer."""
    own = figures["hpr"]
    found = [
        row("latest frame at 20,000/s", "1 s", [f.max_ms for f in own], [BOUND_MS], "ms"),
        row("frames that came at 20,000/s", "all published", [100 * f.share for f in own], [100.0], "%"),
        row("memory a connection", "25 KiB", [f.kib_a_connection for f in own], [BOUND_KIB], "KiB"),
    ]
    for name, theirs in figures.items():
        if name == "hpr":
            continue
        found += [
            row(each, name, [pick(f) for f in own], [pick(f) for f in theirs], unit)
            for each, pick, unit in COMPARED
        ]
    return found
