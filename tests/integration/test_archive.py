"""The archive sink on a real Kafka: killed, restarted, refused by the disk, and never a gap or a repeat."""

import random
import signal
import subprocess
from pathlib import Path

from deploy.kafka.node import SingleNode
from streams.archive.reader import Archive
from streams.archive.store import FolderStore
from streams.archive.upkeep import problems
from tests.integration.services import read_values, run, running, spawn, wait_until
from topics import admin
from topics.catalogue import RACE_EVENTS

KILLS = 3


def archived(folder: Path, topic: str) -> list[bytes | None]:
    archive = Archive(FolderStore(folder))
    return [r.value for p in archive.partitions(topic) for r in archive.records(topic, p)]


def count(folder: Path, prefix: str) -> int:
    archive = Archive(FolderStore(folder))
    names = [prefix + topic.name for topic in RACE_EVENTS]
    return sum(
        m.next_offset for name in names for p in archive.partitions(name) for m in _last(archive, name, p)
    )


def _last(archive: Archive, topic: str, partition: int) -> list:  # type: ignore[type-arg]
    return list(archive.manifests(topic, partition))[-1:]


def test_killed_again_and_again_the_archive_is_the_topics(
    kafka: SingleNode, captures: Path, tmp_path: Path
) -> None:
    prefix, log, folder = "archived.", tmp_path / "log", tmp_path / "archive"
    environment = {"HPR_BROKER": kafka.bootstrap, "HPR_TOPIC_PREFIX": prefix}
    admin.create(kafka.bootstrap, prefix)
    sink = ("sink", "--archive", str(folder), "--flush-seconds", "0.1")
    chance = random.Random(8)
    files = [str(captures / "win" / name) for name in ("1.170462859.bz2", "1.132153978.bz2")]
    with running("feed", "betfair", *files, "--speed", "2000", log=log, **environment):
        for _ in range(KILLS):
            process = spawn(*sink, log=log, **environment)
            wait_until(lambda: log.read_text().count("sink started"), "the sink has begun")
            try:
                process.wait(chance.uniform(0.5, 1.5))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            process.wait(10)
    run("feed", "betfair", *files, log=log, **environment)
    written = sum(len(read_values(kafka.bootstrap, prefix + topic.name)) for topic in RACE_EVENTS)
    with running(*sink, log=log, **environment):
        wait_until(lambda: count(folder, prefix) == written, "all is archived")
    archive = Archive(FolderStore(folder))
    assert list(problems(archive)) == []
    for topic in RACE_EVENTS:
        name = prefix + topic.name
        assert archived(folder, name) == read_values(kafka.bootstrap, name)
