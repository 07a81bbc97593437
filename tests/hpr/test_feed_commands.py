import re
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from deploy.kafka.node import SingleNode
from feeds.betfair.recorded import recorded
from hpr.feed_commands import parse_speed
from schemas.errors import SettingsError
from topics import admin
from topics.catalogue import ODDS

Hpr = Callable[..., subprocess.CompletedProcess[str]]
Inside = Callable[..., Any]


@pytest.mark.parametrize(("text", "speed"), [("1", 1.0), ("60", 60.0), ("0.5", 0.5), ("max", None)])
def test_a_speed_is_times_real_time_or_max(text: str, speed: float | None) -> None:
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["0", "-1", "fast", "", "nan", "inf", "1e6", "MAX"])
def test_what_is_no_speed_is_one_line(text: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(f"--speed {text}: give a number such as 1 or 60")):
        parse_speed(text)


def test_a_wrong_speed_is_status_2(inside: Inside, captures: Path) -> None:
    done = inside("feed", "betfair", captures / "win/1.211006011.bz2", "--speed", "fast")
    assert done.returncode == 2
    assert done.stderr == "hpr: --speed fast: give a number such as 1 or 60, or max\n"


def test_a_missing_capture_is_status_1_before_any_broker_is_asked(inside: Inside) -> None:
    done = inside("feed", "betfair", "nowhere.bz2")
    assert (done.returncode, done.stderr) == (1, "hpr: nowhere.bz2: no such file or folder\n")


def test_a_capture_is_published_whole(hpr: Hpr, kafka: SingleNode, captures: Path) -> None:
    prefix, capture = f"f{uuid.uuid4().hex[:8]}.", captures / "win/1.211006011.bz2"
    admin.create(kafka.bootstrap, prefix)
    settings = {"HPR_BROKER": kafka.bootstrap, "HPR_TOPIC_PREFIX": prefix}
    done = hpr("feed", "betfair", capture, "--log-format", "json", **settings)
    assert done.returncode == 0, done.stderr
    events = [named for _, events in recorded([capture]) for named in events]
    assert f'"events": {len(events)}' in done.stderr
    odds = sum(name == "OddsUpdate" for name, _ in events)
    assert records(kafka.bootstrap, prefix + ODDS.name) == odds


def records(bootstrap: str, topic: str) -> int:
    """How many records a topic holds, by its offsets."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "count"})
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    ends = [consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10) for p in partitions]
    consumer.close()
    return sum(high - low for low, high in filter(None, ends))
