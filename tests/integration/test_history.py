"""History on a real Kafka: worker, archive and ClickHouse killed at random; what is kept is what flowed.

With HPR_LONG=1 five simultaneous captures are played and each process is killed 30 times, some ten minutes.
"""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import orjson
import pytest
from confluent_kafka import Consumer, TopicPartition

from deploy.kafka.node import SingleNode
from schemas.codec import default_codec
from streams.archive.reader import Archive
from streams.archive.store import FolderStore
from streams.archive.upkeep import problems
from streams.clickhouse.target import TOPICS
from tests.integration.services import Progress, read_values, run, running, spawn, wait_until
from topics import admin
from topics.catalogue import ALERTS, ALL, ODDS, PREDICTIONS, RACE_EVENTS, RESULTS, SCRATCHES

PREFIX = "history."
LONG = os.environ.get("HPR_LONG") == "1"
KILLS, SPEED = (30, "60") if LONG else (2, "3000")
SHORTLY = ("1.170462859.bz2", "1.132153978.bz2")
SIMULTANEOUS = tuple(f"1.1704628{number}.bz2" for number in (52, 55, 59, 93, 94))
QUERY = """
import sys
from streams.clickhouse.database import connect
print(connect(sys.argv[1]).query(sys.argv[2]).result_rows[0][0])
"""
KEPT = [topic.name for topic in ALL if topic.cleanup == "delete"]


@dataclass(frozen=True)
class History:
    """Captures that were fed into topics under PREFIX and kept meanwhile."""

    bootstrap: str
    files: list[str]
    root: Path
    archive: Archive

    @property
    def environment(self) -> dict[str, str]:
        """Settings of commands."""
        return {
            "HPR_BROKER": self.bootstrap,
            "HPR_TOPIC_PREFIX": PREFIX,
            "HPR_WORKER_INSTANCE": "history",
            "HPR_HISTORY": str(self.root / "sock"),
        }

    @property
    def dsn(self) -> str:
        """Where the rows are."""
        return f"chdb:///{self.root}/chdb"

    @property
    def log(self) -> Path:
        """What all processes say."""
        return self.root / "log"

    def processes(self) -> list[tuple[str, ...]]:
        """Commands of the worker and the two sinks."""
        return [
            ("worker", "--http-port", "0"),
            ("sink", "--archive", str(self.root / "archive"), "--flush-seconds", "0.3"),
            ("sink", "--clickhouse", self.dsn, "--flush-seconds", "0.3"),
        ]

    def values(self, topic: str) -> list[bytes | None]:
        """Values of a topic as archived."""
        partitions = self.archive.partitions(PREFIX + topic)
        return [record.value for p in partitions for record in self.archive.records(PREFIX + topic, p)]

    def events(self, topic: str) -> Iterator[dict[str, object]]:
        """Events on a topic."""
        for value in read_values(self.bootstrap, PREFIX + topic):
            yield default_codec().decode(value)[1]

    def query(self, sql: str) -> int:
        """A number from ClickHouse, asked in a process of its own: one may have one folder only."""
        asked = subprocess.run(
            [sys.executable, "-c", QUERY, self.dsn, sql], capture_output=True, text=True, check=True
        )
        return int(asked.stdout)

    def replayed(self, tmp_path: Path, *arguments: str) -> bytes:
        """What a replay writes."""
        out = tmp_path / "lines.jsonl"
        run("replay", *arguments, "--out", str(out), log=self.log, **self.environment)
        return out.read_bytes()

    def ends(self, consumer: Consumer, topics: list[str]) -> dict[tuple[str, int], int]:
        """Where the partitions of topics end."""
        found, ends = consumer.list_topics(timeout=10).topics, dict[tuple[str, int], int]()
        for name in topics:
            for partition in found[PREFIX + name].partitions:
                at = TopicPartition(PREFIX + name, partition)
                ends[at.topic, partition] = consumer.get_watermark_offsets(at, timeout=10)[1]
        return ends

    def kept(self, consumer: Consumer, topics: list[str]) -> bool:
        """Whether the offsets that a sink has committed are those where its topics end."""
        ends = {at: end for at, end in self.ends(consumer, topics).items() if end}
        committed = consumer.committed([TopicPartition(*at) for at in ends], timeout=10)
        return all(ends[each.topic, each.partition] == each.offset for each in committed)


def killed_again_and_again(history: History, arguments: tuple[str, ...], seed: int) -> None:
    """A process is started and killed at random moments, in its start and in its work."""
    chance = random.Random(seed)
    for _ in range(KILLS):
        process = spawn(*arguments, log=history.log, **history.environment)
        try:
            process.wait(chance.uniform(0.5, 9.0))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.wait(10)


@pytest.fixture(scope="module")
def history(kafka: SingleNode, captures: Path, tmp_path_factory: pytest.TempPathFactory) -> History:
    """Captures fed while worker and sinks are killed again and again, then kept to the end."""
    root = tmp_path_factory.mktemp("history")
    files = [str(captures / "win" / name) for name in (SIMULTANEOUS if LONG else SHORTLY)]
    made = History(kafka.bootstrap, files, root, Archive(FolderStore(root / "archive")))
    admin.create(kafka.bootstrap, PREFIX)
    feed = spawn("feed", "betfair", *files, "--speed", SPEED, log=made.log, **made.environment)
    with ThreadPoolExecutor() as pool:
        done = [pool.submit(killed_again_and_again, made, a, n) for n, a in enumerate(made.processes())]
        for each in done:
            each.result()
    feed.terminate()
    assert feed.wait(60) == 0
    run("feed", "betfair", *files, log=made.log, **made.environment)
    with ExitStack() as stack:
        for arguments in made.processes():
            stack.enter_context(running(*arguments, log=made.log, **made.environment))
        progress = stack.enter_context(Progress(kafka.bootstrap, PREFIX))
        wait_until(lambda: progress.behind() == 0, "the worker has worked through all", 300)
        for group, topics in (("hpr-archive", KEPT), ("hpr-clickhouse", list(TOPICS))):
            consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": PREFIX + group})
            stack.callback(consumer.close)
            wait_until(partial(made.kept, consumer, topics), f"all is with {group}", 300)
    return made


def test_the_archive_is_the_topics_without_gap_or_repeat(history: History) -> None:
    assert list(problems(history.archive)) == []
    for topic in (*RACE_EVENTS, PREDICTIONS, ALERTS):
        assert history.values(topic.name) == read_values(history.bootstrap, PREFIX + topic.name)


def test_clickhouse_has_each_event_once(history: History) -> None:
    for topic, table in ((PREDICTIONS, "predictions"), (ALERTS, "alerts"), (SCRATCHES, "scratches")):
        ids = {event["event_id"] for event in history.events(topic.name)}
        assert history.query(f"SELECT count() FROM {table} FINAL") == len(ids), table
    for topic, table in ((ODDS, "odds"), (RESULTS, "results")):
        ids = {event["event_id"] for event in history.events(topic.name)}
        assert history.query(f"SELECT uniqExact(event_id) FROM {table} FINAL") == len(ids) > 0, table
        rows = f"SELECT count() - uniqExact(event_id, runner_id) FROM {table} FINAL"
        assert history.query(rows) == 0, table


def test_every_prediction_sampled_is_derived_again_from_the_archive(history: History) -> None:
    arguments = ("audit", "--archive", str(history.root / "archive"), "--sample", "1000", "--json")
    done = subprocess.run(
        [sys.executable, "-m", "hpr", *arguments],
        env={**os.environ, **history.environment}, capture_output=True, check=False,
    )  # fmt: skip
    found = orjson.loads(done.stdout)
    assert found["differing"] == []
    assert found["audited"] == found["identical"] > 20


def test_archive_and_topics_replay_to_the_same_bytes(history: History, tmp_path: Path) -> None:
    archive = f"archive:{history.root}/archive"
    lines = history.replayed(tmp_path, archive)
    assert lines.count(b"\n") > 1000
    assert history.replayed(tmp_path, archive, "--processes", "2", "--run-size", "7") == lines
    assert history.replayed(tmp_path, "topics:", archive) == lines


def test_captures_and_their_topics_and_a_replay_into_others_are_the_same(
    history: History, tmp_path: Path
) -> None:
    # Without a worker: it adds the models that it pins to races.
    admin.create(history.bootstrap, "plain.")
    plain = {**history.environment, "HPR_TOPIC_PREFIX": "plain."}
    run("feed", "betfair", *history.files, log=history.log, **plain)
    lines = history.replayed(tmp_path, *history.files)
    assert lines.count(b"\n") > 1000
    assert history.replayed(tmp_path, "topics:plain.", "--processes", "2") == lines
    run("replay", "topics:plain.", "--into", "again.", log=history.log, **plain)
    assert history.replayed(tmp_path, "topics:again.") == lines
