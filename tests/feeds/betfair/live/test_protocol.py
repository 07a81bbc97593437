"""The protocol without a socket: what is answered, asked and understood."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.betfair.files import LONGEST_LINE
from feeds.betfair.live.protocol import (
    FIELDS,
    PATIENCE_SECONDS,
    Authenticated,
    Changed,
    Clocks,
    Connected,
    Lines,
    Refused,
    StreamClient,
    Subscribed,
    Subscription,
    Unreadable,
)

WANTED = Subscription(("1.1", "1.2"), heartbeat_ms=2000, conflate_ms=50)
GREETING = b'{"op":"connection","connectionId":"c-1"}\r\n'
PT = 1_667_711_593_760


def says(**message: Any) -> bytes:
    return json.dumps(message).encode() + b"\r\n"


def asked(client: StreamClient) -> list[dict[str, Any]]:
    return [json.loads(line) for line in client.outgoing().splitlines()]


def subscribed(clocks: Clocks | None = None) -> StreamClient:
    """A client whose subscription, request 2, was accepted."""
    client = StreamClient("key", "token", WANTED, clocks)
    client.receive(GREETING)
    client.receive(says(op="status", id=1, statusCode="SUCCESS", connectionsAvailable=9))
    client.receive(says(op="status", id=2, statusCode="SUCCESS"))
    return client


def change(**fields: Any) -> bytes:
    return says(**{"op": "mcm", "id": 2, "pt": PT, "mc": [{"id": "1.1"}]} | fields)


class TestLines:
    @given(st.lists(st.binary(max_size=20).map(lambda b: b.replace(b"\n", b"").strip())), st.data())
    def test_lines_are_the_same_however_they_come_in_pieces(
        self, lines: list[bytes], data: st.DataObject
    ) -> None:
        stream = b"".join(line + b"\r\n" for line in lines)
        cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
        pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
        splitter = Lines()
        assert [line for piece in pieces for line in splitter.split(piece)] == [
            line for line in lines if line
        ]

    def test_a_line_without_end_is_cut_and_the_next_is_whole(self) -> None:
        splitter, piece = Lines(), b"x" * (1 << 20)
        for _ in range(40):
            assert splitter.split(piece) == []
        cut, following = splitter.split(b"\r\n{}\r\n")
        assert len(cut) == LONGEST_LINE
        assert following == b"{}"


class TestBeginning:
    def test_a_greeting_is_answered_with_the_session(self) -> None:
        client = StreamClient("key", "token", WANTED)
        assert client.outgoing() == b""
        assert client.receive(GREETING) == [Connected("c-1")]
        assert asked(client) == [{"op": "authentication", "id": 1, "appKey": "key", "session": "token"}]
        assert client.outgoing() == b""

    def test_an_accepted_session_is_followed_by_the_subscription(self) -> None:
        client = StreamClient("key", "token", WANTED)
        client.receive(GREETING)
        client.outgoing()
        said = client.receive(says(op="status", id=1, statusCode="SUCCESS", connectionsAvailable=9))
        assert said == [Authenticated(9)]
        assert asked(client) == [
            {
                "op": "marketSubscription",
                "id": 2,
                "marketFilter": {"marketIds": ["1.1", "1.2"]},
                "marketDataFilter": {"fields": list(FIELDS)},
                "heartbeatMs": 2000,
                "conflateMs": 50,
                "segmentationEnabled": True,
            }
        ]
        assert not client.subscribed
        assert client.receive(says(op="status", id=2, statusCode="SUCCESS")) == [Subscribed()]
        assert client.subscribed

    def test_it_resumes_with_both_clocks_or_with_none(self) -> None:
        both = asked(subscribed(Clocks("first", "last")))[1]
        assert (both["initialClk"], both["clk"]) == ("first", "last")
        for clocks in (Clocks("first"), Clocks(None, "last"), Clocks()):
            assert not {"initialClk", "clk"} & set(asked(subscribed(clocks))[1])

    def test_patience_is_two_heartbeats_once_subscribed(self) -> None:
        assert StreamClient("key", "token", WANTED).patience == PATIENCE_SECONDS
        client = subscribed()
        assert client.patience == 4.0
        client.receive(change(ct="SUB_IMAGE", heartbeatMs=5000))
        assert client.patience == 10.0

    @pytest.mark.parametrize("code", ["INVALID_APP_KEY", "TIMEOUT", "MAX_CONNECTION_LIMIT_EXCEEDED"])
    def test_a_failure_is_said_by_its_code(self, code: str) -> None:
        client = StreamClient("key", "token", WANTED)
        told = says(
            op="status", id=1, statusCode="FAILURE", errorCode=code, errorMessage="so", connectionClosed=True
        )
        assert client.receive(told) == [Refused(code, "so")]
        assert client.outgoing() == b""


class TestChanges:
    def test_changes_keep_their_own_bytes(self) -> None:
        line = b'{"op":"mcm","id":2,"clk":"c","pt":%d,"mc":[{"id":"1.1","rc":[{"id":1,"ltp":2.0}]}]}\r\n' % PT
        [said] = subscribed().receive(line)
        assert isinstance(said, Changed)
        assert (said.kind, said.clk, said.pt, said.late) == (None, "c", PT, False)
        assert [bytes(raw) for raw in said.changes] == [b'{"id":"1.1","rc":[{"id":1,"ltp":2.0}]}']

    def test_clocks_are_kept_from_images_deltas_and_heartbeats(self) -> None:
        client = subscribed()
        client.receive(change(ct="SUB_IMAGE", initialClk="i", clk="a"))
        assert client.clocks == Clocks("i", "a")
        client.receive(change(clk="b"))
        client.receive(change(pt=PT, ct="HEARTBEAT", clk="c", mc=None))
        client.receive(change())
        assert client.clocks == Clocks("i", "c")

    def test_segments_are_one_message_and_the_clock_waits_for_their_end(self) -> None:
        client = subscribed(Clocks("i", "a"))
        first = change(segmentType="SEG_START", ct="SUB_IMAGE", clk="b")
        assert client.receive(first + change(segmentType="SEG")) == []
        assert client.clocks == Clocks("i", "a")
        [said] = client.receive(change(segmentType="SEG_END", initialClk="j", clk="b"))
        assert isinstance(said, Changed)
        assert (len(said.changes), said.kind, client.clocks) == (3, "SUB_IMAGE", Clocks("j", "b"))

    def test_a_heartbeat_has_no_changes(self) -> None:
        assert subscribed().receive(change(ct="HEARTBEAT", mc=None)) == [
            Changed("HEARTBEAT", None, PT, (), False)
        ]

    def test_the_exchange_may_say_that_its_data_is_late(self) -> None:
        [said] = subscribed().receive(change(status=503))
        assert isinstance(said, Changed)
        assert said.late

    @pytest.mark.parametrize(
        "line",
        [
            b"garbage",
            b"\xff\xfe",
            b"[1]",
            b'{"op":"mcm"',
            b'{"op":"ocm","pt":1}',
            b'{"op":"mcm","id":2,"mc":[{"id":"1.1"}]}',
            b'{"op":"mcm","id":2,"pt":-5,"mc":[{"id":"1.1"}]}',
            b'{"op":"mcm","id":2,"pt":99999999999999,"mc":[{"id":"1.1"}]}',
            b'{"op":"mcm","id":2,"pt":1,"ct":"NEW","mc":[]}',
            b"[" * 100_000,
        ],
    )
    def test_what_is_no_message_is_handed_on_and_the_next_is_understood(self, line: bytes) -> None:
        said = subscribed().receive(line + b"\r\n" + change())
        assert said[0] == Unreadable(line)
        assert isinstance(said[1], Changed)

    @given(st.binary(max_size=200))
    def test_any_bytes_are_taken(self, data: bytes) -> None:
        subscribed().receive(data + b"\r\n")


class TestAnotherSubscription:
    def test_it_is_asked_for_on_the_same_connection_without_clocks(self) -> None:
        client = subscribed(Clocks("i", "a"))
        client.outgoing()
        client.subscribe(Subscription(("1.3",)))
        [request] = asked(client)
        assert (request["id"], request["marketFilter"]) == (3, {"marketIds": ["1.3"]})
        assert "clk" not in request
        assert client.clocks == Clocks()

    def test_what_comes_of_the_one_before_is_left_out(self) -> None:
        client = subscribed()
        client.subscribe(Subscription(("1.3",)))
        assert client.receive(change(clk="old")) == []
        assert client.clocks == Clocks()
        assert len(client.receive(change(id=3))) == 1

    def test_before_the_session_is_accepted_it_takes_the_place_of_the_first(self) -> None:
        client = StreamClient("key", "token", WANTED)
        client.receive(GREETING)
        client.subscribe(Subscription(("1.3",)))
        client.receive(says(op="status", id=1, statusCode="SUCCESS"))
        assert [request.get("marketFilter") for request in asked(client)] == [None, {"marketIds": ["1.3"]}]
