"""A day reconciled on the database: rules by version, channels, the outbox, and what each user is told."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from gateway.alerts.history import Moment
from gateway.alerts.reconcile import UNKNOWN
from gateway.alerts.rules import Rule
from gateway.delivery import reconciliation
from gateway.delivery.tables import Delivery, Reconciled, RuleVersion
from schemas.identity import micros
from tests.gateway.delivery.world import BOTH, World, fresh

DAY = date(2030, 7, 15)


@BOTH
async def test_what_was_due_is_held_against_the_outbox_and_told_to_each_user(world: World) -> None:
    hook = await world.webhook("https://hooks.example.org/x", "")
    await world.channel("websocket", {})
    rule_id = await world.rule(Rule(kind="SCRATCH"))
    start = datetime.now(UTC)
    alerts = [fresh(number=n, recorded_time=micros(start + timedelta(seconds=10 + n))) for n in range(3)]
    async with world.database.write() as session:
        # From then on the rule is gone.
        gone = start + timedelta(seconds=12)
        session.add(RuleVersion(rule_id=rule_id, user_id=world.user, version=2, body={}, deleted=True,
                                created_at=gone))  # fmt: skip
        item = {"alert_id": alerts[0]["event_id"], "event_time": micros(start)}
        times = dict.fromkeys(("due_at", "expires_at", "event_time"), start)
        session.add(Delivery(id=uuid4(), user_id=world.user, channel_id=hook, channel_kind="webhook",
                             race_id=alerts[0]["race_id"], items=[item], state="sent", **times,
                             done_at=start + timedelta(seconds=2)))  # fmt: skip
    moments = [Moment(alert["recorded_time"], 1, "Alert", alert) for alert in alerts]
    told = await reconciliation.of_day(world.database, DAY, moments)
    for _ in range(2):
        async with world.database.write() as session:
            await reconciliation.tell(session, DAY, told)
    async with world.database.read() as session:
        kept = await session.get_one(Reconciled, (world.user, DAY))
    missed = {"delivered": 0, "late_p50_seconds": None, "late_p99_seconds": None}
    assert kept.channels == [
        {"kind": "webhook", "due": 2, "delivered": 1, "late_p50_seconds": 2.0, "late_p99_seconds": 2.0,
         "missed": 1, "why": {UNKNOWN: 1}},
        {"kind": "websocket", "due": 2, **missed, "missed": 2, "why": {UNKNOWN: 2}},
    ]  # fmt: skip
