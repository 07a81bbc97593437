from collections.abc import Callable
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.board import Board
from gateway.calls import NOT_READY, Refusal
from gateway.effects import GAP, Join, Leave, Recover
from gateway.events import Event, EventLog, EventNews, in_order
from gateway.positions import Position, parse
from gateway.protocol import Limits
from gateway.viewer import Viewer
from tests.gateway.talk import Talk, connected, event

EPOCH = "00112233445566aa"

BoardMaker = Callable[..., Board]


def _log(starts: dict[int, int] | None = None, room: int = 100, channel: str = "alerts") -> EventLog:
    return EventLog(channel, EPOCH, starts or {0: 0, 1: 0}, room)


def _new(log: EventLog, *events: Event) -> EventNews:
    """Take in events of one owner; what is then told."""
    owner = events[0].owner
    since = log.latest(owner)
    return EventNews(log, owner, since, [entry for one in events if (entry := log.append(one)) is not None])


def _ids(events: list[dict[str, Any]]) -> list[str]:
    return [one["alert_id"] for one in events]


def _pushed(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["push"]["event"]["alert_id"] for frame in frames]


def test_without_a_position_a_channel_begins_now_and_says_that_nothing_was_recovered(
    new_board: BoardMaker,
) -> None:
    log = _log()
    log.append(event(0))
    talk = connected(new_board(), logs={"alerts": log})
    assert talk.call("subscribe", channel="alerts")["result"] == {
        "channel": "alerts",
        "position": log.head.encode(),
        "recovered": False,
        "events": [],
    }
    assert talk.effects == [Join("alerts")]
    assert _pushed(talk.told(_new(log, event(1), event(2)))) == ["0-1", "0-2"]


def test_each_event_is_pushed_with_the_position_of_having_it(new_board: BoardMaker) -> None:
    log = _log()
    talk = connected(new_board(), logs={"alerts": log})
    talk.call("subscribe", channel="alerts")
    first, second = talk.told(_new(log, event(0), event(0, 1)))
    assert parse(first["push"]["position"]) == Position(EPOCH, {0: 1, 1: 0})
    assert parse(second["push"]["position"]) == Position(EPOCH, {0: 1, 1: 1})


def test_whoever_comes_back_gets_what_was_missed_in_the_order_of_time(new_board: BoardMaker) -> None:
    log = _log()
    for offset, partition in ((0, 0), (1, 0), (0, 1), (2, 0)):
        log.append(event(offset, partition))
    talk = connected(new_board(), logs={"alerts": log})
    result = talk.call("subscribe", channel="alerts", position=Position(EPOCH, {0: 1}).encode())["result"]
    assert result["recovered"] is True
    assert _ids(result["events"]) == ["1-0", "0-1", "0-2"]
    assert result["position"] == log.head.encode()


@pytest.mark.parametrize("position", ["nonsense", Position("ffffffffffffffff", {0: 0}).encode()])
def test_a_position_of_another_world_recovers_nothing(new_board: BoardMaker, position: str) -> None:
    log = _log()
    log.append(event(0))
    talk = connected(new_board(), logs={"alerts": log})
    result = talk.call("subscribe", channel="alerts", position=position)["result"]
    assert (result["recovered"], result["events"]) == (False, [])


def test_what_is_no_longer_held_is_read_from_kafka_before_the_answer(new_board: BoardMaker) -> None:
    log = _log({0: 5})
    log.append(event(5))
    talk = connected(new_board(), logs={"alerts": log})
    assert talk.call("subscribe", channel="alerts", position=Position(EPOCH, {0: 3}).encode()) == {}
    (wanted,) = talk.effects
    assert wanted == Recover(2, "alerts", Position(EPOCH, {0: 3}), Position(EPOCH, {0: 5}), None)
    assert isinstance(wanted, Recover)
    assert talk.call("subscribe", channel="alerts")["error"]["code"] == 105
    log.append(event(6))
    assert talk.session.recover(wanted, [event(3), event(4)]) == [Join("alerts")]
    (answer,) = talk.hear()
    assert answer["id"] == 2
    assert answer["result"]["recovered"] is True
    assert _ids(answer["result"]["events"]) == ["0-3", "0-4", "0-5", "0-6"]


def test_what_is_gone_or_too_much_is_said_to_be_and_no_part_of_it_is_given(new_board: BoardMaker) -> None:
    def answer(found: list[Event] | None, more: int = 0) -> dict[str, Any]:
        log = _log({0: 5}, room=3)
        talk = connected(new_board(), Limits(recovered_events=4), logs={"alerts": log})
        talk.call("subscribe", channel="alerts", position=Position(EPOCH, {0: 3}).encode())
        (wanted,) = talk.effects
        assert isinstance(wanted, Recover)
        for offset in range(5, 5 + more):
            log.append(event(offset))
        talk.session.recover(wanted, found)
        result: dict[str, Any] = talk.hear()[0]["result"]
        return result

    both = [event(3), event(4)]
    assert answer(both)["recovered"] is True
    assert answer(None) | {"recovered": False, "events": []} == answer(None)
    assert answer(both, more=3)["recovered"] is False, "more than is given again"
    assert answer(both, more=4)["recovered"] is False, "the log has moved on meanwhile"


def test_where_kafka_does_not_answer_the_client_may_try_again(new_board: BoardMaker) -> None:
    talk = connected(new_board(), logs={"alerts": _log({0: 5})})
    old = Position(EPOCH, {0: 3}).encode()
    talk.call("subscribe", channel="alerts", position=old)
    (wanted,) = talk.effects
    assert isinstance(wanted, Recover)
    assert talk.session.recover(wanted, Refusal(NOT_READY, "not now", temporary=True)) == []
    assert talk.hear()[0]["error"]["temporary"] is True
    talk.call("subscribe", channel="alerts", position=old)
    assert talk.call("unsubscribe", channel="alerts")["result"] == {}
    assert talk.session.recover(wanted, []) == []


def test_a_client_that_falls_out_of_the_log_is_told_to_come_back(new_board: BoardMaker) -> None:
    log = _log(room=2)
    talk = connected(new_board(), logs={"alerts": log})
    talk.call("subscribe", channel="alerts")
    assert talk.told(_new(log, event(0), event(1), event(2)), flowing=False) == []
    assert talk.hear() == []
    assert talk.closed == GAP
    assert 3000 <= GAP.code < 3500


def test_from_a_gateway_that_lags_nothing_comes_twice_and_no_position_goes_back(
    new_board: BoardMaker,
) -> None:
    log = _log()
    talk = connected(new_board(), logs={"alerts": log})
    given = Position(EPOCH, {0: 2, 1: 0}).encode()
    assert talk.call("subscribe", channel="alerts", position=given)["result"] == {
        "channel": "alerts", "position": given, "recovered": True, "events": [],
    }  # fmt: skip
    talk.told(_new(log, event(0), event(0, 1)))
    (push,) = talk.hear()
    assert push["push"]["event"]["alert_id"] == "1-0"
    assert parse(push["push"]["position"]) == Position(EPOCH, {0: 2, 1: 1})
    talk.told(_new(log, event(1)))
    assert talk.hear() == []
    assert _pushed(talk.told(_new(log, event(2)))) == ["0-2"]


def test_a_user_s_own_channel_holds_only_theirs_and_needs_a_token(new_board: BoardMaker) -> None:
    log = _log(channel="alerts:me", room=3)
    assert (
        connected(new_board(), logs={"alerts:me": log}).call("subscribe", channel="alerts:me")["error"][
            "code"
        ]
        == 103
    )
    talk = connected(new_board(), logs={"alerts:me": log}, tokens=lambda _: Viewer("ann"))
    talk.call("subscribe", channel="alerts:me")
    assert talk.effects == [Join("alerts:me ann")]
    log.append(event(0, owner="ann"))
    log.append(event(1, owner="bob"))
    position = Position(EPOCH, {}).encode()
    back = connected(new_board(), logs={"alerts:me": log}, tokens=lambda _: Viewer("ann"))
    assert _ids(back.call("subscribe", channel="alerts:me", position=position)["result"]["events"]) == ["0-0"]
    for offset in range(2, 8):
        log.append(event(offset, owner="bob"))
    assert _pushed(back.told(_new(log, event(8, owner="ann")))) == ["0-8"], "what others get loses nothing"
    assert back.call("unsubscribe", channel="alerts:me") == {"id": 3, "result": {}}
    assert back.effects == [Leave("alerts:me ann")]


def test_a_log_that_begins_again_goes_on_where_nothing_is_missing() -> None:
    log = _log({0: 0})
    log.append(event(0))
    assert log.append(event(0)) is None
    assert log.continues(_log({0: 1}))
    assert not log.continues(_log({0: 2}))
    assert not log.continues(EventLog("alerts", "ffffffffffffffff", {0: 0}))


def test_partitions_are_brought_together_by_time_each_in_its_own_order() -> None:
    late = Event(1, 0, 9, None, b"{}")
    assert in_order([late, event(2), event(1)]) == [event(1), event(2), late]


# A step: an event is produced, a gateway reads, the client reads or is cut off and goes to a gateway, Kafka
# forgets; with the partition or gateway, and how many.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["produce", "produce", "gateway", "client", "slow", "cut", "forget"]),
        st.integers(0, 1),
        st.integers(1, 4),
    ),
    max_size=60,
)


class Topic:
    """What Kafka holds: two partitions, whose beginnings are forgotten."""

    def __init__(self) -> None:
        self.ends, self.lows = [0, 0], [0, 0]

    def between(self, wanted: Recover) -> list[Event] | None:
        spans = {p: (wanted.since.offsets.get(p, 0), end) for p, end in wanted.until.offsets.items()}
        if any(start < end and start < self.lows[p] for p, (start, end) in spans.items()):
            return None
        return [event(offset, p) for p, (start, end) in spans.items() for offset in range(start, end)]


class Gateway:
    """One that has read the topic so far, and holds few events."""

    def __init__(self, topic: Topic) -> None:
        self.topic, self.log = topic, _log(room=3)
        self.talk: Talk | None = None

    def read(self, records: int, flowing: bool) -> list[dict[str, Any]]:
        new, read = list[Event](), dict(self.log.head.offsets)
        for partition, end in enumerate(self.topic.ends):
            while read[partition] < end and len(new) < records:
                new.append(event(read[partition], partition))
                read[partition] += 1
        frames = []
        for _, some in groupby(new):
            news = _new(self.log, *some)
            if self.talk is not None:
                frames += self.talk.told(news, flowing)
        return frames


class Follower:
    """A client that moves between gateways with its position, and keeps what it was told to be all."""

    def __init__(self, board: Board, topic: Topic, gateway: Gateway) -> None:
        self.board, self.topic, self.here = board, topic, gateway
        self.position: str | None = None
        self.heard: list[str] = []
        self.begun: dict[int, int] = {}
        self.come(gateway)

    def come(self, gateway: Gateway) -> None:
        self.here.talk = None
        self.here = gateway
        gateway.talk = talk = connected(self.board, logs={"alerts": gateway.log})
        given: dict[str, str] = {} if self.position is None else {"position": self.position}
        answer = talk.call("subscribe", channel="alerts", **given)
        if not answer:
            (wanted,) = talk.effects
            assert isinstance(wanted, Recover)
            talk.session.recover(wanted, self.topic.between(wanted))
            (answer,) = talk.hear()
        self._begin(answer["result"])

    def _begin(self, result: dict[str, Any]) -> None:
        self.position = str(result["position"])
        if not result["recovered"]:
            assert result["events"] == []
            self.heard.clear()
            begun = parse(self.position)
            assert begun is not None
            self.begun = dict(begun.offsets)
        self.heard.extend(_ids(result["events"]))

    def take(self, frames: list[dict[str, Any]]) -> None:
        self.heard.extend(_pushed(frames))
        self.position = frames[-1]["push"]["position"] if frames else self.position

    def read(self, limit: int = 1000) -> None:
        assert self.here.talk is not None
        self.take(self.here.talk.hear(limit))
        if self.here.talk.closed is not None:
            self.come(self.here)


@given(steps=STEPS)
def test_no_event_is_ever_lost_in_silence_or_given_twice(
    new_board: BoardMaker, steps: list[tuple[str, int, int]]
) -> None:
    topic = Topic()
    gateways = [Gateway(topic), Gateway(topic)]
    client = Follower(new_board(), topic, gateways[0])
    for kind, which, number in steps:
        match kind:
            case "produce":
                topic.ends[which] += 1
            case "gateway":
                client.take(gateways[which].read(number, flowing=True))
            case "slow":
                assert client.here.read(number, flowing=False) == []
            case "client":
                client.read(number)
            case "cut":
                client.come(gateways[which])
            case _:
                topic.lows[which] = min(topic.lows[which] + number, topic.ends[which])
    for gateway in gateways:
        client.take(gateway.read(1000, flowing=True))
    client.read()
    client.read()
    due = [f"{p}-{n}" for p, end in enumerate(topic.ends) for n in range(client.begun.get(p, 0), end)]
    assert sorted(client.heard) == sorted(due)
