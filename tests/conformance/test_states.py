"""Channels of states: whole ones, what changed, and coming back."""

from typing import Any

from tests.conformance.conftest import Opener, Talker

TIMELY = {"freshness", "age_seconds"}


def _moving(client: Talker) -> str:
    """A race that moves."""
    client.result("subscribe", channel="track:*")
    race_id: str = client.push("track:*")["state"]["race_id"]
    client.result("unsubscribe", channel="track:*")
    client.pushes.clear()
    return race_id


def _facts(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name not in TIMELY}


def _applied(state: dict[str, Any], delta: dict[str, Any]) -> dict[str, Any]:
    told = delta["runners"]
    runners = [runner | told.get(runner["runner_id"], {}) for runner in state["runners"]]
    return {**state, "runners": runners, **delta["set"]}


def test_a_subscription_gives_the_states_there_are_and_then_those_that_come(talk: Opener) -> None:
    with talk() as client:
        race_id = _moving(client)
        result = client.result("subscribe", channel=f"race:{race_id}")
        assert result["channel"] == f"race:{race_id}"
        (state,) = result["states"]
        revisions = [state["revision"]]
        revisions += [client.push(f"race:{race_id}", "state")["state"]["revision"] for _ in range(10)]
        assert revisions == sorted(revisions)


def test_a_race_comes_on_each_channel_that_carries_it(talk: Opener) -> None:
    with talk() as client:
        race_id = _moving(client)
        channels = [f"race:{race_id}", f"track:{race_id.partition('-')[0]}", "track:*"]
        for channel in channels:
            client.result("subscribe", channel=channel)
        assert all(client.push(channel)["state"] for channel in channels)


def test_a_race_not_known_yet_may_be_subscribed_to(talk: Opener) -> None:
    with talk() as client:
        assert client.result("subscribe", channel="race:NONE-20990101-01")["states"] == []


def test_after_unsubscribing_nothing_more_comes(talk: Opener) -> None:
    with talk() as client:
        client.result("subscribe", channel="track:*")
        client.push("track:*")
        client.result("unsubscribe", channel="track:*")
        client.pushes.clear()
        while client.hear() != {}:
            pass
        assert client.pushes == []


def test_who_comes_back_with_a_position_gets_only_what_is_newer(talk: Opener) -> None:
    with talk() as client:
        race_id = _moving(client)
        client.result("subscribe", channel=f"race:{race_id}")
        last = client.push(f"race:{race_id}")
    with talk() as client:
        result = client.result("subscribe", channel=f"race:{race_id}", position=last["position"])
        held = last["state"]["revision"]
        assert all(state["revision"] > held for state in result["states"])
        again = client.result("unsubscribe", channel=f"race:{race_id}")
        assert again == {}
    with talk() as client:
        whole = client.result("subscribe", channel=f"race:{race_id}", position="no position at all")
        assert len(whole["states"]) == 1


def test_deltas_lead_to_the_whole_states(talk: Opener) -> None:
    with talk() as whole, talk() as client:
        channel = f"race:{_moving(client)}"
        whole.result("subscribe", channel=channel)
        (state,) = client.result("subscribe", channel=channel, delta=True)["states"]
        reached = {}
        for _ in range(10):
            push = client.push(channel)
            if "delta" in push:
                assert push["delta"]["base"] == state["revision"]
                state = _applied(state, push["delta"])
            else:
                state = push["state"]
            reached[state["revision"]] = _facts(state)
        compared = 0
        while compared < 3:
            told = whole.push(channel, "state")["state"]
            if told["revision"] in reached:
                assert reached[told["revision"]] == _facts(told)
                compared += 1
