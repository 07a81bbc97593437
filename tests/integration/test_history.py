"""History on a real Kafka: archived while killed; captures, archive and topics replay to the same bytes."""

import random
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.kafka.node import SingleNode
from streams.archive.reader import Archive
from streams.archive.store import FolderStore
from streams.archive.upkeep import problems
from tests.integration.services import read_values, run, running, spawn, wait_until
from topics import admin
from topics.catalogue import RACE_EVENTS

PREFIX = "history."
KILLS = 3
CAPTURES = ("1.170462859.bz2", "1.132153978.bz2")


@dataclass(frozen=True)
class History:
    """Captures that were fed into topics under PREFIX and archived meanwhile."""

    bootstrap: str
    files: list[str]
    folder: Path
    archive: Archive
    log: Path

    @property
    def environment(self) -> dict[str, str]:
        """Settings of commands."""
        return {"HPR_BROKER": self.bootstrap, "HPR_TOPIC_PREFIX": PREFIX}

    def records(self) -> int:
        """Records of races archived so far."""
        names = [PREFIX + topic.name for topic in RACE_EVENTS]
        return sum(
            manifest.next_offset - manifest.first_offset
            for name in names
            for partition in self.archive.partitions(name)
            for manifest in self.archive.manifests(name, partition)
        )

    def values(self, topic: str) -> list[bytes | None]:
        """Values of a topic as archived."""
        partitions = self.archive.partitions(topic)
        return [record.value for p in partitions for record in self.archive.records(topic, p)]

    def replayed(self, tmp_path: Path, *arguments: str) -> bytes:
        """What a replay writes."""
        out = tmp_path / "lines.jsonl"
        run("replay", *arguments, "--out", str(out), log=self.log, **self.environment)
        return out.read_bytes()


@pytest.fixture(scope="module")
def history(kafka: SingleNode, captures: Path, tmp_path_factory: pytest.TempPathFactory) -> History:
    """Captures fed while the sink is killed again and again, then archived to the end."""
    root = tmp_path_factory.mktemp("history")
    files = [str(captures / "win" / name) for name in CAPTURES]
    archive = Archive(FolderStore(root / "archive"))
    made = History(kafka.bootstrap, files, root / "archive", archive, root / "log")
    admin.create(kafka.bootstrap, PREFIX)
    sink = ("sink", "--archive", str(made.folder), "--flush-seconds", "0.1")
    chance = random.Random(8)
    with running("feed", "betfair", *files, "--speed", "2000", log=made.log, **made.environment):
        for _ in range(KILLS):
            process = spawn(*sink, log=made.log, **made.environment)
            try:
                process.wait(chance.uniform(1.5, 2.5))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            process.wait(10)
    run("feed", "betfair", *files, log=made.log, **made.environment)
    written = sum(len(read_values(kafka.bootstrap, PREFIX + topic.name)) for topic in RACE_EVENTS)
    with running(*sink, log=made.log, **made.environment):
        wait_until(lambda: made.records() == written, "all is archived")
    return made


def test_killed_again_and_again_the_archive_is_the_topics(history: History) -> None:
    assert list(problems(history.archive)) == []
    for topic in RACE_EVENTS:
        name = PREFIX + topic.name
        assert history.values(name) == read_values(history.bootstrap, name)


def test_captures_archive_and_topics_replay_to_the_same_bytes(history: History, tmp_path: Path) -> None:
    archive = f"archive:{history.folder}"
    lines = history.replayed(tmp_path, *history.files)
    assert lines.count(b"\n") > 1000
    assert history.replayed(tmp_path, archive) == lines
    assert history.replayed(tmp_path, archive, "--processes", "2", "--run-size", "7") == lines
    assert history.replayed(tmp_path, "topics:") == lines
    assert history.replayed(tmp_path, "topics:", archive, "--processes", "2") == lines


def test_a_replay_into_topics_of_another_prefix_is_the_same_again(history: History, tmp_path: Path) -> None:
    since = ("--from", "2020-05-17T00:00:00")
    lines = history.replayed(tmp_path, f"archive:{history.folder}", *since)
    arguments = (f"archive:{history.folder}", "--into", "again.", *since)
    run("replay", *arguments, log=history.log, **history.environment)
    assert history.replayed(tmp_path, "topics:again.") == lines != b""
