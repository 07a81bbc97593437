"""The worker's shell: what is published of a run, the order of a checkpoint, and how long races are kept."""

import asyncio
from typing import Any

import pytest

from schemas.codec import default_codec
from schemas.records import Event
from streams.lives import DAY
from streams.metrics import Metrics
from streams.replay import located
from streams.runs import Poison, Run
from streams.scoring import default_scorer
from streams.state import load
from streams.worker import Races, Worker
from tests.streams.events import RACE, card, entry, odds, price, result, scratch

Named = tuple[str, Event]
FIELD = [entry("1"), entry("2"), entry("3")]


class Book:
    """Takes the place of the producer and notes what is asked of it, in order."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []

    def publish(self, topic: str, record: Any) -> None:
        self.calls.append((topic, record))

    def send(self, topic: str, key: bytes, value: bytes | None, partition: int = -1) -> None:
        self.calls.append((f"{topic}:{partition}", (key, value)))

    def flush(self) -> None:
        self.calls.append(("flush", None))

    def topics(self) -> list[str]:
        return [topic for topic, _ in self.calls]


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def worker(book: Book) -> Worker:
    return Worker(book, Races({}), default_scorer(), default_codec(), Metrics())  # type: ignore[arg-type]


def run(*events: Named, partition: int = 3) -> Run:
    records = [record._replace(partition=partition) for record in located(events)]
    return Run(partition, records, {(r.topic, partition): r.offset + 1 for r in records})


def moved(seconds: float, one: float) -> Named:
    return "OddsUpdate", odds([price("1", one), price("2", 3.0), price("3", 4.0)], seconds)


OPENING: list[Named] = [("RaceCard", card(FIELD)), moved(1, 2.5), moved(2, 2.6), moved(3, 2.7)]


class TestPublishing:
    def test_a_run_is_conflated_to_the_last_of_each_race(self, worker: Worker, book: Book) -> None:
        worker.work(run(*OPENING))
        assert book.topics() == ["racing.predictions", "racing.races"]
        assert book.calls[0][1]["revision"] == 4

    def test_a_scratch_is_published_at_once(self, worker: Worker, book: Book) -> None:
        worker.work(run(*OPENING, ("Scratch", scratch("3", 5)), moved(6, 2.5)))
        assert book.topics() == ["racing.predictions", "racing.predictions", "racing.alerts", "racing.races"]
        assert [record["revision"] for _, record in book.calls[:2]] == [5, 6]

    def test_known_events_publish_nothing(self, worker: Worker, book: Book) -> None:
        worker.work(run(*OPENING))
        book.calls.clear()
        worker.work(run(*OPENING))
        assert book.calls == []

    def test_poison_goes_to_the_dead_letters_whole(self, worker: Worker, book: Book) -> None:
        worker.bury_poison(Poison("racing.odds", 3, 17, b"rubbish", "not Avro"))
        ((topic, letter),) = book.calls
        assert (topic, letter["payload"], letter["origin"]) == (
            "racing.dead-letters",
            b"rubbish",
            "racing.odds:3:17",
        )


class TestCheckpoint:
    def test_outputs_then_states_then_offsets(self, worker: Worker, book: Book) -> None:
        worker.work(run(*OPENING))
        book.calls.clear()
        assert worker.covered == {}
        asyncio.run(worker.checkpoint())
        assert book.topics() == ["flush", "hpr-worker-races-changelog:3", "flush"]
        assert worker.covered == {("racing.cards", 3): 1, ("racing.odds", 3): 3}
        assert not worker.pending

    def test_what_comes_during_a_checkpoint_is_left_to_the_next(self, worker: Worker) -> None:
        worker.work(run(*OPENING[:2]))
        ready = worker.prepare()
        worker.work(run(*OPENING))
        assert ready.offsets == {("racing.cards", 3): 1, ("racing.odds", 3): 1}
        stored = ready.states[RACE][1]
        assert stored is not None
        assert load(stored).revision == 2
        assert worker.pending


class TestLives:
    def after(self, worker: Worker, seconds: float) -> None:
        """Let a race of the same partition move the recorded time on."""
        other = odds([price("9", 3.0)], seconds, race_id="SAR-20230801-01")
        worker.work(run(("OddsUpdate", other)))
        asyncio.run(worker.checkpoint())

    def test_a_day_after_it_is_official_a_race_is_a_tombstone_and_a_month_later_nothing(
        self, worker: Worker, book: Book
    ) -> None:
        worker.work(run(*OPENING, ("Result", result({"1": 1}, 2000))))
        asyncio.run(worker.checkpoint())
        day = DAY / 1e6
        table = worker._races.table
        assert not load(table[RACE.encode()]).buried
        self.after(worker, 2001 + day)
        assert load(table[RACE.encode()]).buried
        book.calls.clear()
        worker.work(run(*OPENING))
        assert book.calls == [], "feeding it again changes nothing"
        self.after(worker, 2002 + 31 * day)
        assert RACE.encode() not in table
        assert ("hpr-worker-races-changelog:3", (RACE.encode(), None)) in book.calls
