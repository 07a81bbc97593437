"""Latency on a real Kafka: from producing an odds event to its prediction, and to a browser's frame."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from statistics import median
from typing import NamedTuple

import numpy as np

from benchmarks.environments import Peer
from benchmarks.frames import Frames
from benchmarks.load import Arrivals, Load, Reader, latencies, wait_for
from benchmarks.market import race_ids
from benchmarks.report import Report, Row, machine, row
from benchmarks.services import HOST, broker, gateway, worker
from topics import admin
from topics.catalogue import ODDS, PREDICTIONS
from topics.producer import EventProducer

OURS, RELAY = "bench.", "relay."
"""Topic prefixes of the two."""

START_SECONDS = 60.0
PERCENTILES = tuple(range(1, 100))
SHORTEST_SECONDS = 1.0


class Demand(NamedTuple):
    """The load: events a second, seconds measured after seconds of warming up, and races in turns."""

    rate: float = 500.0
    seconds: float = 15.0
    warm_seconds: float = 5.0
    races: int = 24

    def scaled(self, scale: float) -> "Demand":
        """The same rate for a part of the time, but not for less than SHORTEST_SECONDS."""
        seconds, warm = max(self.seconds * scale, SHORTEST_SECONDS), max(self.warm_seconds * scale, 1.0)
        return self._replace(seconds=seconds, warm_seconds=warm)


class Measured(NamedTuple):
    """Milliseconds of one run by percentile, and the middle size in bytes of what arrived."""

    percentiles: list[float]
    size: int

    @property
    def p50(self) -> float:
        """Half of all events took no longer."""
        return self.percentiles[49]

    @property
    def p99(self) -> float:
        """All events but one in a hundred took no longer."""
        return self.percentiles[98]


Side = Callable[[str, Sequence[str], int], AbstractContextManager[Arrivals]]
"""Starts what serves these races on a broker; the size in bytes is that of what a relay passes on."""


class Contest(NamedTuple):
    """Ours and a peer, measured in turns under one load. `to` says where an event's way ends."""

    to: str
    peer: str
    demand: Demand
    ours: Side
    theirs: Side

    @property
    def at(self) -> str:
        """What is measured, but for the percentile."""
        return f"{self.to}at {self.demand.rate:g}/s"

    def warming(self) -> "Contest":
        """The same for as long as it warms up: a broker's first round does not count."""
        return self._replace(demand=self.demand._replace(seconds=self.demand.warm_seconds))


def measure(runs: int = 5, scale: float = 1.0, demand: Demand | None = None) -> Report:
    """Measure ours and the relays in turns on one broker, after a short round that warms the broker up.

    `scale` shortens the measured seconds. Raises BrokerError if no Kafka can run here.
    """
    demand = (demand or Demand()).scaled(scale)
    rows: list[Row] = []
    series: dict[str, list[float]] = {}
    with broker() as bootstrap:
        for prefix in (OURS, RELAY):
            admin.create(bootstrap, prefix)
        contested = contests(demand)
        _in_turns(bootstrap, contested[0].warming(), 1, 0)
        for number, contest in enumerate(contested):
            ours, theirs = _in_turns(bootstrap, contest, runs, number * runs + 1)
            rows += rows_of(contest, ours, theirs)
            series[f"HorseRacePro, {contest.at}"] = _middle(ours)
            series[f"{contest.peer}, {contest.at}"] = _middle(theirs)
    return Report("latency", machine(), rows, series)


def contests(demand: Demand) -> list[Contest]:
    """To the prediction and to the frame at the usual rate, and to the frame at four times that."""
    return [
        Contest("", "relay", demand, predictions, relay),
        Contest("to frame ", "relay to websocket", demand, frames, relay_to_frames),
        Contest(
            "to frame ", "relay to websocket", demand._replace(rate=4 * demand.rate), frames, relay_to_frames
        ),
    ]


def _in_turns(
    bootstrap: str, contest: Contest, runs: int, first_day: int
) -> tuple[list[Measured], list[Measured]]:
    """All runs of both, each on races of another day."""
    ours, theirs = [], []
    for day in range(first_day, first_day + runs):
        races = race_ids(day, contest.demand.races)
        our_load, their_load = (Load(EventProducer(bootstrap, prefix), races) for prefix in (OURS, RELAY))
        ours.append(_through(our_load, contest.ours(bootstrap, races, 0), contest.demand))
        theirs.append(_through(their_load, contest.theirs(bootstrap, races, ours[-1].size), contest.demand))
    return ours, theirs


def _through(load: Load, side: AbstractContextManager[Arrivals], demand: Demand) -> Measured:
    """Send one run's load and time it to the other side."""
    with side as arrivals:
        load.cards()
        wait_for(load.send(demand.rate, demand.races / demand.rate), arrivals, START_SECONDS)
        load.send(demand.rate, demand.warm_seconds)
        first = len(arrivals.arrived)
        sent = load.send(demand.rate, demand.seconds)
        wait_for(sent, arrivals)
        taken = np.percentile(latencies(sent, arrivals.moments(first)), PERCENTILES)
        return Measured(taken.tolist(), round(median(len(content) for _, content in arrivals.arrived)))


def rows_of(contest: Contest, ours: list[Measured], theirs: list[Measured]) -> list[Row]:
    """The medians of the runs."""
    p50 = [run.p50 for run in ours], [run.p50 for run in theirs]
    p99 = [run.p99 for run in ours], [run.p99 for run in theirs]
    return [
        row(f"p50 {contest.at}", contest.peer, *p50, "ms"),
        row(f"p99 {contest.at}", contest.peer, *p99, "ms"),
    ]


def _middle(runs: list[Measured]) -> list[float]:
    """The median of the runs at each percentile."""
    return [round(median(at), 3) for at in zip(*(run.percentiles for run in runs), strict=True)]


@contextmanager
def predictions(bootstrap: str, _races: Sequence[str], _size: int) -> Iterator[Arrivals]:
    """The worker alone, read at the topic of predictions."""
    with worker(bootstrap, OURS), Reader(bootstrap, OURS + PREDICTIONS.name) as reader:
        yield reader


@contextmanager
def relay(bootstrap: str, _races: Sequence[str], size: int) -> Iterator[Arrivals]:
    """The bare relay, passing on records as large as our predictions are."""
    with relaying(bootstrap, size), Reader(bootstrap, RELAY + PREDICTIONS.name) as reader:
        yield reader


@contextmanager
def frames(bootstrap: str, races: Sequence[str], _size: int) -> Iterator[Arrivals]:
    """Worker and gateway, read by a client that has subscribed to all the races."""
    with (
        worker(bootstrap, OURS),
        gateway(bootstrap, OURS) as address,
        Frames(f"ws://{address}/v1/ws", races) as client,
    ):
        yield client


@contextmanager
def relay_to_frames(bootstrap: str, _races: Sequence[str], size: int) -> Iterator[Arrivals]:
    """The bare relay with a bare WebSocket server behind it, passing on as many bytes as our frames have."""
    with relaying(bootstrap, size), Peer("websocket") as server:
        port = server.ask({"bootstrap": bootstrap, "topic": RELAY + PREDICTIONS.name})["port"]
        with Frames(f"ws://{HOST}:{port}") as client:
            yield client


@contextmanager
def relaying(bootstrap: str, size: int) -> Iterator[None]:
    """The process of the bare relay."""
    with Peer("relay") as peer:
        source, target = RELAY + ODDS.name, RELAY + PREDICTIONS.name
        peer.ask({"bootstrap": bootstrap, "source": source, "target": target, "size": size})
        yield
