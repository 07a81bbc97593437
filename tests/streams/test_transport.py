"""What the consumer does with records that come while partitions change hands."""

import asyncio
from types import SimpleNamespace
from typing import Any, NamedTuple

from faust.types import TP

from streams.transport import RunConsumer

ODDS = TP("racing.odds", 3)


class Fetched(NamedTuple):
    offset: int


def sought(state: Any) -> list[tuple[TP, int]]:
    """Where the consumer goes back to, given what aiokafka knows of the partition."""
    found: list[tuple[TP, int]] = []
    thread = SimpleNamespace(seek=lambda tp, offset: found.append((tp, offset)))
    consumer: Any = SimpleNamespace(_state=lambda _tp: state, _thread=thread)
    asyncio.run(RunConsumer._put_back(consumer, {ODDS: [Fetched(12), Fetched(13)]}))
    return found


def test_records_of_a_partition_that_is_ours_again_are_fetched_again() -> None:
    assert sought(SimpleNamespace(has_valid_position=True, position=14)) == [(ODDS, 12)]


def test_a_position_before_them_stands() -> None:
    assert sought(SimpleNamespace(has_valid_position=True, position=5)) == []
    assert sought(SimpleNamespace(has_valid_position=False, position=None)) == []


def test_another_worker_s_partition_is_none_of_ours() -> None:
    assert sought(None) == []
