import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpr.client import Alert, LiveError, Missed, Race, Update
from hpr.client.session import ComeBackError, LiveSession

RACE = "BEL-20230715-01"


def _greeting(epoch: str = "e1", **more: Any) -> dict[str, Any]:
    return {"protocol": "hpr.v1", "epoch": epoch, "heartbeat_seconds": 10.0, **more}


def _state(revision: int, **more: Any) -> dict[str, Any]:
    return {"race_id": RACE, "revision": revision, "runners": [{"runner_id": "7", "back": 2.0}], **more}


def _push(channel: str, position: str, **body: Any) -> str:
    return json.dumps({"push": {"channel": channel, "position": position, **body}})


class Wire:
    """A gateway that answers what a session calls."""

    def __init__(self, session: LiveSession) -> None:
        self.session = session
        self.called: list[dict[str, Any]] = []

    def connect(self, epoch: str = "e1", results: dict[str, Any] | None = None) -> list[Update]:
        (connect,) = self.session.opened()
        self.called = [json.loads(connect)]
        asked = self.answer(self.called[0], _greeting(epoch)).send
        self.called += [json.loads(frame) for frame in asked]
        updates: list[Update] = []
        for call in self.called[1:]:
            channel = call["params"]["channel"]
            result = {"channel": channel, "position": "p0", **(results or {}).get(channel, {})}
            updates += self.answer(call, result).updates
        return updates

    def answer(self, call: dict[str, Any], result: dict[str, Any]) -> Any:
        return self.session.receive(json.dumps({"id": call["id"], "result": result}))

    def refuse(self, call: str, **error: Any) -> Any:
        body = {"code": 108, "message": "no", "temporary": False, **error}
        return self.session.receive(json.dumps({"id": json.loads(call)["id"], "error": body}))


def test_it_connects_subscribes_and_gives_what_is_there() -> None:
    wire = Wire(LiveSession(["track:*", "alerts"]))
    updates = wire.connect(results={"track:*": {"states": [_state(3)]}, "alerts": {"recovered": False}})
    assert [(call["method"], call["params"]) for call in wire.called] == [
        ("connect", {}),
        ("subscribe", {"channel": "track:*", "delta": True}),
        ("subscribe", {"channel": "alerts"}),
    ]
    assert updates == [Race("track:*", _state(3))]  # type: ignore[arg-type]


def test_a_heartbeat_is_answered() -> None:
    assert LiveSession([]).receive("{}").send == ["{}"]


def test_a_delta_leads_on_from_the_state_held() -> None:
    wire = Wire(LiveSession(["track:*"]))
    wire.connect(results={"track:*": {"states": [_state(3, status="OFF")]}})
    delta = {"race_id": RACE, "base": 3, "set": {"revision": 4}, "runners": {"7": {"back": 2.5}}}
    (update,) = wire.session.receive(_push("track:*", "p1", delta=delta)).updates
    assert isinstance(update, Race)
    assert update.state["revision"] == 4
    assert update.state["status"] == "OFF"
    assert update.state["runners"][0]["back"] == 2.5


def test_a_delta_of_a_state_it_does_not_hold_makes_it_come_back_for_the_whole() -> None:
    wire = Wire(LiveSession(["track:*"]))
    wire.connect(results={"track:*": {"states": [_state(3)]}})
    with pytest.raises(ComeBackError):
        wire.session.receive(
            _push("track:*", "p1", delta={"race_id": RACE, "base": 9, "set": {}, "runners": {}})
        )
    wire.connect()
    assert "position" not in wire.called[1]["params"]


def test_it_comes_back_with_its_positions_and_tells_what_could_not_be_had() -> None:
    wire = Wire(LiveSession(["alerts"]))
    assert wire.connect(results={"alerts": {"recovered": False}}) == []
    wire.session.receive(_push("alerts", "p1", event={"alert_id": "a"}))
    missed = {"recovered": True, "events": [{"alert_id": "a"}, {"alert_id": "b"}]}
    assert wire.connect(results={"alerts": missed}) == [Alert("alerts", {"alert_id": "b"})]  # type: ignore[typeddict-item]
    assert wire.called[1]["params"] == {"channel": "alerts", "position": "p1"}
    assert wire.connect(results={"alerts": {"recovered": False}}) == [Missed("alerts")]


def test_in_another_epoch_revisions_begin_again() -> None:
    wire = Wire(LiveSession(["track:*"]))
    wire.connect(results={"track:*": {"states": [_state(9)]}})
    updates = wire.connect("e2", results={"track:*": {"states": [_state(1)]}})
    assert [update.state["revision"] for update in updates if isinstance(update, Race)] == [1]
    assert "position" not in wire.called[1]["params"]


@given(revisions=st.lists(st.integers(1, 9)), cuts=st.sets(st.integers(0, 30)))
def test_no_revision_ever_goes_back_whatever_gateways_say(revisions: list[int], cuts: set[int]) -> None:
    wire = Wire(LiveSession(["track:*"], deltas=False))
    wire.connect()
    seen = [0]
    for place, revision in enumerate(revisions):
        if place in cuts:
            wire.connect()
        for update in wire.session.receive(_push("track:*", "p", state=_state(revision))).updates:
            assert isinstance(update, Race)
            seen.append(update.state["revision"])
    assert seen == sorted(seen)
    assert seen[-1] == max([0, *revisions])


def test_what_is_refused_for_now_is_tried_again_and_what_is_refused_for_good_is_not() -> None:
    wire = Wire(LiveSession(["track:*"]))
    with pytest.raises(ComeBackError):
        wire.refuse(wire.session.opened()[0], temporary=True)
    with pytest.raises(ComeBackError):
        wire.refuse(wire.session.opened()[0], code=109)
    with pytest.raises(LiveError, match="sign in first"):
        wire.refuse(wire.session.opened()[0], code=101, message="sign in first")


def test_a_token_is_shown_and_renewed_before_it_ends() -> None:
    tokens = iter(["first", "second"])
    session = LiveSession([], lambda: next(tokens))
    wire = Wire(session)
    (connect,) = map(json.loads, session.opened())
    assert connect["params"] == {"token": "first"}
    renew = session.refresh
    life = {"server_time": "2026-01-01T00:00:00.000000Z", "expires_at": "2026-01-01T00:01:40.000000Z"}
    wire.answer(connect, _greeting(**life))
    due = [session.refresh_seconds]
    (refresh,) = map(json.loads, renew())
    assert (refresh["method"], refresh["params"]) == ("refresh", {"token": "second"})
    due.append(session.refresh_seconds)
    wire.answer(refresh, life)
    assert [*due, session.refresh_seconds] == [80.0, None, 80.0]
