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
from streams.worker import LostError, Races, Worker
from tests.streams.events import RACE, card, entry, odds, price, result, scratch

Named = tuple[str, Event]
FIELD = [entry("1"), entry("2"), entry("3")]


class Book:
    """Takes the place of the producer and notes what is asked of it, in order."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.away = False

    def publish(self, topic: str, record: Any) -> None:
        self.calls.append((topic, record))

    def send(self, topic: str, key: bytes, value: bytes | None, partition: int = -1) -> None:
        self.calls.append((f"{topic}:{partition}", (key, value)))

    def poll(self) -> None:
        pass

    def mark(self) -> int:
        self.calls.append(("flush", None))
        return 0

    def acknowledged(self, mark: int) -> bool:
        return not self.away

    def topics(self) -> list[str]:
        return [topic for topic, _ in self.calls]


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def clock() -> list[int]:
    """What the wall clock says, in microseconds."""
    return [0]


@pytest.fixture
def worker(book: Book, clock: list[int]) -> Worker:
    producer: Any = book
    return Worker(
        producer,
        Races({}),
        default_scorer(),
        default_codec(),
        Metrics(),
        clock=lambda: clock[0],
        view_share=0.0,
    )


def run(*events: Named, partition: int = 3) -> Run:
    records = [record._replace(partition=partition) for record in located(events)]
    return Run(records, {(r.topic, partition): r.offset + 1 for r in records})


def moved(seconds: float, one: float) -> Named:
    return "OddsUpdate", odds([price("1", one), price("2", 3.0), price("3", 4.0)], seconds)


OPENING: list[Named] = [("RaceCard", card(FIELD)), moved(1, 2.5), moved(2, 2.6), moved(3, 2.7)]


class TestPublishing:
    def test_a_run_is_conflated_to_the_last_of_each_race(self, worker: Worker, book: Book) -> None:
        worker.work(run(*OPENING))
        worker.work(run(*OPENING, moved(4, 2.8)))
        assert book.topics() == [
            "racing.predictions", "form.requests", "racing.races", "racing.predictions", "racing.races"
        ]  # fmt: skip
        assert [record["revision"] for at, (_, record) in enumerate(book.calls) if at != 1] == [4, 4, 5, 5]

    def test_views_that_do_not_fit_in_after_a_run_wait_the_longest_waiting_first(
        self, worker: Worker, book: Book
    ) -> None:
        others = [("RaceCard", card(FIELD, race_id=f"BEL-20230715-{n:02d}")) for n in (2, 3, 4)]
        worker.work(run(*OPENING, *others))
        worker.work(run(moved(4, 2.8)))
        worker.publish_some_views()
        shown = [record["race_id"] for topic, record in book.calls if topic == "racing.races"]
        assert shown == [RACE, "BEL-20230715-02", "BEL-20230715-03"]
        worker.publish_views()
        shown = [record["race_id"] for topic, record in book.calls if topic == "racing.races"]
        assert shown[3:] == ["BEL-20230715-04", RACE]

    def test_bars_are_published_once_a_minute_has_closed(self, worker: Worker, book: Book) -> None:
        worker.work(run(*OPENING))
        worker.prepare()
        assert "racing.bars" not in book.topics()
        worker.work(run(*OPENING, moved(61, 2.8)))
        worker.prepare()
        worker.work(run(*OPENING, moved(61, 2.8), moved(62, 2.9)))
        worker.prepare()
        assert book.topics().count("racing.bars") == 1

    def test_a_scratch_is_published_at_once(self, worker: Worker, book: Book) -> None:
        worker.work(run(*OPENING, ("Scratch", scratch("3", 5)), moved(6, 2.5)))
        assert book.topics() == [
            "racing.predictions", "racing.predictions", "racing.alerts", "form.requests", "racing.races"
        ]  # fmt: skip
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


class TestViewsInTime:
    def test_views_have_a_share_of_the_time_and_one_goes_at_least(self, worker: Worker, book: Book) -> None:
        others = [("RaceCard", card(FIELD, race_id=f"BEL-20230715-{n:02d}")) for n in range(2, 8)]
        worker.work(run(*OPENING, *others))
        assert book.topics().count("racing.races") == 1
        worker.publish_views_for(60.0)
        assert book.topics().count("racing.races") == 7
        worker.publish_views_for(60.0)
        assert book.topics().count("racing.races") == 7


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

    def test_what_a_cancelled_checkpoint_had_taken_is_due_again(self, worker: Worker, book: Book) -> None:
        async def cancelled() -> None:
            book.away = True
            task = asyncio.create_task(worker.checkpoint())
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            book.away = False

        worker.work(run(*OPENING))
        asyncio.run(cancelled())
        assert worker.covered == {}
        assert worker.pending
        book.calls.clear()
        asyncio.run(worker.checkpoint())
        assert "hpr-worker-races-changelog:3" in book.topics()
        assert worker.covered == {("racing.cards", 3): 1, ("racing.odds", 3): 3}

    def test_nothing_is_written_once_the_partitions_are_gone(self, worker: Worker, book: Book) -> None:
        async def revoked() -> None:
            book.away = True
            task = asyncio.create_task(worker.checkpoint())
            await asyncio.sleep(0.05)
            worker.revoked()
            book.away = False
            await task

        worker.work(run(*OPENING))
        asyncio.run(revoked())
        assert "hpr-worker-races-changelog:3" not in book.topics()
        assert worker.covered == {}

    def test_a_worker_that_slept_too_long_writes_no_states(self, book: Book) -> None:
        sleeper = Worker(book, Races({}), default_scorer(), default_codec(), Metrics(), patience=0.0)  # type: ignore[arg-type]
        sleeper.work(run(*OPENING))
        with pytest.raises(LostError, match="slept"):
            asyncio.run(sleeper.checkpoint())
        assert "hpr-worker-races-changelog:3" not in book.topics()


class TestLives:
    def test_a_day_after_it_is_official_a_race_is_a_tombstone_and_a_month_later_nothing(
        self, worker: Worker, book: Book, clock: list[int]
    ) -> None:
        events = [*OPENING, ("Result", result({"1": 1}, 2000))]
        worker.work(run(*events))
        asyncio.run(worker.checkpoint())
        table = worker._races.table
        assert not load(table[RACE.encode()]).buried
        clock[0] += DAY + 1
        asyncio.run(worker.checkpoint())
        assert load(table[RACE.encode()]).buried
        book.calls.clear()
        worker.work(run(*events))
        assert book.calls == [], "feeding it again changes nothing"
        clock[0] += 30 * DAY + 1
        asyncio.run(worker.checkpoint())
        assert RACE.encode() not in table
        assert ("hpr-worker-races-changelog:3", (RACE.encode(), None)) in book.calls
        assert ("racing.races:-1", (RACE.encode(), None)) in book.calls
        assert ("racing.bars:-1", (RACE.encode(), None)) in book.calls

    def test_prices_that_come_after_that_leave_its_view_and_bars_alone(
        self, worker: Worker, book: Book, clock: list[int]
    ) -> None:
        worker.work(run(*OPENING, moved(61, 2.8)))
        asyncio.run(worker.checkpoint())
        clock[0] += 8 * DAY
        asyncio.run(worker.checkpoint())
        book.calls.clear()
        worker.work(run(moved(130, 3.0), moved(200, 3.1)))
        asyncio.run(worker.checkpoint())
        assert not {"racing.races", "racing.bars", "racing.predictions"} & set(book.topics())

    def test_a_race_that_never_ends_is_kept_for_a_week(self, worker: Worker, clock: list[int]) -> None:
        worker.work(run(*OPENING))
        asyncio.run(worker.checkpoint())
        for days, buried in ((6, False), (8, True)):
            clock[0] = days * DAY
            asyncio.run(worker.checkpoint())
            assert load(worker._races.table[RACE.encode()]).buried is buried

    def test_lives_go_on_after_a_recovery(self, book: Book, worker: Worker) -> None:
        worker.work(run(*OPENING))
        asyncio.run(worker.checkpoint())
        races, now = Races(worker._races.table), [8 * DAY]
        heir = Worker(book, races, default_scorer(), default_codec(), Metrics(), clock=lambda: now[0])  # type: ignore[arg-type]
        heir.recovered({3})
        asyncio.run(heir.checkpoint())
        assert load(races.table[RACE.encode()]).buried
