"""Both clients against a real gateway on the embedded broker."""

import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from hpr.client import Alert, AsyncClient, Client, LiveError, Race, RefusedError, UnreachableError
from schemas.records import Alert as AlertRecord
from schemas.records import RaceView
from tests.gateway.conftest import READ, _alert, _run_gateway, _view
from topics.embedded import EmbeddedBroker
from topics.producer import EventProducer

RACE = "BEL-20230715-01"
NOBODY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, EventProducer]]:
    with EmbeddedBroker() as broker:
        broker.touch(READ)
        with _run_gateway(broker.bootstrap) as running:
            running.wait_ready()
            yield f"http://{running.address}", EventProducer(broker.bootstrap)


def _publish(producer: EventProducer, view: RaceView, alert: AlertRecord) -> None:
    producer.publish("racing.races", view)
    producer.publish("racing.alerts", alert)
    producer.flush()


def test_the_client_asks_and_follows(served: tuple[str, EventProducer]) -> None:
    url, producer = served
    # The first gateway of the two is not there.
    with Client(NOBODY, url) as client:
        live = client.live(f"race:{RACE}", "alerts")
        _publish(producer, _view(RACE, 1), _alert(RACE, 1))
        first = next(live)
        assert isinstance(first, Race | Alert)
        number = 1
        seen: dict[str, Any] = {}
        while len(seen) < 2:
            number += 1
            _publish(producer, _view(RACE, number), _alert(RACE, number))
            match next(live):
                case Race(channel, state):
                    seen["race"] = (channel, state["race_id"])
                case Alert(channel, event):
                    seen["alert"] = (channel, event["race_id"])
        assert seen == {"race": (f"race:{RACE}", RACE), "alert": ("alerts", RACE)}
        assert 1 <= client.race(RACE)["revision"] <= number
        assert [race["race_id"] for race in client.races(track="BEL")["races"]] == [RACE]
        assert client.history(RACE)["bar_seconds"] == 60
        with pytest.raises(RefusedError, match="No such race"):
            client.race("SAR-20230715-09")
        live.close()


async def test_the_async_client_asks_and_follows(served: tuple[str, EventProducer]) -> None:
    url, producer = served
    async with AsyncClient(url) as client, aclosing(client.live("track:*")) as live:
        _publish(producer, _view("SAR-20230715-01", 1), _alert(RACE, 100))
        async for update in live:
            assert isinstance(update, Race)
            if update.state["race_id"] == "SAR-20230715-01":
                break
        assert (await client.race("SAR-20230715-01"))["revision"] == 1
        assert {r["track_code"] for r in (await client.races())["races"]} >= {"SAR"}
        assert (await client.history("SAR-20230715-01"))["race_id"] == "SAR-20230715-01"


async def test_closing_the_updates_closes_their_connection_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []

    async def connection(_self: AsyncClient, uri: str, _session: object) -> AsyncGenerator[str]:
        try:
            yield "an update"
        finally:
            closed.append(uri)

    monkeypatch.setattr(AsyncClient, "_connection", connection)
    async with AsyncClient(NOBODY) as client, aclosing(client.live()) as live:
        await anext(live)
        assert not closed
    assert len(closed) == 1


def test_what_is_refused_for_good_ends_it_with_the_reason(served: tuple[str, EventProducer]) -> None:
    url, _ = served
    with Client(url) as client, pytest.raises(LiveError, match="unknown channel"):
        next(client.live("horse:7"))
    with Client(url, token="secret") as client, pytest.raises(LiveError, match="connect without a token"):
        next(client.live("alerts"))


async def test_where_nobody_answers_it_says_who_was_asked() -> None:
    with Client(NOBODY) as client, pytest.raises(UnreachableError, match=NOBODY):
        client.races()
    async with AsyncClient(NOBODY) as patient:
        with pytest.raises(UnreachableError, match=NOBODY):
            await patient.race(RACE)


def test_it_imports_light() -> None:
    heavy = "faust|fastapi|confluent_kafka|numpy|fastavro|pydantic|uvicorn|sqlalchemy"
    code = (
        "import sys, hpr.client;"
        f"found = [name for name in {heavy.split('|')} if name in sys.modules];"
        "sys.exit(' '.join(found) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
