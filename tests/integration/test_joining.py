"""Workers that join while events come in: what is fetched as partitions change hands is not lost."""

from pathlib import Path

import pytest

from benchmarks.market import card, race_ids
from deploy.kafka.node import SingleNode
from tests.integration.services import Progress, read_all, running, wait_until
from topics import admin
from topics.catalogue import CARDS
from topics.producer import EventProducer

PREFIX = "joining."
RACES = 48


@pytest.mark.kafka
def test_events_that_come_while_two_workers_share_out_the_partitions_are_worked(
    kafka: SingleNode, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    environment = {"HPR_BROKER": kafka.bootstrap, "HPR_TOPIC_PREFIX": PREFIX}
    admin.create(kafka.bootstrap, PREFIX)
    producer = EventProducer(kafka.bootstrap, PREFIX)
    races = race_ids(0, RACES)
    with (
        running("worker", "--http-port", "0", log=log, **environment),
        running("worker", "--http-port", "0", log=log, **environment),
        Progress(kafka.bootstrap, PREFIX) as progress,
    ):
        # No commit was made yet: nothing would take a worker back to what it dropped now.
        wait_until(lambda: progress.members() == 2, "both workers have partitions")
        for race_id in races:
            producer.publish(CARDS.name, card(race_id, 1_800_000_000_000_000))
        producer.flush()
        wait_until(lambda: progress.behind() == 0, "all cards are worked", 60)
    assert {view["race_id"] for view in read_all(kafka.bootstrap, PREFIX + "racing.races")} == set(races)
