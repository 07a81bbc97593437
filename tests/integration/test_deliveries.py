"""Every scratch of a real capture reaches every channel, once to the eye, however often senders are killed.

Real Kafka and PostgreSQL, `hpr worker`, `gateway`, `notifier` and `feed` as processes, a mail server, a
receiver that verifies webhooks, a push endpoint that decrypts, a live client. HPR_LONG=1 kills 30 times in
place of 4.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from subprocess import Popen
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from deploy.kafka.node import SingleNode, free_port
from gateway.accounts import keys
from gateway.accounts.principal import Scope
from gateway.accounts.tables import User
from gateway.alerts.rules import Rule
from gateway.database import Database
from gateway.delivery.notifier import NotifierSettings
from gateway.delivery.tables import Tenure
from gateway.webhooks.signing import new_secret
from hpr.client import AsyncClient, Missed, Notice
from tests.gateway.delivery.receivers import Browser, Receivers, receiving
from tests.gateway.delivery.world import World, until
from tests.integration.services import read_all, running, spawn
from tests.integration.shifted import Play, shifted
from topics import admin
from topics.producer import EventProducer

LONG = os.environ.get("HPR_LONG") == "1"
KILLS, COPIES, APART = (30, 8, 5.0) if LONG else (4, 2, 2.5)
"""Kills, races on the card, and seconds from scratch to scratch."""
PREFIX = "deliveries."
PATIENCE_SECONDS = 120.0
CAPTURE = "win/1.206063952.bz2"
LATEST_KILL_SECONDS = 0.2


@dataclass
class Listener:
    """A live client of one user: what it was told, in order."""

    alerts: list[str] = field(default_factory=list)
    missed: int = 0

    async def listen(self, url: str, key: str) -> None:
        async with AsyncClient(url, token=key) as client, aclosing(client.live("alerts:me")) as live:
            async for update in live:
                match update:
                    case Notice(_, event):
                        self.alerts.append(event["alert_id"])
                    case Missed():
                        self.missed += 1


class Service:
    """An hpr command that can be killed, and is then started again at once."""

    def __init__(self, *arguments: str, log: Path, **environment: str) -> None:
        self._start: Callable[[], Popen[bytes]] = lambda: spawn(*arguments, log=log, **environment)
        self._process = self._start()

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL), and start the next."""
        assert self._process.poll() is None, "it has ended by itself"
        self._process.kill()
        self._process.wait()
        self._process = self._start()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)


@contextmanager
def killable(*arguments: str, log: Path, **environment: str) -> Iterator[Service]:
    service = Service(*arguments, log=log, **environment)
    try:
        yield service
    finally:
        service.stop()


@dataclass
class Stage:
    """Everything that is there when the capture begins."""

    world: World
    receivers: Receivers
    browser: Browser
    listener: Listener
    victims: list[Service]
    database_url: str

    @property
    def arrived(self) -> int:
        """Messages that came in any way."""
        return len(self.receivers.arrived) + len(self.receivers.mails) + len(self.listener.alerts)


@pytest.fixture
async def stage(
    kafka: SingleNode, postgres_migrated: str, postgres: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    """A user with a rule and every channel, and the services at work."""
    monkeypatch.setattr("hpr.client.client.backoff", lambda attempt, random: 0.05)
    postgres.empty(postgres_migrated)
    admin.create(kafka.bootstrap, PREFIX)
    database, port, log = Database(postgres_migrated), free_port(), tmp_path / "log"
    with receiving() as receivers:
        environment = {
            "HPR_BROKER": kafka.bootstrap, "HPR_TOPIC_PREFIX": PREFIX, "HPR_LIVE_PREFIX": PREFIX,
            "HPR_DATABASE": postgres_migrated, "HPR_SECRETS": str(tmp_path / "secrets"),
            "HPR_SMTP": receivers.smtp, "HPR_PRIVATE_DESTINATIONS": "true", "HPR_HTTP_PORT": "0",
            "HPR_NOTIFIER_HTTP_PORT": "0",
        }  # fmt: skip
        world = await _user(database, kafka.bootstrap, tmp_path)
        browser = await _channels(world, receivers)
        listener, key = Listener(), await _key(world)
        with (
            running("worker", log=log, **environment),
            killable("gateway", "--port", str(port), log=log, **environment) as gateway,
            killable("notifier", log=log, **environment) as notifier,
        ):
            await until(lambda: _ready(port), "the gateway is ready", PATIENCE_SECONDS)
            await until(lambda: _in_office(database), "the notifier is in office", PATIENCE_SECONDS)
            async with _listening(listener, f"http://127.0.0.1:{port}", key):
                yield Stage(world, receivers, browser, listener, [notifier, gateway], postgres_migrated)
    await database.close()


async def _user(database: Database, bootstrap: str, folder: Path) -> World:
    user = User(email="ann@example.org", email_key="ann@example.org", confirmed_at=datetime.now(UTC))
    user.id = uuid4()
    async with database.write() as session:
        session.add(user)
    settings = NotifierSettings(bootstrap, secrets=folder / "secrets")
    return World(database, settings, EventProducer(bootstrap, PREFIX), user.id)


async def _channels(world: World, receivers: Receivers) -> Browser:
    secret, browser = new_secret(), Browser(receivers.address)
    await world.webhook(receivers.hook("all", secret), secret)
    await world.channel("webpush", browser.subscription)
    await world.channel("mail", {})
    await world.channel("websocket", {})
    await world.rule(Rule(kind="SCRATCH"))
    return browser


async def _key(world: World) -> str:
    async with world.database.write() as session:
        _, key = await keys.make(session, world.user, "live", {Scope.READ_LIVE, Scope.READ_ALERTS}, None)
        return key


async def _ready(port: int) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"http://127.0.0.1:{port}/readyz")).is_success
        except httpx.TransportError:
            return False


async def _in_office(database: Database) -> bool:
    async with database.read() as session:
        return bool(await session.scalar(select(Tenure.number)))


@asynccontextmanager
async def _listening(listener: Listener, url: str, key: str) -> AsyncIterator[None]:
    task = asyncio.create_task(listener.listen(url, key))
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _killing(stage: Stage, chance: random.Random, longest: float) -> None:
    """Kill one of the two, best just when something has arrived: on its way, or not yet written down.

    On a slow machine nothing may arrive for long: then one that is only starting is killed.
    """
    for number in range(KILLS):
        before, end = stage.arrived, asyncio.get_running_loop().time() + longest
        # Receivers run on threads of their own, so they are looked at.
        while stage.arrived == before and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await asyncio.sleep(chance.random() * LATEST_KILL_SECONDS)
        # Both in turn, at least; which one beyond that is chance.
        victim = stage.victims[number % 2 if number < 2 else chance.randrange(2)]
        await asyncio.to_thread(victim.kill)


async def test_each_scratch_arrives_on_each_channel_with_one_id_whatever_is_killed(
    stage: Stage, kafka: SingleNode, captures: Path, tmp_path: Path
) -> None:
    off = datetime.now(UTC) + timedelta(hours=1)
    play: Play = shifted(captures / CAPTURE, tmp_path, COPIES, APART, off)
    arguments = ("feed", "betfair", *map(str, play.files), "--speed", "1")
    environment = {"HPR_BROKER": kafka.bootstrap, "HPR_TOPIC_PREFIX": PREFIX}
    feed = spawn(*arguments, log=tmp_path / "feed", **environment)
    killing = asyncio.create_task(_killing(stage, random.Random(30), play.seconds / KILLS))
    try:
        pass_on = play.seconds + PATIENCE_SECONDS
        await until(killing.done, f"{KILLS} kills", pass_on)
        await killing
        await until(lambda: _all_sent(stage, play), "all is sent and written down", pass_on)
        await until(lambda: len(set(stage.listener.alerts)) == play.scratches, "the client has all", 30)
        # What comes after the last scratch is played too.
        ended = await asyncio.to_thread(feed.wait, pass_on)
        assert ended == 0, (tmp_path / "feed").read_text()[-3000:]
    finally:
        killing.cancel()
        feed.kill()
        feed.wait()
    due = {
        a["event_id"]: a
        for a in read_all(kafka.bootstrap, PREFIX + "racing.alerts")
        if a["kind"] == "SCRATCH"
    }
    assert len(due) == play.scratches
    wire = {
        "webhook": _webhooks(stage.receivers),
        "webpush": _pushes(stage.receivers, stage.browser),
        "mail": _mails(stage.receivers, await _titles(stage.world)),
        "websocket": _notices(kafka.bootstrap),
    }
    for kind, messages in wire.items():
        _check_one_id_each(kind, messages, set(due))
    assert stage.receivers.unverified == []
    # The client's own list: each once, though the topic may have one twice.
    assert sorted(stage.listener.alerts) == sorted(due)
    assert stage.listener.missed == 0
    _check_afterwards(due, kafka.bootstrap, stage)
    print(f"{KILLS} kills, {len(due)} scratches;", {k: _repeated(m) for k, m in wire.items()}, "came again")


def _check_afterwards(due: dict[str, Any], bootstrap: str, stage: Stage) -> None:
    """The system says so itself, by the races' own events; and a rule would have told as much."""
    environment = {**os.environ, "HPR_BROKER": bootstrap, "HPR_TOPIC_PREFIX": PREFIX,
                   "HPR_DATABASE": stage.database_url}  # fmt: skip

    def said(day: str, *arguments: str) -> Any:
        command = [sys.executable, "-m", "hpr", "alerts", *arguments, "--day", day, "--json"]
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    # The card may go on past midnight where it is run.
    days = Counter(f"{date.fromisoformat(alert['race_id'].split('-')[1])}" for alert in due.values())
    for day, count in days.items():
        told = said(day, "reconcile")
        assert {kind: (c["due"], c["delivered"], c["why"]) for kind, c in told["channels"].items()} == {
            kind: (count, count, {}) for kind in ("mail", "webhook", "webpush", "websocket")
        }
        assert (told["users"], told["not_due"], told["unread"]) == (1, 0, 0)
        assert said(day, "preview", '{"kind": "SCRATCH"}')["times"] == count


async def _states(stage: Stage) -> Counter[tuple[str, str]]:
    """Scratches in the outbox, by channel and state."""
    states = Counter[tuple[str, str]]()
    for row in await stage.world.deliveries():
        states[row.channel_kind, row.state] += len(row.items)
    return states


async def _all_sent(stage: Stage, play: Play) -> bool:
    states = await _states(stage)
    kinds = ("webhook", "webpush", "mail", "websocket")
    return states == {(kind, "sent"): play.scratches for kind in kinds}


Messages = list[tuple[str, tuple[str, ...]]]
"""What came in one way, in order: the id that it came with, and the alerts in it."""


def _check_one_id_each(kind: str, messages: Messages, due: set[str]) -> None:
    told = dict(messages)
    assert all(told[id] == alerts for id, alerts in messages), f"{kind}: one id, one content"
    ids = Counter(alert for alerts in told.values() for alert in alerts)
    assert ids == dict.fromkeys(due, 1), f"{kind}: each alert by one id"


def _repeated(messages: Messages) -> int:
    return len(messages) - len(dict(messages))


def _webhooks(receivers: Receivers) -> Messages:
    bodies = [(a.headers["webhook-id"], json.loads(a.body)) for a in receivers.at("/hook/all")]
    return [(id, (body["data"]["alert_id"],)) for id, body in bodies]


def _pushes(receivers: Receivers, browser: Browser) -> Messages:
    found = [(a.headers["topic"], browser.read(a.body)) for a in receivers.at(browser.path)]
    for topic, shown in found:
        assert shown["tag"] == shown["alert_ids"][0], topic
    return [(topic, tuple(shown["alert_ids"])) for topic, shown in found]


def _mails(receivers: Receivers, titles: dict[str, str]) -> Messages:
    found = []
    for mail in receivers.mails:
        lines = mail.get_payload(decode=True).decode().splitlines()  # type: ignore[union-attr]
        found.append((str(mail["Message-ID"]), tuple(titles[line] for line in lines if line in titles)))
    return found


async def _titles(world: World) -> dict[str, str]:
    """Alerts by their titles, which name race and runner."""
    return {item["title"]: item["alert_id"] for row in await world.deliveries() for item in row.items}


def _notices(bootstrap: str) -> Messages:
    notices = read_all(bootstrap, PREFIX + "alerts.notices")
    return [(notice["event_id"], (notice["alert_id"],)) for notice in notices]
