import asyncio
from collections.abc import Callable, Iterator

import pytest

from gateway.calls import Refusal
from gateway.effects import Recover
from gateway.events import Event
from gateway.positions import Position
from gateway.recovery import Recovery
from schemas.codec import default_codec
from schemas.records import Alert
from tests.gateway.conftest import READ
from topics.embedded import EmbeddedBroker
from topics.producer import EventProducer

EPOCH = "00112233445566aa"
RACE = "BEL-20230715-01"


@pytest.fixture(scope="module")
def bootstrap(alert: Callable[..., Alert]) -> Iterator[str]:
    """A broker with 40 alerts of one race, so in one partition."""
    with EmbeddedBroker() as broker:
        broker.touch(READ)
        producer = EventProducer(broker.bootstrap)
        for number in range(40):
            producer.publish("racing.alerts", alert(RACE, number))
        producer.flush()
        yield broker.bootstrap


def _wanted(since: int, until: int, channel: str = "alerts", owner: str | None = None) -> Recover:
    """Of every partition; that of the race is the only one with anything in it."""
    starts, ends = dict.fromkeys(range(4), since), dict.fromkeys(range(4), until)
    return Recover(1, channel, Position(EPOCH, starts), Position(EPOCH, ends), owner)


def _recovery(bootstrap: str, most: int = 1000) -> Recovery:
    return Recovery(bootstrap, "", default_codec(), most)


async def test_all_that_stands_between_two_positions_is_read(bootstrap: str) -> None:
    found = await _recovery(bootstrap).read(_wanted(0, 40))
    assert isinstance(found, list)
    assert [event.offset for event in found] == list(range(40))
    some = await _recovery(bootstrap).read(_wanted(0, 7))
    assert isinstance(some, list)
    assert [event.offset for event in some] == list(range(7))


async def test_more_than_is_given_again_is_not_read(bootstrap: str) -> None:
    assert await _recovery(bootstrap, 100).read(_wanted(0, 26)) is None


async def test_many_that_come_back_with_the_same_position_are_one_read(
    bootstrap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recovery, reads = _recovery(bootstrap), list[Recover]()
    read = recovery._read

    def counted(wanted: Recover) -> list[Event] | None:
        reads.append(wanted)
        return read(wanted)

    monkeypatch.setattr(recovery, "_read", counted)
    found = await asyncio.gather(*(recovery.read(_wanted(0, 40)) for _ in range(50)))
    assert len(reads) == 1
    assert all(isinstance(each, list) and len(each) == 40 for each in found)


async def test_what_is_another_user_s_is_left_out(bootstrap: str) -> None:
    assert await _recovery(bootstrap).read(_wanted(0, 40, owner="ann")) == []


async def test_without_a_broker_the_client_may_try_again() -> None:
    found = await _recovery("127.0.0.1:9").read(_wanted(0, 40))
    assert isinstance(found, Refusal)
    assert found.temporary
