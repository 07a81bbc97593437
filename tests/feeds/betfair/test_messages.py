from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from msgspec import DecodeError

from feeds.betfair.messages import decode_change, decode_definition, decode_message, parse_time

Define = Callable[..., dict[str, Any]]


def test_unknown_keys_are_ignored(define: Define) -> None:
    definition = decode_definition(orjson.dumps(define(kindOfTomorrow={"a": [1]})))
    assert [runner.id for runner in definition.runners] == [1, 2, 3]
    assert decode_message(b'{"op":"mcm","pt":1,"conflateMs":0,"what":null}').pt == 1


def test_ids_written_as_text_are_numbers_too() -> None:
    assert decode_change(b'{"id":"1.1","rc":[{"id":"47","ltp":"3.5"}]}').rc is not None
    (runner,) = decode_change(b'{"id":"1.1","rc":[{"id":"47","ltp":"3.5"}]}').rc or []
    assert (runner.id, runner.ltp) == (47, 3.5)


def test_each_change_keeps_its_own_bytes() -> None:
    message = decode_message(b'{"op":"mcm","pt":1,"mc":[{"id":"1.1"}, {"id" : "1.2"}]}')
    assert [bytes(raw) for raw in message.mc or []] == [b'{"id":"1.1"}', b'{"id" : "1.2"}']


@pytest.mark.parametrize("text", [b'{"id":"1.1"}', b'{"id":"1.1","marketDefinition":null}'])
def test_a_change_without_definition_has_none(text: bytes) -> None:
    assert decode_change(text).definition is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"marketTime": "tomorrow"},
        {"marketTime": "0001-01-01T00:00:00+10:00"},
        {"marketTime": "9999-12-31T23:59:59-10:00"},
        {"marketTime": None},
        {"runners": None},
        {"runners": [{"status": "ACTIVE"}]},
        {"runners": [{"id": 1, "bsp": "evens"}]},
        {"numberOfWinners": 1 << 40},
        {"numberOfWinners": -1},
    ],
)
def test_a_definition_that_no_event_could_be_made_from_is_refused(
    define: Define, wrong: dict[str, Any]
) -> None:
    with pytest.raises(DecodeError):
        decode_definition(orjson.dumps(define(**wrong)))


def test_times_are_utc_whatever_their_offset() -> None:
    expected = datetime(2022, 11, 6, 5, 20, tzinfo=UTC)
    for text in ("2022-11-06T05:20:00.000Z", "2022-11-06T16:20:00+11:00", "2022-11-06T05:20:00"):
        assert parse_time(text) == expected
