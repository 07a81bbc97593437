"""What was due against what the outbox has: delivered, how late, missed and why."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from gateway.alerts.engine import Fired
from gateway.alerts.index import Held
from gateway.alerts.reconcile import SETTLING, UNKNOWN, Kept, Line, Place, due_of, reconcile, seconds_of
from gateway.alerts.rules import Rule
from tests.gateway.alerts.makers import NOON, RACE

ANN, BOB = UUID(int=1), UUID(int=2)
HOOK, MAIL, OTHER = UUID(int=11), UUID(int=12), UUID(int=21)
LINES = {
    ANN: [Line(HOOK, ANN, "webhook", 0), Line(MAIL, ANN, "mail", 0, ("VALUE",))],
    BOB: [Line(OTHER, BOB, "webhook", NOON + 5, closed="its channel is disabled: disabled by you")],
}


def _fired(alert_id: str, user: UUID = ANN, **rule: Any) -> Fired:
    held = Held(UUID(int=user.int + 100), user, 1, Rule(kind="SCRATCH", **rule))
    return Fired(held, alert_id, "SCRATCH", RACE, "1", "", "", NOON, NOON + 1, 1)


def _due(*fired: tuple[int, Fired], begun: int = 0) -> dict[Place, Any]:
    return dict(due_of(fired, LINES, {(each.held.rule_id, 1): begun for _, each in fired}))


def test_due_is_what_a_channel_takes_and_was_there_for_once_each() -> None:
    twice = _due((NOON, _fired("a")), (NOON, _fired("a")), (NOON, _fired("b", channels=(MAIL,))))
    assert set(twice) == {(HOOK, "a")}
    assert set(_due((NOON, _fired("a", BOB)), (NOON + 5, _fired("b", BOB)))) == {(OTHER, "b")}


def test_what_was_sent_is_told_with_its_lateness_and_the_rest_with_its_reason() -> None:
    due = _due(*((NOON, _fired(f"{n}")) for n in range(5)), (NOON + 9, _fired("b", BOB)))
    told = reconcile(due, {
        (HOOK, "0"): Kept("sent", None, 0.1), (HOOK, "1"): Kept("sent", None, 0.3),
        (HOOK, "2"): Kept("late", "past its use when it was made", None),
        (HOOK, "3"): Kept("withheld", "the board is stale", None),
        (HOOK, "elsewhere"): Kept("sent", None, 0.1),
    })  # fmt: skip
    assert told.users[ANN]["webhook"].told() == {
        "due": 5, "delivered": 2, "late_p50_seconds": 0.3, "late_p99_seconds": 0.3, "missed": 3,
        "why": {"late: past its use when it was made": 1, "withheld: the board is stale": 1, UNKNOWN: 1},
    }  # fmt: skip
    assert told.users[BOB]["webhook"].told()["why"] == {
        "no delivery was made: its channel is disabled: disabled by you": 1
    }
    assert (told.channels["webhook"].due, told.beyond) == (6, 1)


def test_while_a_rule_is_taken_in_an_alert_may_be_due_or_not() -> None:
    due = _due((NOON, _fired("a")), (NOON + SETTLING, _fired("b")), begun=NOON)
    assert reconcile(due, {}).channels["webhook"].due == 1
    assert reconcile(due, {(HOOK, "a"): Kept("sent", None, 0.1)}).channels["webhook"].due == 2


def test_lateness_counts_from_the_provider_s_event() -> None:
    done = datetime.fromtimestamp(NOON / 1e6 + 1.25, UTC)
    assert seconds_of({"event_time": NOON}, done) == 1.25
    assert seconds_of({"event_time": NOON}, None) is None
