"""The whole path on a real Kafka: captures in, worked, predictions, alerts and races out, none lost."""

import os
import random
import signal
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from deploy.kafka.node import SingleNode
from feeds.betfair.recorded import recorded
from schemas.records import Alert
from streams import engine
from streams.lines import line_of_prediction
from streams.replay import Races, located, replay
from streams.scoring import default_scorer
from tests.integration.services import Progress, read_all, run, running, spawn, wait_until
from topics import admin

KILLS = 20


@dataclass(frozen=True)
class Derived:
    """What the pure path makes of the captures."""

    lines: dict[str, bytes]
    """Lines by prediction id."""
    last: dict[str, bytes]
    """Last line of each race."""
    alerts: dict[str, Alert]
    races: Races


@dataclass(frozen=True)
class Worked:
    """Topics under `prefix` after a worker went through the captures."""

    bootstrap: str
    prefix: str

    def read(self, topic: str) -> list[Any]:
        """All records of one topic."""
        return read_all(self.bootstrap, self.prefix + topic)

    def views(self) -> dict[str, dict[str, Any]]:
        """The last view of each race, without what names the way it was made."""
        return {view["race_id"]: view for view in self.read("racing.races")}

    def last_lines(self) -> dict[str, bytes]:
        """The last prediction of each race, by revision."""
        records = sorted(self.read("racing.predictions"), key=lambda record: record["revision"])
        return {record["race_id"]: line_of_prediction(record) for record in records}


SOME = (
    "win/1.132153978.bz2", "win/1.211006011.bz2", "win/1.206063952.bz2", "win/1.170462859.bz2",
    "win/1.170462894.bz2", "place/1.205822330.bz2", "fragment",
)  # fmt: skip
"""Captures enough for every law: last prices only, six scratchings, two at once, a place market, no end."""

ALL = ("win", "place", "fragment")
"""With HPR_ALL_CAPTURES=1 these tests take every capture, and some ten minutes."""


@pytest.fixture(scope="module")
def files(captures: Path) -> list[Path]:
    names = ALL if os.environ.get("HPR_ALL_CAPTURES") == "1" else SOME
    return [captures / name for name in names]


@pytest.fixture(scope="module")
def derived(files: list[Path]) -> Derived:
    events = [named for _, made in recorded(files) for named in made]
    lines: dict[str, bytes] = {}
    last: dict[str, bytes] = {}
    for published in replay(events):
        lines[published.line[18:54].decode()] = published.line
        last[published.race_id] = published.line
    races, stream = Races(), located(events)
    alerts: dict[str, Alert] = {}
    while batch := list(islice(stream, 500)):
        alerts |= {alert["event_id"]: alert for alert in engine.run(batch, races, default_scorer()).alerts}
    return Derived(lines, last, alerts, races)


def fed(kafka: SingleNode, prefix: str, files: list[Path], log: Path) -> Worked:
    """Topics under `prefix` with the captures in them, in full."""
    admin.create(kafka.bootstrap, prefix)
    feed(kafka, prefix, files, log)
    return Worked(kafka.bootstrap, prefix)


def feed(kafka: SingleNode, prefix: str, files: list[Path], log: Path) -> None:
    run("feed", "betfair", *map(str, files), log=log, HPR_BROKER=kafka.bootstrap, HPR_TOPIC_PREFIX=prefix)


def worker(topics: Worked, instance: str = "one") -> tuple[tuple[str, ...], dict[str, str]]:
    return ("worker", "--http-port", "0"), {
        "HPR_BROKER": topics.bootstrap,
        "HPR_TOPIC_PREFIX": topics.prefix,
        "HPR_WORKER_INSTANCE": instance,
    }


def work(topics: Worked, log: Path) -> None:
    """Run a worker until its commits cover all there is."""
    arguments, environment = worker(topics)
    with running(*arguments, log=log, **environment), Progress(topics.bootstrap, topics.prefix) as progress:
        wait_until(lambda: progress.behind() == 0, "the worker has worked through all")


@pytest.fixture(scope="module")
def worked(kafka: SingleNode, files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Worked:
    log = tmp_path_factory.mktemp("spine") / "log"
    topics = fed(kafka, "spine.", files, log)
    work(topics, log)
    return topics


class TestWorkedInFull:
    def test_predictions_are_among_those_that_replay_derives_bit_by_bit(
        self, worked: Worked, derived: Derived
    ) -> None:
        records = worked.read("racing.predictions")
        assert len(records) > 50
        for record in records:
            assert line_of_prediction(record) == derived.lines.get(record["event_id"])

    def test_the_last_prediction_of_each_race_is_replays(self, worked: Worked, derived: Derived) -> None:
        assert worked.last_lines() == derived.last

    def test_alerts_are_those_of_the_pure_path_and_none_is_missing(
        self, worked: Worked, derived: Derived
    ) -> None:
        found = {alert["event_id"]: alert for alert in worked.read("racing.alerts")}
        assert found == derived.alerts

    def test_races_end_with_the_winners_and_scratches_of_their_captures(
        self, worked: Worked, derived: Derived
    ) -> None:
        views = worked.views()
        assert views.keys() == derived.races.keys()
        for race_id, race in derived.races.items():
            shown = views[race_id]
            assert shown["winners"] == list(race.view.winners)
            assert shown["revision"] == race.state.revision
            assert [r["status"] for r in shown["runners"]] == race.view.statuses

    def test_feeding_the_same_again_changes_nothing(
        self, worked: Worked, kafka: SingleNode, files: list[Path], tmp_path: Path
    ) -> None:
        before, views = len(worked.read("racing.predictions")), worked.views()
        feed(kafka, worked.prefix, files, tmp_path / "log")
        work(worked, tmp_path / "log")
        assert len(worked.read("racing.predictions")) == before
        assert worked.views() == views


def test_killed_twenty_times_nothing_is_missing(
    kafka: SingleNode, files: list[Path], derived: Derived, worked: Worked, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    topics = fed(kafka, "killed.", files, log)
    arguments, environment = worker(topics)
    chance = random.Random(20)
    with Progress(topics.bootstrap, topics.prefix) as progress:
        for _ in range(KILLS):
            process = spawn(*arguments, log=log, **environment)
            before = progress.behind()
            wait_until(lambda p=progress, b=before: p.behind() < b or p.behind() == 0, "progress")  # type: ignore[misc]
            try:
                process.wait(chance.random() * 0.3)
            except Exception:
                process.send_signal(signal.SIGKILL)
            process.wait(10)
    work(topics, log)
    assert topics.last_lines() == derived.last
    assert {alert["event_id"] for alert in topics.read("racing.alerts")} == derived.alerts.keys()
    assert topics.views() == worked.views()
    lines = [line_of_prediction(record) for record in topics.read("racing.predictions")]
    assert set(lines) <= set(derived.lines.values())


def test_two_workers_share_the_races_and_one_takes_over_from_the_other(
    kafka: SingleNode, files: list[Path], derived: Derived, worked: Worked, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    topics = fed(kafka, "two.", files, log)
    arguments, environment = worker(topics)
    with Progress(topics.bootstrap, topics.prefix) as progress:
        first = spawn(*arguments, log=log, **environment)
        start = progress.behind()
        wait_until(lambda: progress.behind() < start, "the first worker has begun")
        arguments, environment = worker(topics, "two")
        with running(*arguments, log=log, **environment):
            wait_until(lambda: log.read_text().count("worker started") == 2, "the second worker has begun")
            first.send_signal(signal.SIGTERM)
            assert first.wait(30) == 0
            wait_until(lambda: progress.behind() == 0, "the second worker has worked through all")
    assert topics.last_lines() == derived.last
    assert {alert["event_id"] for alert in topics.read("racing.alerts")} == derived.alerts.keys()
    assert topics.views() == worked.views()
