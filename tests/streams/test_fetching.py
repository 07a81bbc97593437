"""Fetches that are quicker have the bytes and the fields of aiokafka's own."""

from io import BytesIO
from typing import Any

import pytest
from aiokafka.protocol import fetch  # type: ignore[import-untyped]
from aiokafka.protocol.types import Array, Bytes, Int16, Int32, Int64, Schema, String  # type: ignore[import-untyped]

from streams.fetching import AnsweredPartitions, AskedPartitions, quicken

ASKED = Array(
    ("partition", Int32), ("current_leader_epoch", Int32), ("fetch_offset", Int64),
    ("log_start_offset", Int64), ("max_bytes", Int32),
)  # fmt: skip
ABORTED = Array(("producer_id", Int64), ("first_offset", Int64))
ANSWERED = Array(
    ("partition", Int32), ("error_code", Int16), ("highwater_offset", Int64), ("last_stable_offset", Int64),
    ("log_start_offset", Int64), ("aborted_transactions", ABORTED),
    ("preferred_read_replica", Int32), ("message_set", Bytes),
)  # fmt: skip
PARTITIONS: list[tuple[Any, ...]] = [
    (0, 0, 17, 17, 0, [], -1, b""),
    (1, 0, 1 << 40, 12, 3, [(5, 6), (7, 8)], 2, b"records"),
    (7, 6, -1, -1, -1, [], -1, None),
]


@pytest.mark.parametrize(
    "partitions", [[], [(0, -1, 9, -1, 100)], [(n, -1, 1 << 40, -1, 1 << 20) for n in range(8)]]
)
def test_a_request_has_the_same_bytes(partitions: list[tuple[int, int, int, int, int]]) -> None:
    assert AskedPartitions.encode(partitions) == ASKED.encode(partitions)


def test_an_answer_has_the_same_fields_and_is_read_to_its_end() -> None:
    data = BytesIO(ANSWERED.encode(PARTITIONS) + b"more")
    assert AnsweredPartitions.decode(data) == PARTITIONS
    assert data.read() == b"more"


@pytest.mark.parametrize("length", [2, 20, 50, -1])
def test_an_answer_that_is_cut_off_is_none(length: int) -> None:
    whole = ANSWERED.encode(PARTITIONS[:2])
    with pytest.raises(ValueError, match="cut off"):
        AnsweredPartitions.decode(BytesIO(whole[:length]))


def test_whole_requests_and_answers_pass_through_it() -> None:
    quicken()
    request = fetch.FetchRequest(50, 1, 1 << 20, 0, [("odds", [(0, 5, 100), (1, 6, 100)])]).build(
        fetch.FetchRequest_v11
    )
    topics = Array(("topic", String("utf-8")), ("partitions", ASKED))
    asked = [("odds", [(0, -1, 5, -1, 100), (1, -1, 6, -1, 100)])]
    assert topics.encode(asked) in request.encode()
    answer = Schema(
        ("throttle", Int32), ("error", Int16), ("session", Int32),
        ("topics", Array(("topic", String("utf-8")), ("partitions", ANSWERED))),
    )  # fmt: skip
    found: Any = fetch.FetchResponse_v11.decode(answer.encode((0, 0, 0, [("odds", PARTITIONS)])))
    assert found.topics == [("odds", PARTITIONS)]
