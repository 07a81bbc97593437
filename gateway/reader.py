"""The Kafka side of the gateway: a thread that reads races, bars, events and the feeds' status.

It assigns itself all partitions, belongs to no group, and outlives the broker's absence.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from gateway.event_topics import EVENT_TOPICS
from gateway.events import Event
from gateway.world import World, survey
from schemas.codec import Codec
from schemas.errors import BrokerError, HprError, SchemaError
from schemas.records import FeedStatus, RaceBars, RaceView
from topics.catalogue import BARS, FEED_STATUS, RACES

log = structlog.get_logger()

RUN = 500
"""Records handed on at once, at most."""
POLL_SECONDS = 0.2
RETRY_SECONDS = 0.5
FETCH_WAIT_MS = 20
METADATA_SECONDS = 2.0
RECENT_FEED_RECORDS = 200
"""How far back from the end feeds.status is read: enough for a last word of each feed."""
RECENT_EVENTS = 500
"""How far back from the end of each partition events are held for clients that come back."""


@dataclass(frozen=True, slots=True)
class RaceRecord:
    """A record of racing.races; `view` is None for a tombstone."""

    race_id: str
    view: RaceView | None
    partition: int
    offset: int


class BarsRecord(NamedTuple):
    """A record of racing.bars; `bars` is None for a tombstone."""

    race_id: str
    bars: RaceBars | None


class Begin(NamedTuple):
    """The topic of an event channel, of this epoch, is read from these offsets on."""

    channel: str
    epoch: str
    starts: dict[int, int]


@dataclass(slots=True)
class Run:
    """What one read brought. `whole` says that all there was at the start has been read."""

    epoch: str
    races: list[RaceRecord] = field(default_factory=list)
    bars: list[BarsRecord] = field(default_factory=list)
    feeds: list[FeedStatus] = field(default_factory=list)
    skipped: int = 0
    whole: bool = False
    begins: list[Begin] = field(default_factory=list)
    """Event channels that are read anew; only in a first run."""
    events: dict[str, list[Event]] = field(default_factory=dict)
    """Events by channel."""


class Reader:
    """Reads on a thread of its own and calls `hand_on` with each run, `say` with why it cannot."""

    def __init__(
        self,
        bootstrap: str,
        prefix: str,
        codec: Codec,
        hand_on: Callable[[Run], None],
        say: Callable[[str], None],
    ) -> None:
        self._bootstrap = bootstrap
        self._races = prefix + RACES.name
        self._bars = prefix + BARS.name
        self._feeds = prefix + FEED_STATUS.name
        self._events = {prefix + topic.topic: topic for topic in EVENT_TOPICS}
        self._codec = codec
        self._hand_on = hand_on
        self._say = say
        self._stopping = threading.Event()
        self._doubtful = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gateway-reader", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until it has ended."""
        self._stopping.set()
        self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        told = ""
        while not self._stopping.is_set():
            consumer = Consumer(self._config())
            try:
                world = self._survey(consumer)
                told = ""
                self._follow(consumer, world)
            except (HprError, KafkaException) as error:
                why = str(error)
                self._say(why)
                if why != told:
                    log.warning("nothing can be read; trying again", why=why)
                    told = why
                self._stopping.wait(RETRY_SECONDS)
            finally:
                consumer.close()

    def _survey(self, consumer: Consumer) -> World:
        return survey(
            consumer, self._bootstrap, self._races, self._bars, self._feeds, events=list(self._events)
        )

    def _config(self) -> dict[str, object]:
        return {
            "bootstrap.servers": self._bootstrap,
            # The client demands a group's name; with assign and without commits no group ever sees it.
            "group.id": "hpr-gateway",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
            # An offset that is gone means another topic under the name: begin again, do not skip.
            "auto.offset.reset": "error",
            # A real broker answers a waiting fetch at once; the embedded one only when the wait is over.
            "fetch.wait.max.ms": FETCH_WAIT_MS,
            "reconnect.backoff.max.ms": 1000,
            "log_level": 0,
            "error_cb": self._on_error,
        }

    def _on_error(self, _error: KafkaError) -> None:
        self._doubtful.set()

    def _follow(self, consumer: Consumer, world: World) -> None:
        """Read until told to stop, or until the broker comes back as another world."""
        self._doubtful.clear()
        first = Run(world.epoch, begins=self._assign(consumer, world))
        self._hand_on(first)
        behind = {(self._races, p) for p in world.race_partitions}
        behind |= {(self._bars, p) for p in world.bar_partitions}
        behind |= {(topic, p) for topic, found in world.events.items() for p in found.partitions}
        whole = False
        while not self._stopping.is_set():
            messages = list(self._poll(consumer))
            run = Run(world.epoch)
            for message in messages:
                self._take(message, run, behind)
            run.whole = not behind
            if run.races or run.bars or run.feeds or run.events or run.skipped or run.whole != whole:
                whole = run.whole
                self._hand_on(run)
            if self._doubtful.is_set() and self._is_other(consumer, world):
                return

    def _assign(self, consumer: Consumer, world: World) -> list[Begin]:
        """Begin to read everything; from where on, of the event channels."""
        whole = [(self._races, p) for p in world.race_partitions]
        whole += [(self._bars, p) for p in world.bar_partitions]
        starts = [(topic, p, _low(consumer, topic, p)) for topic, p in whole]
        starts += [
            (self._feeds, p, _recent(consumer, self._feeds, p, RECENT_FEED_RECORDS))
            for p in world.feed_partitions
        ]
        begins = []
        for topic, found in world.events.items():
            recent = {p: _recent(consumer, topic, p, RECENT_EVENTS) for p in found.partitions}
            starts += [(topic, p, offset) for p, offset in recent.items()]
            begins.append(Begin(self._events[topic].channel, found.epoch, recent))
        consumer.assign([TopicPartition(*start) for start in starts])
        return begins

    def _poll(self, consumer: Consumer) -> Iterator[Message]:
        first = consumer.poll(POLL_SECONDS)
        if first is not None:
            yield first
            yield from consumer.consume(RUN - 1, 0)

    def _take(self, message: Message, run: Run, behind: set[tuple[str, int]]) -> None:
        error = message.error()
        if error is None:
            self._decode(message, run)
        elif error.code() != KafkaError._PARTITION_EOF:
            if error.code() == KafkaError._AUTO_OFFSET_RESET:
                raise BrokerError(
                    f"{message.topic()} was cut off or made anew: reading it from its beginning"
                )
            self._doubtful.set()
        else:
            behind.discard((message.topic() or "", message.partition() or 0))

    def _decode(self, message: Message, run: Run) -> None:
        key, value = message.key(), message.value()
        partition, offset = message.partition() or 0, message.offset() or 0
        try:
            if message.topic() == self._feeds:
                run.feeds.append(self._codec.decode(_bytes(value))[1])
                return
            record = None if value is None else self._codec.decode(_bytes(value))[1]
        except SchemaError as error:
            run.skipped += 1
            log.warning(
                "record skipped", topic=message.topic(), partition=partition, offset=offset, why=str(error)
            )
            return
        if (topic := self._events.get(message.topic() or "")) is not None:
            if record is not None:
                event = topic.event(record, partition, offset)
                run.events.setdefault(topic.channel, []).append(event)
            return
        race_id = _bytes(key).decode(errors="replace")
        if message.topic() == self._bars:
            run.bars.append(BarsRecord(race_id, record))
        else:
            run.races.append(RaceRecord(race_id, record, partition, offset))

    def _is_other(self, consumer: Consumer, world: World) -> bool:
        """Whether the broker, after trouble, is of another epoch; while it is away, not known to be."""
        self._doubtful.clear()
        try:
            return self._survey(consumer).epoch != world.epoch
        except HprError as error:
            self._say(str(error))
            self._doubtful.set()
            return False


def _bytes(data: str | bytes | None) -> bytes:
    return data.encode() if isinstance(data, str) else data or b""


def _low(consumer: Consumer, topic: str, partition: int) -> int:
    return _watermarks(consumer, topic, partition)[0]


def _recent(consumer: Consumer, topic: str, partition: int, records: int) -> int:
    low, high = _watermarks(consumer, topic, partition)
    return max(low, high - records)


def _watermarks(consumer: Consumer, topic: str, partition: int) -> tuple[int, int]:
    found = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=METADATA_SECONDS)
    if found is None:
        raise BrokerError(f"the broker does not say how far {topic} reaches")
    return found
