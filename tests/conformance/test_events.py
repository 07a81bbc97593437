"""Channels of events: nothing left out, or it is said so."""

from tests.conformance.conftest import Opener, Talker


def _ids(client: Talker, number: int) -> list[str]:
    return [client.push("alerts", "event")["event"]["alert_id"] for _ in range(number)]


def test_who_comes_for_the_first_time_gets_what_comes_from_then_on(talk: Opener) -> None:
    with talk() as client:
        result = client.result("subscribe", channel="alerts")
        assert (result["recovered"], result["events"]) == (False, [])
        assert len(set(_ids(client, 3))) == 3


def test_who_comes_back_gets_all_that_was_missed_each_once(talk: Opener) -> None:
    with talk() as there, talk() as client:
        there.result("subscribe", channel="alerts")
        client.result("subscribe", channel="alerts")
        last = client.push("alerts", "event")
        heard = [last["event"]["alert_id"]]
        client.socket.close()
        known = _ids(there, 1)
        while heard[0] not in known:
            known += _ids(there, 1)
        known = [*known[known.index(heard[0]) :], *_ids(there, 5)]
        with talk() as back:
            result = back.result("subscribe", channel="alerts", position=last["position"])
            assert result["recovered"] is True
            heard += [event["alert_id"] for event in result["events"]]
            heard += _ids(back, 3)
        known += _ids(there, max(len(heard) - len(known), 0))
        assert sorted(heard) == sorted(known[: len(heard)])
        assert len(set(heard)) == len(heard)


def test_a_position_that_means_nothing_recovers_nothing(talk: Opener) -> None:
    with talk() as client:
        result = client.result("subscribe", channel="alerts", position="no position at all")
        assert (result["recovered"], result["events"]) == (False, [])


def test_a_user_s_own_channel_needs_a_token(talk: Opener) -> None:
    with talk() as client:
        assert client.error("subscribe", channel="alerts:me") == 103
