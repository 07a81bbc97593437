import csv
import lzma
import shutil
import subprocess
import tarfile
import uuid
from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Consumer, TopicPartition

from deploy.kafka.node import SingleNode
from hpr.histories import NAMES
from schemas.codec import default_codec
from topics import admin
from topics.catalogue import DEAD_LETTERS, FORM_EVENTS, RACE_EVENTS

Hpr = Callable[..., subprocess.CompletedProcess[str]]
Inside = Callable[..., Any]


@pytest.fixture(scope="module")
def small(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small part of each provider's records."""
    folder = tmp_path_factory.mktemp("history")
    (folder / "hkjc_meetings").mkdir()
    (archive,) = (shared_data / "hkjc_meetings").glob("*.tar.xz")
    with tarfile.open(archive, "r|*") as members:
        meetings = (member for member in members if member.name.endswith(".json"))
        for member in islice(meetings, 2):
            content = members.extractfile(member)
            assert content is not None
            (folder / "hkjc_meetings" / Path(member.name).name).write_bytes(content.read())
    for file in ("uk_ire_results/results_2021.csv.xz", "betfair_anz_bsp/ANZ_Thoroughbreds_2025_04.csv.xz"):
        _head(shared_data / file, folder / file.removesuffix(".xz"), 400)
    for file in ("us_past_performances/BEL0511.csv", *(f"us_charts/KDX09132018.{n}" for n in range(1, 7))):
        (folder / file).parent.mkdir(exist_ok=True)
        shutil.copy(shared_data / file, folder / file)
    return folder


def _head(source: Path, target: Path, lines: int) -> None:
    target.parent.mkdir()
    with (
        lzma.open(source, "rt", encoding="utf-8-sig", newline="") as file,
        target.open("w", newline="") as out,
    ):
        csv.writer(out).writerows(islice(csv.reader(file), lines))


def test_feeding_all_history_twice_publishes_nothing_new(hpr: Hpr, kafka: SingleNode, small: Path) -> None:
    prefix = f"h{uuid.uuid4().hex[:8]}."
    admin.create(kafka.bootstrap, prefix)
    settings = {"HPR_BROKER": kafka.bootstrap, "HPR_TOPIC_PREFIX": prefix}
    first = hpr("feed", "history", small, "--json", **settings)
    assert first.returncode == 0, first.stderr
    figures = orjson.loads(first.stdout)
    assert list(figures) == list(NAMES)
    once = records(kafka.bootstrap, prefix)
    assert sum(once.values()) == sum(told["events"] for told in figures.values())
    assert set(once.values()) == {1}
    second = hpr("feed", "history", small, "--json", **settings)
    assert second.returncode == 0, second.stderr
    twice = records(kafka.bootstrap, prefix)
    assert twice == dict.fromkeys(once, 2)
    assert {source for source, _, _ in once} == {*NAMES[:-1], "bris", "equibase"}
    for told in figures.values():
        assert told["races"] > 1
        assert told["dead_letters"] == told.get("DeadLetter", 0) == 0


def records(bootstrap: str, prefix: str) -> Counter[tuple[str, str, str]]:
    """How often each event stands in the topics: by source, topic and id, with its content to be the same."""
    codec = default_codec()
    found: Counter[tuple[str, str, str]] = Counter()
    bodies: dict[str, bytes] = {}
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "all", "enable.auto.commit": False})
    names = [prefix + topic.name for topic in (*RACE_EVENTS, *FORM_EVENTS, DEAD_LETTERS)]
    known = consumer.list_topics(timeout=10).topics
    places = [TopicPartition(name, n, 0) for name in names for n in known[name].partitions]
    left = sum(high for _, high in (consumer.get_watermark_offsets(p, timeout=10) for p in places))
    consumer.assign(places)
    while left:
        for message in consumer.consume(min(left, 5_000), timeout=10):
            assert not message.error(), message.error()
            data = message.value() or b""
            _, event = codec.decode(data)
            assert bodies.setdefault(event["event_id"], data) == data
            found[event["source"], message.topic() or "", event["event_id"]] += 1
            left -= 1
    consumer.close()
    return found


def test_a_folder_without_history_says_what_is_looked_for(inside: Inside, tmp_path: Path) -> None:
    done = inside("feed", "history", tmp_path)
    assert done.returncode == 1
    *_, last = done.stderr.splitlines()
    for wanted in (
        "no meetings there",
        "no results there",
        "no starting prices there",
        "chart files .1 to .6",
    ):
        assert wanted in last


def test_what_is_missing_is_known_before_a_broker_is_asked(inside: Inside, tmp_path: Path) -> None:
    for arguments in (("us", "nowhere.DRF"), ("uk-ire", tmp_path), ("hong-kong", tmp_path / "nowhere")):
        done = inside("feed", *arguments)
        assert (done.returncode, "no such" in done.stderr or "no results there" in done.stderr) == (1, True)
