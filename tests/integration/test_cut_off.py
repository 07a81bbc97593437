"""Two gateways on a real Kafka: a client that is cut off 50 times ends as one that never was."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from deploy.kafka.node import SingleNode, free_port
from hpr.client import Alert, AsyncClient, Missed, Race
from tests.gateway.conftest import _alert, _runner, _view
from tests.integration.services import running, wait_until
from topics import admin
from topics.producer import EventProducer

CUTS, ALERTS_A_CUT, RACES_A_CUT = 50, 4, 6
TRACKS = ("BEL", "SAR", "MOE")
PREFIX = "cut."
PATIENCE_SECONDS = 60.0


@dataclass
class Follower:
    """What one client was told."""

    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    alerts: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    missed: int = 0
    went_back: int = 0

    async def follow(self, *urls: str) -> None:
        async with AsyncClient(*urls) as client, aclosing(client.live("track:*", "alerts")) as live:
            async for update in live:
                match update:
                    case Race(_, state):
                        known = self.states.get(state["race_id"], {"revision": 0})
                        self.went_back += state["revision"] < known["revision"]
                        self.states[state["race_id"]] = dict(state)
                    case Alert(_, event):
                        self.alerts.append(event["alert_id"])
                        self.numbers.append(int(event["headline"].split()[-1]))
                    case Missed():
                        self.missed += 1

    def in_order(self) -> list[str]:
        """The alerts as they were published: partitions come in any order among each other."""
        return [id for _, id in sorted(zip(self.numbers, self.alerts, strict=True))]

    @property
    def facts(self) -> dict[str, dict[str, Any]]:
        """The states without what depends on when they were sent."""
        timely = {"freshness", "age_seconds"}
        return {
            race: {name: value for name, value in state.items() if name not in timely}
            for race, state in self.states.items()
        }


class Wire:
    """A way to a gateway that can be cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: set[asyncio.StreamWriter] = set()
        self.carried = 0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on bytes both ways until one side ends or the wire is cut."""
        self.carried += 1
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, forth}
        await asyncio.gather(self._pass(reader, forth), self._pass(back, writer))
        self._open -= {writer, forth}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 16):
                writer.write(data)
        except OSError:
            pass
        writer.transport.abort()

    def cut(self) -> None:
        """Break off in the middle, whatever is under way."""
        for writer in self._open:
            writer.transport.abort()


@asynccontextmanager
async def wire(port: int) -> AsyncIterator[tuple[Wire, str]]:
    made = Wire(port)
    server = await asyncio.start_server(made.carry, "127.0.0.1", 0)
    try:
        yield made, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        made.cut()


@pytest.fixture(scope="module")
def gateways(kafka: SingleNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """The ports of two gateways of one cluster."""
    log, ports = tmp_path_factory.mktemp("cut") / "log", (free_port(), free_port())
    admin.create(kafka.bootstrap, PREFIX)
    environment = {"HPR_BROKER": kafka.bootstrap, "HPR_TOPIC_PREFIX": PREFIX}
    with (
        running("gateway", "--port", str(ports[0]), log=log, **environment),
        running("gateway", "--port", str(ports[1]), log=log, **environment),
    ):
        for port in ports:
            wait_until(lambda port=port: _ready(port), "the gateway is ready")  # type: ignore[misc]
        yield ports


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").is_success
    except httpx.TransportError:
        return False


class Day:
    """Races that move and alerts of them, from a seed."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = EventProducer(bootstrap, PREFIX)
        self._random = random.Random(7)
        self.revisions: dict[str, int] = {}
        self.alerts: list[str] = []

    def go_on(self) -> None:
        """Some more of it, published."""
        for _ in range(RACES_A_CUT):
            race_id = f"{self._random.choice(TRACKS)}-20230715-0{self._random.randint(1, 5)}"
            revision = self.revisions[race_id] = self.revisions.get(race_id, 0) + 1
            runners = [_runner(str(n), back=2.0 + self._random.random()) for n in range(1, 9)]
            self._producer.publish("racing.races", _view(race_id, revision, runners=runners))
        for _ in range(ALERTS_A_CUT):
            race_id = self._random.choice(list(self.revisions))
            alert = _alert(race_id, len(self.alerts))
            self.alerts.append(alert["event_id"])
            self._producer.publish("racing.alerts", alert)
        self._producer.flush()


async def _until(happened: Any, what: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not happened():  # noqa: ASYNC110, a socket's other end says nothing when it is read
            await asyncio.sleep(0.02)
    assert happened(), what


async def test_cut_off_50_times_and_moved_between_gateways_a_client_ends_with_the_same(
    kafka: SingleNode, gateways: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hpr.client.client.backoff", lambda attempt, random: 0.01)
    steady, cut_off, day = Follower(), Follower(), Day(kafka.bootstrap)
    async with wire(gateways[0]) as (first, one), wire(gateways[1]) as (second, other):
        following = [
            asyncio.create_task(steady.follow(f"http://127.0.0.1:{gateways[0]}")),
            asyncio.create_task(cut_off.follow(one, other)),
        ]
        while not (steady.alerts and cut_off.alerts):
            await asyncio.to_thread(day.go_on)
        begun = len(day.alerts)
        for cut in range(CUTS):
            before = first.carried + second.carried
            await asyncio.to_thread(day.go_on)
            await asyncio.sleep(random.Random(cut).random() * 0.05)
            first.cut()
            second.cut()
            await _until(lambda before=before: first.carried + second.carried > before, "it comes back")
        await asyncio.to_thread(day.go_on)

        due = day.alerts[begun:]

        def both_have_all() -> bool:
            return all(
                {race: state["revision"] for race, state in follower.states.items()} == day.revisions
                and set(due) <= set(follower.alerts)
                for follower in (steady, cut_off)
            )

        await _until(both_have_all, "both have all")
        for task in following:
            assert not task.done(), task
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
    assert min(first.carried, second.carried) >= CUTS // 2, "it moved between the two"
    assert cut_off.facts == steady.facts
    for follower in (steady, cut_off):
        assert [id for id in follower.in_order() if id in due] == due, "the same list, each once"
    assert (steady.went_back, cut_off.went_back) == (0, 0)
    assert (steady.missed, cut_off.missed) == (0, 0)
