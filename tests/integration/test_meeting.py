"""A Hong Kong meeting on a real Kafka: what the stream says of each race is what offline evaluation says.

Before it stands a short history, and the model is a small one. With HPR_LONG=1 it is the whole history from
2008 on and the model that `hpr train` makes of it, and takes some ten minutes; HPR_TRAINED names a folder of
one made before.
"""

import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from confluent_kafka import Consumer, TopicPartition

from deploy.kafka.node import SingleNode
from feeds import hong_kong
from models import artefacts
from models.evaluation import win_of
from models.form.assembly import assemble
from models.layout import Floats
from models.registry import Registry
from models.table import Table, tabulate
from models.trained import FEATURE_SET
from schemas.codec import default_codec
from schemas.identity import uuid_of
from schemas.records import Event, Prediction
from streams.lines import line_of_prediction
from tests.integration.services import run, running, spawn, wait_until
from tests.models.trained_world import written as small
from topics import admin
from topics.catalogue import EVENT_TOPIC, FORM, LESSONS, PREDICTIONS
from topics.producer import EventProducer

LONG = os.environ.get("HPR_LONG") == "1"
PREFIX = "meeting."
DAY = date(2025, 6, 25)
KNOWN_FROM = "2025-04"
SEASON = "2024-09"
CLOSE = 1e-9


class Follower:
    """All records of a topic so far, decoded, as they come in."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "follower"})
        partitions = self._consumer.list_topics(topic, timeout=10).topics[topic].partitions
        self._consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
        self.records: list[Any] = []

    def read(self) -> list[Any]:
        """What there is by now."""
        for message in self._consumer.consume(500, timeout=0.05):
            assert message.error() is None, message.error()
            self.records.append(default_codec().decode(message.value() or b"")[1])
        return self.records

    def close(self) -> None:
        """Read no more."""
        self._consumer.close()


@dataclass(frozen=True)
class Meeting:
    """The meeting as it was worked, and what offline evaluation says of it."""

    environment: dict[str, str]
    version: str
    said: list[Prediction]
    forms: list[Any]
    lessons: list[Any]
    table: Table
    offline: dict[str, Floats]

    def last(self, race_id: str) -> Prediction:
        """What was said of a race last: its result moves no chance, so it was before the off."""
        return max((s for s in self.said if s["race_id"] == race_id), key=lambda said: said["revision"])

    def rows(self, race_id: str) -> slice:
        """The race's rows in the table."""
        at = self.table.race_id.tolist().index(race_id)
        ends = [*self.table.start.tolist(), len(self.table.position)]
        return slice(ends[at], ends[at + 1])


@pytest.fixture(scope="module")
def records(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the history: all of it, or some weeks before the meeting without details."""
    if LONG:
        return shared_data
    folder = tmp_path_factory.mktemp("records")
    (packed,) = (shared_data / "hkjc_meetings").glob("*.tar.xz")
    with tarfile.open(packed) as archive:
        for member in archive:
            name = Path(member.name).name
            content = archive.extractfile(member)
            if content is not None and name[:7] >= KNOWN_FROM and name[:10] <= DAY.isoformat():
                (folder / name).write_bytes(content.read())
    return folder


@pytest.fixture(scope="module")
def trained(records: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a model of `hpr train`, or of a small one of a made-up world."""
    folder = Path(os.environ.get("HPR_TRAINED") or tmp_path_factory.mktemp("models") / "trained")
    if LONG and not folder.exists():
        asked = ("train", "hong-kong", "--data", str(records), "--before", SEASON, "--out", str(folder))
        subprocess.run([sys.executable, "-m", "hpr", *asked], check=True)
    elif not LONG:
        small(folder)
    return folder


@pytest.fixture(scope="module")
def meeting(
    kafka: SingleNode, records: Path, trained: Path, tmp_path_factory: pytest.TempPathFactory
) -> Meeting:
    """The meeting fed as it came, race by race, while the form worker is killed in its middle."""
    root = tmp_path_factory.mktemp("meeting")
    log = root / "log"
    registry = Registry(root / "models")
    version = registry.add_folder(trained)
    registry.act("promote", "CHAMPION", version, "for this meeting")
    environment = {
        "HPR_BROKER": kafka.bootstrap,
        "HPR_TOPIC_PREFIX": PREFIX,
        "HPR_MODELS": str(root / "models"),
        "HPR_FORM_SNAPSHOT": str(root / "snapshot"),
    }
    learn = ("learn", "hong-kong", "--data", str(records), "--before", DAY.isoformat())
    subprocess.run(
        [sys.executable, "-m", "hpr", *learn], check=True, env={**os.environ, **environment}, timeout=3600
    )
    admin.create(kafka.bootstrap, PREFIX)
    said, forms, lessons = (
        Follower(kafka.bootstrap, PREFIX + topic.name) for topic in (PREDICTIONS, FORM, LESSONS)
    )
    form = spawn("form", log=log, **environment)
    try:
        with running("worker", "--http-port", "0", log=log, **environment):
            producer = EventProducer(kafka.bootstrap, PREFIX)
            for number, (events, race_id) in enumerate(stages(records)):
                for name, event in events:
                    producer.publish(EVENT_TOPIC[name].name, event)
                producer.flush()
                if number == 5:
                    form.send_signal(signal.SIGKILL)
                    form.wait(10)
                    form = spawn("form", log=log, **environment)
                wait_until(partial(answered, events, said, forms, version), f"stage {number}: {race_id}")
            wait_until(lambda: len(lessons.read()) == count_of_races(records), "every race teaches")
    finally:
        form.send_signal(signal.SIGTERM)
        form.wait(30)
        said.close()
        forms.close()
        lessons.close()
    past = assemble(hong_kong.read(records, None, DAY))
    table = tabulate(past)
    table = table.where(table.day == DAY.toordinal())
    beliefs, _ = artefacts.load(trained)
    return Meeting(
        environment, version, said.records, forms.records, lessons.records, table, win_of(beliefs, table)
    )


def stages(records: Path) -> Iterator[tuple[list[tuple[str, Event]], str]]:
    """The day's events in parts after each of which the workers are waited for, with the race concerned.

    A person at the track sees minutes between them; here it is as long as the answers take.
    """
    part: list[tuple[str, Event]] = []
    for name, event in hong_kong.read(records, DAY, DAY):
        ends = name in ("Conditions", "OddsUpdate", "Result")
        if name == "Conditions" and any(kind != "Conditions" for kind, _ in part):
            yield part, ""
            part = []
        part.append((name, event))
        if ends:
            yield part, event["race_id"]
            part = []
    yield part, ""


def count_of_races(records: Path) -> int:
    """How many races the day has."""
    return len({event["race_id"] for name, event in hong_kong.read(records, DAY, DAY) if name == "Result"})


def answered(events: list[tuple[str, Event]], said: Follower, forms: Follower, version: str) -> bool:
    """Whether all that they ask for is there: form, the model, and once there are prices, a prediction.

    The model is pinned once form is told: a price before that would be scored by the market alone.
    """
    told = {form["request_id"] for form in forms.read() if form["feature_set"] == FEATURE_SET}
    priced = {each["race_id"] for each in said.read() if any(r["price"] for r in each["runners"])}
    asked = [event for name, event in events if name in ("RaceCard", "Conditions")]
    scored = {each["race_id"] for each in said.read() if version in each["model_versions"].values()}
    return all(request_of(event) in told and event["race_id"] in scored for event in asked) and all(
        event["race_id"] in priced for name, event in events if name == "OddsUpdate"
    )


def request_of(event: Event) -> str:
    """Id of the request that a card or the going leads to."""
    return uuid_of(f"request:{event['race_id']}:{event['event_id']}")


def races(meeting: Meeting) -> list[str]:
    return [str(race_id) for race_id in meeting.table.race_id]


def test_fundamental_is_the_offline_evaluation_s_number(meeting: Meeting) -> None:
    apart = []
    for race_id in races(meeting):
        rows = meeting.rows(race_id)
        by_id = {r["runner_id"]: r["fundamental_probability"] for r in meeting.last(race_id)["runners"]}
        found = np.array([by_id[name] for name in meeting.table.runner_id[rows].tolist()], dtype=np.float64)
        apart.append(float(np.abs(found - meeting.offline["fundamental"][rows]).max()))
    print(f"{len(apart)} races, fundamental at most {max(apart):.1e} apart")
    assert len(apart) >= 8
    assert max(apart) <= CLOSE


def test_combined_is_the_offline_evaluation_s_number_from_the_same_prices(meeting: Meeting) -> None:
    for race_id in races(meeting):
        rows = meeting.rows(race_id)
        by_id = {r["runner_id"]: r["combined_probability"] for r in meeting.last(race_id)["runners"]}
        found = [by_id[name] for name in meeting.table.runner_id[rows].tolist()]
        assert found == pytest.approx(meeting.offline["combined"][rows].tolist(), abs=1e-7)


def test_every_race_teaches_what_was_said_of_it_last_and_who_won(meeting: Meeting) -> None:
    for lesson in meeting.lessons:
        last = {r["runner_id"]: r["win_probability"] for r in meeting.last(lesson["race_id"])["runners"]}
        *_, moment = lesson["moments"]
        scores = moment["market_weight"] * np.log(moment["public"]) + np.array(moment["form"])
        chances = np.exp(scores - scores.max())
        found = (chances / chances.sum()).tolist()
        assert found == pytest.approx([last[id] for id in lesson["runner_ids"]], abs=1e-9)
        assert sum(lesson["won"]) == 1.0


def test_every_prediction_by_form_is_whole(meeting: Meeting) -> None:
    scored = [each for each in meeting.said if each["form_id"]]
    assert len(scored) >= 2 * len(races(meeting))
    words = 0
    for each in scored:
        running = [r for r in each["runners"] if r["win_probability"] is not None]
        if not running:
            continue
        assert each["model_versions"]["form"] == meeting.version, each["basis"]
        for kind in ("fundamental_probability", "public_probability", "combined_probability"):
            assert sum(r[kind] or 0.0 for r in running) == pytest.approx(1.0, abs=1e-9)
        log_odds = np.log([r["fundamental_probability"] or 0.0 for r in running])
        told = [sum(part["value"] for part in r["contributions"]) for r in running]
        assert told == pytest.approx((log_odds - log_odds.mean()).tolist(), abs=1e-9)
        assert all(len(r["pace"]) == 4 and r["pace_spread"] is not None for r in running)
        assert all(part["text"] for r in running for part in r["contributions"])
        words += sum(len(r["annotations"]) for r in running)
        assert each["pace_words"]
    assert words > 100


def test_a_killed_form_worker_says_the_same_again(meeting: Meeting) -> None:
    """Whoever was killed answers again what it had not kept: with the same ids, and so the same values."""
    by_id: dict[str, Any] = {}
    for form in meeting.forms:
        assert by_id.setdefault(form["event_id"], form) == form
    assert {form["race_id"] for form in meeting.forms} == set(races(meeting))


def test_replay_and_audit_know_which_version_scored_what(meeting: Meeting, tmp_path: Path) -> None:
    out = tmp_path / "lines.jsonl"
    run("replay", f"topics:{PREFIX}", "--out", str(out), log=tmp_path / "log", **meeting.environment)
    lines = set(out.read_bytes().splitlines())
    assert {line_of_prediction(each) for each in meeting.said} <= lines
    done = subprocess.run(
        [sys.executable, "-m", "hpr", "audit", "--sample", "1000", "--json"],
        env={**os.environ, **meeting.environment}, capture_output=True, check=False,
    )  # fmt: skip
    found = orjson.loads(done.stdout)
    assert found["differing"] == []
    assert found["audited"] == found["identical"] >= len({each["event_id"] for each in meeting.said})
