"""Poison on a real Kafka: in the dead letters once, with bytes, origin and reason; the stream goes on."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.kafka.node import SingleNode, free_port
from schemas.codec import default_codec
from schemas.records import OddsUpdate
from tests.integration.services import Progress, read_all, running, wait_until
from tests.streams.events import RACE, card, entry, odds, price
from topics import admin
from topics.producer import EventProducer

PREFIX = "poison."
KEY = RACE.encode()


def prices(seconds: float, one: float) -> OddsUpdate:
    return odds([price("1", one), price("2", 3.0), price("3", 4.0)], seconds)


def impossible() -> bytes:
    """Odds that fit their schema under an event id that is none."""
    event = prices(4, 9.0)
    event["event_id"] = "no uuid"
    return default_codec().encode("OddsUpdate", event)


POISON = {
    b"rubbish": "not in Confluent wire format",
    b"\x00\x00\x00\xff\xff rubbish": "schema id 65535 is not in the schema history",
    default_codec().encode(
        "RaceCard", card([entry("9")], 3)
    ): "a RaceCard does not belong on poison.racing.odds",
    impossible(): "no uuid",
}
"""Records on the odds topic that cannot be understood, and what the reason has to say."""


@dataclass(frozen=True)
class Topics:
    """Topics with good odds and poison among them, and a worker to go through them."""

    bootstrap: str
    producer: EventProducer
    log: Path

    def read(self, topic: str) -> list[Any]:
        return read_all(self.bootstrap, PREFIX + topic)

    def work(self, port: int = 0) -> dict[str, httpx.Response]:
        """Run a worker until its commits cover all; what its pages answered then."""
        self.producer.flush()
        environment = {
            "HPR_BROKER": self.bootstrap, "HPR_TOPIC_PREFIX": PREFIX, "HPR_WORKER_INSTANCE": "poisoned",
        }  # fmt: skip
        with (
            running("worker", "--http-port", str(port), log=self.log, **environment),
            Progress(self.bootstrap, PREFIX) as progress,
        ):
            wait_until(lambda: progress.behind() == 0, "the worker has worked through all", 40)
            pages = ("healthz", "readyz", "metrics") if port else ()
            return {page: httpx.get(f"http://127.0.0.1:{port}/{page}") for page in pages}


@pytest.fixture(scope="module")
def topics(kafka: SingleNode, tmp_path_factory: pytest.TempPathFactory) -> Topics:
    admin.create(kafka.bootstrap, PREFIX)
    producer = EventProducer(kafka.bootstrap, PREFIX)
    producer.publish("racing.cards", card([entry("1"), entry("2"), entry("3")]))
    producer.publish("racing.odds", prices(1, 2.0))
    for payload in POISON:
        producer.send("racing.odds", KEY, payload)
    producer.publish("racing.odds", prices(9, 2.4))
    return Topics(kafka.bootstrap, producer, tmp_path_factory.mktemp("poison") / "log")


@pytest.fixture(scope="module")
def pages(topics: Topics) -> dict[str, httpx.Response]:
    """The pages of the first worker when it had gone through all."""
    return topics.work(free_port())


@pytest.fixture(scope="module")
def letters(topics: Topics, pages: dict[str, httpx.Response]) -> list[Any]:
    """The dead letters that the first worker wrote."""
    return sorted(topics.read("racing.dead-letters"), key=lambda letter: letter["origin"])


def test_all_poison_is_in_the_dead_letters_whole_once_and_with_a_reason(letters: list[Any]) -> None:
    assert sorted(letter["payload"] for letter in letters) == sorted(POISON)
    for letter in letters:
        assert POISON[letter["payload"]] in letter["reason"]
        assert letter["source"] == "worker"


def test_each_says_where_it_lay(letters: list[Any]) -> None:
    found = [letter["origin"].split(":") for letter in letters]
    assert {topic for topic, _, _ in found} == {"poison.racing.odds"}
    assert len({partition for _, partition, _ in found}) == 1
    assert [int(offset) for _, _, offset in found] == [1, 2, 3, 4]
    assert [letter["payload"] for letter in letters] == list(POISON)


def test_the_stream_goes_on(topics: Topics, letters: list[Any]) -> None:
    last = topics.read("racing.predictions")[-1]
    assert last["revision"] == 3
    (view,) = {
        view["revision"]: view for view in topics.read("racing.races") if view["revision"] == 3
    }.values()
    assert [runner["last"] for runner in view["runners"]] == [2.4, 3.0, 4.0]


def test_the_worker_says_that_it_lives_keeps_up_and_what_it_counted(pages: dict[str, httpx.Response]) -> None:
    assert [pages[page].status_code for page in ("healthz", "readyz", "metrics")] == [200, 200, 200]
    assert pages["healthz"].json() == {"status": "ok"}
    assert json.loads(pages["readyz"].text)["ready"] is True
    counted = dict(line.rsplit(" ", 1) for line in pages["metrics"].text.splitlines() if line[0] != "#")
    assert float(counted["hpr_worker_dead_letters_total"]) == 4
    assert float(counted["hpr_worker_events_total"]) == 3


def test_a_worker_started_again_repeats_none_and_poison_at_the_very_end_is_passed_too(
    topics: Topics, letters: list[Any]
) -> None:
    topics.producer.send("racing.odds", KEY, b"the last word")
    topics.work()
    after = topics.read("racing.dead-letters")
    assert len(after) == len(letters) + 1
    assert after[-1]["payload"] == b"the last word"
    topics.work()
    assert topics.read("racing.dead-letters") == after
