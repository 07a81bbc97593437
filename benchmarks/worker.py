"""Throughput of the worker on a real Kafka, next to a bare aiokafka loop and a Quix Streams program."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import NamedTuple

from benchmarks.backlog import Backlog, encoded, seconds_to_drain, topics_with
from benchmarks.environments import Peer
from benchmarks.market import race_ids
from benchmarks.report import Report, Row, machine, row
from benchmarks.services import broker, worker

LEAST_EVENTS = 1_000
PEERS = {"raw": "raw loop", "quix": "Quix Streams"}


class Demand(NamedTuple):
    """Odds events to be worked off, the races they belong to, and the partition counts tried.

    `warm`: a first round of ours, which does not count, goes before.
    """

    events: int = 60_000
    races: int = 48
    partitions: tuple[int, ...] = (1, 4, 8)
    warm: bool = True


Program = Callable[[str, str], AbstractContextManager[None]]
"""Starts what works off the topics of a broker and a prefix."""


class Entrant(NamedTuple):
    """A way to work off the backlog: its program, how many processes of it, and its consumer group."""

    program: Program
    processes: int
    group: str
    part: float = 1.0
    """Of the backlog that it is given; a slow one needs less for the same time."""


def measure(runs: int = 3, scale: float = 1.0, demand: Demand | None = None) -> Report:
    """Events a second of ours and of the peers in turns, on one broker; `scale` shortens the backlog.

    Raises BrokerError if no Kafka can run here.
    """
    demand = demand or Demand()
    events = max(round(demand.events * scale), LEAST_EVENTS)
    backlog = encoded(race_ids(0, demand.races), events, time.time_ns() // 1000)
    found: dict[tuple[str, int], list[float]] = {}
    with broker() as bootstrap:
        if demand.warm:
            _rate(bootstrap, "warm.", ENTRANTS["ours"], demand.partitions[0], backlog)
        for run in range(runs):
            for partitions in demand.partitions:
                for name, entrant in entrants(partitions, demand.partitions[-1]).items():
                    prefix = f"r{run}p{partitions}{name.replace(' ', '')}."
                    rate = _rate(bootstrap, prefix, entrant, partitions, backlog)
                    found.setdefault((name, partitions), []).append(rate)
    return Report("worker", machine(), rows(found, demand.partitions))


def entrants(partitions: int, most: int) -> dict[str, Entrant]:
    """Who takes part with so many partitions: two workers only with the most."""
    return {name: each for name, each in ENTRANTS.items() if name != "two workers" or partitions == most}


def rows(found: dict[tuple[str, int], list[float]], partitions: tuple[int, ...]) -> list[Row]:
    """Rows from the events a second of each run, by entrant and partitions; none for a peer without any."""
    most = partitions[-1]
    return [
        *(
            row(_at(p), peer, found["ours", p], found[name, p], "events/s")
            for name, peer in PEERS.items()
            for p in partitions
            if (name, p) in found
        ),
        row(
            f"two workers, {_at(most)}", "one worker", found["two workers", most], found["ours", most],
            "events/s",
        ),
    ]  # fmt: skip


def _at(partitions: int) -> str:
    return f"{partitions} partition{'s' if partitions > 1 else ''}"


def _rate(bootstrap: str, prefix: str, entrant: Entrant, partitions: int, backlog: Backlog) -> float:
    """Events a second at which the entrant works off its part of the backlog on topics of its own."""
    given = replace(backlog, odds=backlog.odds[: round(len(backlog.odds) * entrant.part)])
    group = prefix + entrant.group
    with topics_with(bootstrap, prefix, partitions), ExitStack() as stack:
        for _ in range(entrant.processes):
            stack.enter_context(entrant.program(bootstrap, prefix))
        seconds = seconds_to_drain(bootstrap, prefix, group, entrant.processes, given)
        return len(given.odds) / seconds


@contextmanager
def ours(bootstrap: str, prefix: str) -> Iterator[None]:
    """`hpr worker`."""
    with worker(bootstrap, prefix):
        yield


@contextmanager
def raw(bootstrap: str, prefix: str) -> Iterator[None]:
    """The bare loop, in this environment."""
    with Peer("raw", with_project=True) as peer:
        peer.ask({"bootstrap": bootstrap, "prefix": prefix, "group": f"{prefix}raw"})
        yield


@contextmanager
def quix(bootstrap: str, prefix: str) -> Iterator[None]:
    """The Quix Streams program, in its own."""
    with Peer("quix", with_project=True) as peer:
        peer.ask({"bootstrap": bootstrap, "prefix": prefix, "group": f"{prefix}quix"})
        yield


ENTRANTS = {
    "ours": Entrant(ours, 1, "hpr-worker"),
    "raw": Entrant(raw, 1, "raw"),
    "quix": Entrant(quix, 1, "quix", 0.2),
    "two workers": Entrant(ours, 2, "hpr-worker"),
}
