"""The load of alerts: who hears of each, what is told of it, and what its receivers note."""

import http.client
from uuid import UUID

from benchmarks import alerts
from benchmarks.alerts import HORSES, RULES_EACH, USERS, Figures, People, rows, share
from benchmarks.environments import Peer
from benchmarks.fanout import now
from schemas.codec import default_codec

PEOPLE = People([UUID(int=number) for number in range(USERS)])


def test_each_alert_is_heard_by_ten_users_and_each_user_has_ten_horses() -> None:
    heard = [user for horse in range(HORSES) for user in PEOPLE.hearing(horse)]
    assert all(heard.count(user) == RULES_EACH for user in range(0, USERS, 97))
    assert all(len(set(PEOPLE.hearing(horse))) == 10 for horse in range(HORSES))
    for horse in (0, 9, 10, 999):
        assert all(
            horse in {(user * RULES_EACH + n) % HORSES for n in range(10)} for user in PEOPLE.hearing(horse)
        )


def test_half_of_the_deliveries_are_push_and_their_ids_are_the_notifier_s() -> None:
    alert = alerts._alert("BEL-20000101-01", 1, 7)
    assert default_codec().encode("Alert", alert)
    due = PEOPLE.deliveries(alert, 7)
    assert sorted(due.values()) == [False] * 5 + [True] * 5
    assert all(UUID(hex=id).version == 5 for id in due)


def test_ours_stands_beside_what_is_asked() -> None:
    figures = Figures([10.0, 20.0, 500.0], [30.0] * 3, 500.0, 100.0, 0, 40.0)
    found = {row.what: (row.ours, row.ratio) for row in rows([figures])}
    assert found["event to webhook received, latest"] == (500.0, 0.5)
    assert found["event to push handed over, p99"] == (30.0, 0.03)
    assert found["deliveries that came"] == (100.0, 1.0)
    assert share([3.0, 1.0, 2.0], 0.5) == 2.0


def test_receivers_note_the_id_of_each_delivery_and_when_it_came() -> None:
    hook, push = str(UUID(int=1)), UUID(int=2).hex
    with Peer("receivers") as receivers:
        [first, second] = receivers.ask({"open": {"ports": 2}})
        began = now()
        connection = http.client.HTTPConnection("127.0.0.1", first)
        for _ in range(2):
            connection.request("POST", "/1", b"x" * 70_000, {"webhook-id": hook})
            assert connection.getresponse().read() == b"ok"
        other = http.client.HTTPConnection("127.0.0.1", second)
        other.request("POST", "/2", b"", {"topic": push})
        assert other.getresponse().status == 200
        arrived = receivers.ask({"take": {"deliveries": 3, "seconds": 5, "quiet": 5}})
        for each in (connection, other):
            each.close()
        assert [id for id, _ in arrived] == [UUID(hook).hex, UUID(hook).hex, push]
        assert all(began < at <= now() for _, at in arrived)
        assert receivers.ask({"take": {"deliveries": 1, "seconds": 5, "quiet": 0.1}}) == []
