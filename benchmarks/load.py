"""Load at a steady rate on one side of a broker, a reader on the other, and the time between the two."""

import threading
import time
from collections.abc import Sequence
from io import BytesIO
from itertools import count
from typing import Any, NamedTuple, Protocol

from confluent_kafka import OFFSET_END, Consumer, TopicPartition
from fastavro import parse_schema, schemaless_reader

from benchmarks.market import card, odds
from schemas.codec import PREFIX_BYTES
from schemas.errors import BrokerError
from topics.catalogue import CARDS, ODDS
from topics.producer import EventProducer

HEADER = parse_schema(
    {
        "type": "record",
        "name": "Header",
        "fields": [
            {"name": "event_id", "type": "string"},
            {"name": "source", "type": "string"},
            {"name": "race_id", "type": "string"},
            {"name": "event_time", "type": "long"},
        ],
    }
)
"""What all events begin with: reading no further, one reader serves events of any kind and padded ones."""

LATE_SECONDS = 15.0


class Moment(NamedTuple):
    """An event of a race, by its event time (microseconds), with when it was sent or read (seconds)."""

    race_id: str
    event_time: int
    at: float


class Arrivals(Protocol):
    """The other side of what is measured: what has arrived, kept in order."""

    @property
    def arrived(self) -> Sequence[tuple[float, str | bytes]]:
        """When each record or frame arrived, in seconds, and its content."""

    def moments(self, first: int = 0) -> list[Moment]:
        """What has arrived until now, from number `first` on."""


class Reader:
    """Notes when each record of a topic arrives; records are looked into only afterwards."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "unused", "log_level": 2})
        partitions = self._consumer.list_topics(topic, timeout=10).topics[topic].partitions
        self._consumer.assign([TopicPartition(topic, number, OFFSET_END) for number in partitions])
        self.arrived: list[tuple[float, bytes]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._consumer.close()

    def _read(self) -> None:
        while not self._stop.is_set():
            record = self._consumer.poll(0.1)
            if record is not None and record.error() is None and (value := record.value()):
                self.arrived.append((time.perf_counter(), value))

    def moments(self, first: int = 0) -> list[Moment]:
        """What has arrived until now, from number `first` on."""
        return [moment_of(value, at) for at, value in self.arrived[first:]]


def moment_of(value: bytes, at: float) -> Moment:
    """The race and time that a record on the wire speaks of."""
    header: Any = schemaless_reader(BytesIO(value[PREFIX_BYTES:]), HEADER, None)
    return Moment(header["race_id"], header["event_time"], at)


class Load:
    """Odds events of some races, sent in turns."""

    def __init__(self, producer: EventProducer, races: Sequence[str]) -> None:
        self._producer = producer
        self._races = races
        self._turns = count()
        self._last = 0

    def cards(self) -> None:
        """Send the card of each race."""
        for race_id in self._races:
            self._producer.publish(CARDS.name, card(race_id, self._now()))
        self._producer.flush()

    def send(self, rate: float, seconds: float) -> list[Moment]:
        """Send `rate` events a second for `seconds`; the time noted is that before the call to publish."""
        sent = []
        began = time.perf_counter()
        for number in range(round(rate * seconds)):
            while (wait := began + number / rate - time.perf_counter()) > 0:
                time.sleep(wait)
            turn, place = divmod(next(self._turns), len(self._races))
            event = odds(self._races[place], turn, self._now())
            sent.append(Moment(event["race_id"], event["event_time"], time.perf_counter()))
            self._producer.publish(ODDS.name, event)
        return sent

    def _now(self) -> int:
        """The wall clock in microseconds, and later at each call."""
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return self._last


def wait_for(sent: Sequence[Moment], arrivals: Arrivals, seconds: float = LATE_SECONDS) -> None:
    """Wait until the last event of each race has come through.

    Raises BrokerError if that takes over `seconds`.
    """
    last = {moment.race_id: moment.event_time for moment in sent}
    deadline = time.monotonic() + seconds
    looked_at = 0
    while last:
        first, looked_at = looked_at, len(arrivals.arrived)
        for race_id, event_time, _ in arrivals.moments(first):
            if event_time >= last.get(race_id, event_time + 1):
                del last[race_id]
        if last and time.monotonic() > deadline:
            raise BrokerError(f"nothing of {len(last)} races came through within {seconds:g} s")
        time.sleep(0.05)


def latencies(sent: Sequence[Moment], arrived: Sequence[Moment]) -> list[float]:
    """Milliseconds from sending each event to the first arrival that speaks of its race at its time or later.

    So an event that a later one has overtaken inside a run counts until that later one is out. Both are in
    the order of their own clock. Raises BrokerError if an event has no such arrival.
    """
    by_race: dict[str, list[Moment]] = {}
    for moment in arrived:
        by_race.setdefault(moment.race_id, []).append(moment)
    places = dict.fromkeys(by_race, 0)
    found = []
    for race_id, event_time, at in sent:
        of_race, place = by_race.get(race_id, []), places.get(race_id, 0)
        while place < len(of_race) and of_race[place].event_time < event_time:
            place += 1
        if place == len(of_race):
            raise BrokerError(f"an event of {race_id} did not come through")
        places[race_id] = place
        found.append((of_race[place].at - at) * 1000.0)
    return found
