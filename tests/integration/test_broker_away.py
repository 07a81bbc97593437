"""A broker that is away at the start, goes away and comes back: the services wait, and nothing is lost."""

from pathlib import Path

import pytest

from deploy.kafka.node import SingleNode, free_port
from feeds.betfair.recorded import recorded
from streams.replay import Races, located
from tests.integration.services import Progress, read_all, run, running, spawn, wait_until
from topics import admin

PREFIX = "away."


@pytest.mark.kafka
@pytest.mark.data
def test_a_worker_waits_for_its_broker_and_outlives_it(tmp_path: Path, captures: Path) -> None:
    log = tmp_path / "log"
    early, late = captures / "win" / "1.132153978.bz2", captures / "place" / "1.205822330.bz2"
    with SingleNode(tmp_path / "kafka") as node:
        environment = {"HPR_BROKER": node.bootstrap, "HPR_TOPIC_PREFIX": PREFIX}
        admin.create(node.bootstrap, PREFIX)
        node.stop()
        with running("worker", "--http-port", "0", log=log, **environment):
            wait_until(lambda: "no Kafka answers yet" in log.read_text(), "the worker says that it waits", 30)
            node.restart()
            run("feed", "betfair", str(early), log=log, **environment)
            with Progress(node.bootstrap, PREFIX) as progress:
                wait_until(lambda: progress.behind() == 0, "the first capture is worked")
                written = progress.written()
                feed = spawn("feed", "betfair", str(late), log=log, **environment)
                wait_until(lambda: progress.written() > written, "the feed has begun", 20)
            node.restart(abruptly=True)
            assert feed.wait(60) == 0
            with Progress(node.bootstrap, PREFIX) as progress:
                wait_until(lambda: progress.behind() == 0, "the second capture is worked")
        races = Races()
        for name, event, *_ in located(named for _, made in recorded([early, late]) for named in made):
            races[event["race_id"]].fold(name, event)
        # Topics came back one after the other: the order across them was another, the races are the same.
        views = {view["race_id"]: view for view in read_all(node.bootstrap, f"{PREFIX}racing.races")}
        assert {id: view["revision"] for id, view in views.items()} == {
            id: race.state.revision for id, race in races.items()
        }
        assert {id: view["winners"] for id, view in views.items()} == {
            id: list(race.view.winners) for id, race in races.items()
        }


@pytest.mark.kafka
def test_missing_topics_are_named(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with SingleNode(tmp_path / "kafka") as node:
        process = spawn("worker", "--http-port", "0", log=log, HPR_BROKER=node.bootstrap)
        assert process.wait(30) == 1
    assert "topics missing: racing.cards" in log.read_text()
    assert "run `hpr topics create`" in log.read_text()


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    import socket

    log = tmp_path / "log"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = spawn("gateway", "--port", str(taken.getsockname()[1]), log=log)
        assert process.wait(30) == 1
    assert len(log.read_text().strip().splitlines()) == 1
    assert "another --port" in log.read_text()
    assert free_port() > 0
