"""hpr feed betfair --live: a person's account, a small Betfair, an embedded broker."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer

from feeds.betfair.recorded import recorded
from hpr.feed_commands import FED
from hpr.live_command import live_flags
from schemas.codec import default_codec
from tests.feeds.betfair.live.desk import Betfair, betfair, until
from tests.feeds.betfair.live.exchange import APP_KEY, PASSWORD, USERNAME, Authority, lines_of
from topics.catalogue import FEED_STATUS
from topics.embedded import EmbeddedBroker

Inside = Callable[..., Any]
ACCOUNT = {"HPR_BETFAIR_APP_KEY": APP_KEY, "HPR_BETFAIR_USERNAME": USERNAME, "HPR_BETFAIR_PASSWORD": PASSWORD}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority."""
    return Authority(tmp_path_factory.mktemp("authority"))


def test_flags_are_settings_of_the_same_name() -> None:
    flags = live_flags(countries=["GB", "IE"], market_types=[], hours=None, conflate_ms=0, record="r")
    assert flags == {"betfair_countries": "GB,IE", "betfair_conflate_ms": 0, "betfair_record": "r"}


def test_without_an_account_it_says_what_to_set(inside: Inside) -> None:
    done = inside("feed", "betfair", "--live", HPR_BETFAIR_APP_KEY="key")
    assert done.returncode == 2
    assert done.stderr == (
        "hpr: --live needs HPR_BETFAIR_USERNAME, HPR_BETFAIR_PASSWORD; set them as variables or in hpr.toml\n"
    )


@pytest.mark.parametrize("arguments", [[], ["--live", "captures"]])
def test_it_is_either_captures_or_live(inside: Inside, arguments: list[str]) -> None:
    done = inside("feed", "betfair", *arguments)
    assert (done.returncode, done.stderr) == (2, "hpr: give captures or folders of them, or --live\n")


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        (["--country", "Britain"], "betfair_countries"),
        (["--market-type", "EACH_WAY"], "betfair_market_types"),
        (["--hours", "0"], "betfair_hours"),
        (["--heartbeat-ms", "100"], "betfair_heartbeat_ms"),
        (["--market-limit", "0"], "betfair_market_limit"),
    ],
)
def test_what_is_out_of_bounds_is_named(inside: Inside, flags: list[str], name: str) -> None:
    done = inside("feed", "betfair", "--live", *flags, **ACCOUNT)
    assert done.returncode == 2
    assert f"setting not understood: {name}: " in done.stderr
    assert PASSWORD not in done.stderr


def test_a_certificate_that_is_not_there_is_one_line_before_any_broker_is_asked(inside: Inside) -> None:
    done = inside("feed", "betfair", "--live", **ACCOUNT, HPR_BETFAIR_CERTIFICATE="nowhere.crt")
    assert done.returncode == 1
    assert done.stderr.startswith("hpr: nowhere.crt: no certificate can be read there")


class Running:
    """The command in a process of its own."""

    def __init__(self, small: Betfair, broker: EmbeddedBroker, folder: Path) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HPR_")}
        self.environment = clean | ACCOUNT | {
            "HPR_BROKER": broker.bootstrap,
            "HPR_BETFAIR_STREAM": f"127.0.0.1:{small.exchange.port}",
            "HPR_BETFAIR_LOGIN": small.website.address,
            "HPR_BETFAIR_API": small.website.address,
            "HPR_BETFAIR_CA": str(small.authority.ca),
            "HPR_BETFAIR_RECORD": "record",
        }  # fmt: skip
        self.folder = folder

    async def start(self, *flags: str) -> asyncio.subprocess.Process:
        command = [sys.executable, "-m", "hpr", "feed", "betfair", "--live", "--log-format", "json", *flags]
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            *command, cwd=self.folder, env=self.environment, stderr=pipe
        )


async def records(
    broker: EmbeddedBroker, enough: Callable[[list[dict[str, Any]]], bool]
) -> list[dict[str, Any]]:
    """Everything on the topics of the feeds, as soon as it is enough."""
    consumer = Consumer(
        {"bootstrap.servers": broker.bootstrap, "group.id": "t", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([topic.name for topic in FED])
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(40):
        while not enough(found):
            message = await asyncio.to_thread(consumer.poll, 0.2)
            if message is not None and message.error() is None:
                found.append(
                    dict(default_codec().decode(message.value() or b"")[1]) | {"topic": message.topic()}
                )
    consumer.close()
    return found


async def test_a_day_goes_from_betfair_to_kafka_until_ctrl_c(
    authority: Authority, captures: Path, tmp_path: Path
) -> None:
    capture = captures / "win/1.132153978.bz2"
    expected = {event["event_id"] for _, events in recorded([capture]) for _, event in events}
    with EmbeddedBroker() as broker:
        broker.touch([topic.name for topic in FED])
        async with betfair(authority, lines_of(capture), drops={100, 300}) as small:
            small.website.any_time = True
            running = await Running(small, broker, tmp_path).start(
                "--heartbeat-ms", "500", "--log-level", "debug"
            )

            def enough(found: list[dict[str, Any]]) -> bool:
                connected = any(record.get("state") == "CONNECTED" for record in found)
                return connected and expected <= {record["event_id"] for record in found}

            found = await records(broker, enough)
            running.send_signal(signal.SIGINT)
            _, errors = await asyncio.wait_for(running.communicate(), 20)
    assert running.returncode == 0, errors
    assert {r["event_id"] for r in found if r["topic"] != FEED_STATUS.name} == expected
    assert PASSWORD.encode() not in errors
    assert b"session-1" not in errors
    again = {event["event_id"] for _, events in recorded([tmp_path / "record"]) for _, event in events}
    assert again == expected


async def test_killed_and_started_again_all_that_was_recorded_is_published(
    authority: Authority, captures: Path, tmp_path: Path
) -> None:
    with EmbeddedBroker() as broker:
        broker.touch([topic.name for topic in FED])
        async with betfair(authority, lines_of(captures / "win/1.132153978.bz2")) as small:
            small.website.any_time = True
            small.exchange.pace = lambda at: 0.002
            command = Running(small, broker, tmp_path)
            for kill_at in (150, 300, len(small.exchange.day) - 1):
                running = await command.start()
                await until(partial(played, small, kill_at))
                running.kill()
                await running.communicate()
                small.exchange.starts.append(small.exchange.played)
            kept = {e["event_id"] for _, events in recorded([tmp_path / "record"]) for _, e in events}
            since = time.time_ns() // 1000
            running = await command.start()

            def enough(found: list[dict[str, Any]]) -> bool:
                # Its own word: all events may be there from the runs before, and it not yet able to end.
                alive = any(r["topic"] == FEED_STATUS.name and r["recorded_time"] >= since for r in found)
                return alive and kept <= {record["event_id"] for record in found}

            await records(broker, enough)
            running.send_signal(signal.SIGINT)
            _, errors = await asyncio.wait_for(running.communicate(), 20)
    assert running.returncode == 0, errors


def played(small: Betfair, at: int) -> bool:
    return small.exchange.played > at


async def test_a_login_that_is_refused_is_one_line_and_status_1(authority: Authority, tmp_path: Path) -> None:
    with EmbeddedBroker() as broker:
        broker.touch([topic.name for topic in FED])
        async with betfair(authority) as small:
            command = Running(small, broker, tmp_path)
            command.environment["HPR_BETFAIR_PASSWORD"] = "hunter2"
            running = await command.start()
            _, errors = await asyncio.wait_for(running.communicate(), 30)
    assert running.returncode == 1
    assert b"hpr: Betfair refuses the login of punter: INVALID_USERNAME_OR_PASSWORD; check" in errors
    assert b"hunter2" not in errors
    assert b"Traceback" not in errors
