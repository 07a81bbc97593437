"""A backlog on real topics: encoded beforehand, written at once, and worked off by a consumer group."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from confluent_kafka import Consumer, ConsumerGroupState, KafkaException, Producer, TopicPartition
from confluent_kafka.cimpl import NewTopic

from benchmarks.market import card, odds
from schemas.codec import default_codec
from schemas.errors import BrokerError
from topics import admin
from topics.catalogue import CARDS, ODDS, PARTITIONS, RACE_EVENTS
from topics.producer import producer_config

STEP_MICROS = 2_000
"""Event time from one odds event to the next, if not told otherwise: 500 a second."""

LINGER_MS = 5
POLL_SECONDS = 0.02
PATIENCE_SECONDS = 120.0
SETTLE_SECONDS = 3.0
"""From the broker's word that a group is whole until its members have read their states and begin."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Cards, then odds: keys and values."""

    cards: list[tuple[bytes, bytes]]
    odds: list[tuple[bytes, bytes]]

    def __len__(self) -> int:
        return len(self.cards) + len(self.odds)


def encoded(races: Sequence[str], events: int, now: int, step: int = STEP_MICROS) -> Backlog:
    """A card for each race, then `events` odds in turns; `now` in microseconds since 1970, like `step`."""
    codec = default_codec()
    cards = [(race_id.encode(), codec.encode("RaceCard", card(race_id, now))) for race_id in races]
    prices = []
    for number in range(events):
        turn, place = divmod(number, len(races))
        event = odds(races[place], turn, now + (number + 1) * step)
        prices.append((races[place].encode(), codec.encode("OddsUpdate", event)))
    return Backlog(cards, prices)


@contextmanager
def topics_with(bootstrap: str, prefix: str, partitions: int) -> Iterator[None]:
    """The catalogue's topics under `prefix` with another partition count, deleted at the end."""
    wanted = admin.wanted(prefix)
    new = [
        NewTopic(t.name, num_partitions=partitions if t.partitions == PARTITIONS else t.partitions,
                 replication_factor=1, config=t.config)
        for t in wanted
    ]  # fmt: skip
    with admin.client(bootstrap) as client:
        _done(client.create_topics(new))
        while {t.name for t in wanted} - client.list_topics(timeout=10).topics.keys():
            time.sleep(POLL_SECONDS)
        try:
            yield
        finally:
            left = [name for name in client.list_topics(timeout=10).topics if prefix in name]
            _done(client.delete_topics(left))


def _done(asked: dict[str, "Future[None]"]) -> None:
    for future in asked.values():
        future.result()


def write(bootstrap: str, topic: str, records: Sequence[tuple[bytes, bytes]]) -> None:
    """Write records as fast as it goes and wait until all are acknowledged."""
    producer = Producer(producer_config(bootstrap, LINGER_MS))
    for key, value in records:
        while True:
            try:
                producer.produce(topic, value, key)
                break
            except BufferError:
                producer.poll(0.1)
    if producer.flush(PATIENCE_SECONDS):
        raise BrokerError(f"records for {topic} are not acknowledged")


class Group:
    """A consumer group of the race topics, watched from outside."""

    def __init__(self, bootstrap: str, prefix: str, name: str) -> None:
        self._name = name
        self._open = ExitStack()
        self._admin = self._open.enter_context(admin.client(bootstrap))
        self._consumer = self._open.enter_context(
            Consumer({"bootstrap.servers": bootstrap, "group.id": name, "log_level": 2})
        )
        found = self._consumer.list_topics(timeout=10).topics
        topics = [prefix + topic.name for topic in RACE_EVENTS]
        self._all = [TopicPartition(topic, p) for topic in topics for p in found[topic].partitions]

    def wait_for_members(self, members: int) -> None:
        """Wait until so many members share the partitions."""
        self._wait(lambda: self._members() == members, f"{members} members of {self._name}")

    def wait_for_commits(self, records: int) -> None:
        """Wait until the offsets committed cover so many records."""
        self._wait(lambda: self.committed() >= records, f"{records} records committed by {self._name}")

    def committed(self) -> int:
        """Records that the group's commits cover; none while its coordinator moves."""
        try:
            found = self._consumer.committed(self._all, timeout=10)
        except KafkaException:
            return 0
        return sum(max(at.offset, 0) for at in found)

    def close(self) -> None:
        """Let go of the broker."""
        self._open.close()

    def _members(self) -> int:
        asked = self._admin.describe_consumer_groups([self._name], request_timeout=10)
        try:
            group = asked[self._name].result()
        except KafkaException:
            return 0
        if group.state != ConsumerGroupState.STABLE:
            return 0
        return sum(1 for member in group.members if member.assignment.topic_partitions)

    def _wait(self, happened: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not happened():
            if time.monotonic() > deadline:
                raise BrokerError(f"not within {PATIENCE_SECONDS:g} s: {what}")
            time.sleep(POLL_SECONDS)


def seconds_to_drain(bootstrap: str, prefix: str, group: str, members: int, backlog: Backlog) -> float:
    """Seconds from beginning to write the odds until commits cover all of them.

    The group has its members by then, and has worked the cards.
    """
    watched = Group(bootstrap, prefix, group)
    try:
        watched.wait_for_members(members)
        time.sleep(SETTLE_SECONDS)
        write(bootstrap, prefix + CARDS.name, backlog.cards)
        watched.wait_for_commits(len(backlog.cards))
        began = time.perf_counter()
        write(bootstrap, prefix + ODDS.name, backlog.odds)
        watched.wait_for_commits(len(backlog))
        return time.perf_counter() - began
    finally:
        watched.close()
