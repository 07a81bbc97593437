"""From a published alert to every channel: once, in time, and not at all where it must not."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from gateway.accounts.tables import Play, Preferences, Tracked, User
from gateway.alerts.rules import Rule
from gateway.delivery.notifier import NotifierSettings, check_prefix
from gateway.delivery.tables import Attempt, Delivery
from gateway.errors import GatewayError
from gateway.webhooks.signing import new_secret
from tests.gateway.delivery.receivers import Browser, Receivers
from tests.gateway.delivery.world import BOTH, World, fresh, until
from tests.integration.services import read_all

SCRATCH = Rule(kind="SCRATCH")


@BOTH
async def test_one_alert_arrives_on_every_channel_once(world: World, receivers: Receivers) -> None:
    secret, browser = new_secret(), Browser(receivers.address)
    hook = await world.webhook(receivers.hook("one", secret), secret)
    await world.channel("webpush", browser.subscription)
    await world.channel("mail", {"email": "ann@example.org"})
    await world.channel("websocket", {})
    await world.channel("apprise", {"url": f"json://{receivers.address}/chat"})
    await world.rule(SCRATCH)
    # The same is asked for twice: it is still one alert.
    await world.rule(Rule(kind="SCRATCH", tracks=("BEL",)))
    happened = fresh(detail="2 Horse 2 31.0% to 38.0%")
    async with world.notifying():
        world.publish(happened, happened)
        await until(lambda: len(receivers.arrived) >= 3 and receivers.mails, "all has arrived")
        await until(lambda: _all(world, "sent", 5), "all is written down")
    assert not receivers.unverified
    [webhook] = receivers.at("/hook/one")
    said = json.loads(webhook.body)
    [delivery] = [d for d in await world.deliveries() if d.channel_id == hook]
    assert webhook.headers["webhook-id"] == str(delivery.id)
    assert said["type"] == "alert.scratch"
    assert said["data"]["alert_id"] == happened["event_id"]
    assert re.fullmatch(r"2 Horse 2 31\.0% to 38\.0% · data \d+\.\d s old", said["data"]["text"])
    [push] = receivers.at(browser.path)
    assert browser.read(push.body)["tag"] == happened["event_id"]
    assert push.headers["authorization"].startswith("vapid t=")
    [mail] = receivers.mails
    assert mail["Subject"] == "Belmont Park 01: 1 Horse 1 scratch"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert len(receivers.at("/chat")) == 1
    [notice] = read_all(world.settings.broker, "alerts.notices")
    assert (notice["alert_id"], notice["user_id"]) == (happened["event_id"], str(world.user))
    assert len(read_all(world.settings.broker, "alerts.rules")) == 2


async def _all(world: World, state: str, count: int) -> bool:
    return [d.state for d in await world.deliveries()] == [state] * count


async def test_past_its_use_it_is_logged_as_late_and_not_sent(world: World, receivers: Receivers) -> None:
    secret = new_secret()
    await world.webhook(receivers.hook("one", secret), secret)
    await world.rule(SCRATCH)
    async with world.notifying():
        world.publish(fresh(expires_at=1_690_000_000_000_000))
        await until(lambda: _all(world, "late", 1), "it is written down")
    assert receivers.arrived == []


@BOTH
async def test_what_was_done_with_long_ago_leaves_the_log_and_what_waits_does_not(
    world: World, receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.delivery.notifier.PRUNES_EVERY", 1)
    secret, old = new_secret(), datetime.now(UTC) - timedelta(days=91)
    await world.webhook(receivers.hook("one", secret), secret)
    await world.rule(SCRATCH)
    async with world.notifying():
        world.publish(*(fresh(number=n) for n in range(1, 4)))
        await until(lambda: _all(world, "sent", 3), "all are sent")
        first, second, _ = await world.deliveries()
        async with world.database.write() as session:
            await session.execute(update(Delivery).where(Delivery.id == first.id).values(done_at=old))
            waits = {"done_at": None, "created_at": old, "state": "pending", "due_at": old + timedelta(1000)}
            await session.execute(update(Delivery).where(Delivery.id == second.id).values(waits))
        await until(lambda: _count(world, 2), "the old one is gone")
    left = {delivery.id for delivery in await world.deliveries()}
    assert first.id not in left
    async with world.database.read() as session:
        tried = set(await session.scalars(select(Attempt.delivery_id)))
    assert tried == left, "its tries go with it"


async def _count(world: World, count: int) -> bool:
    return len(await world.deliveries()) == count


async def test_nothing_goes_to_whoever_has_excluded_themselves(world: World, receivers: Receivers) -> None:
    secret = new_secret()
    await world.webhook(receivers.hook("one", secret), secret)
    await world.rule(SCRATCH)
    async with world.database.write() as session:
        session.add(Play(user_id=world.user, excluded_until=datetime.now(UTC) + timedelta(days=30)))
    async with world.notifying():
        world.publish(fresh())
        await until(lambda: _all(world, "withheld", 1), "it is written down")
    assert receivers.arrived == []
    assert (await world.deliveries())[0].reason.startswith("exclusion until")  # type: ignore[union-attr]


async def test_quiet_hours_hold_mail_back_and_not_webhooks(world: World, receivers: Receivers) -> None:
    secret, now = new_secret(), datetime.now(UTC)
    minute = now.hour * 60 + now.minute
    quiet = {"quiet_from": (minute - 5) % 1440, "quiet_until": (minute + 5) % 1440}
    await world.webhook(receivers.hook("one", secret), secret)
    await world.channel("mail", {"email": "ann@example.org"})
    await world.rule(SCRATCH)
    async with world.database.write() as session:
        session.add(Preferences(user_id=world.user, **quiet))
    async with world.notifying():
        world.publish(fresh())
        await until(lambda: receivers.at("/hook/one"), "the webhook has it")
        await asyncio.sleep(0.6)
    assert receivers.mails == []
    assert {d.channel_kind: d.state for d in await world.deliveries()} == {
        "webhook": "sent",
        "mail": "pending",
    }


async def test_a_card_of_scratches_is_one_mail(world: World, receivers: Receivers) -> None:
    await world.channel("mail", {"email": "ann@example.org"})
    await world.channel("websocket", {})
    await world.rule(SCRATCH)
    async with world.notifying():
        world.publish(*(fresh(number=n) for n in range(1, 7)))
        await until(lambda: receivers.mails, "the mail has come")
        await until(
            lambda: len(read_all(world.settings.broker, "alerts.notices")) == 6, "live connections hear"
        )
    told = sum(str(mail.get_payload()).count("data 0.") for mail in receivers.mails)
    assert told == 6
    assert len(receivers.mails) < 6


async def test_mail_follows_the_address_of_the_account(world: World, receivers: Receivers) -> None:
    await world.channel("mail", {"email": "old@example.org"})
    await world.rule(SCRATCH)
    async with world.notifying():
        async with world.database.write() as session:
            (await session.get_one(User, world.user)).email = "new@example.org"
        world.publish(fresh())
        await until(lambda: receivers.mails, "the mail has come")
    assert [mail["To"] for mail in receivers.mails] == ["new@example.org"]


@BOTH
async def test_a_digest_is_one_mail_of_many_alerts(world: World, receivers: Receivers) -> None:
    channel = await world.channel("mail", {"email": "ann@example.org"}, digest_minutes=60)
    await world.rule(SCRATCH)
    async with world.notifying():
        world.publish(fresh(number=1))
        await until(lambda: _all(world, "pending", 1), "one waits")
        world.publish(fresh("SCRATCH", 2))
        await until(lambda: _all(world, "pending", 2), "two wait")
        due = datetime.now(UTC)
        async with world.database.write() as session:
            for row in await world.deliveries():
                (await session.merge(row)).due_at = due
        await until(lambda: _all(world, "sent", 2), "both are sent")
    [mail] = receivers.mails
    assert mail["Message-ID"] == f"<digest-{channel}-{int(due.timestamp())}@localhost>"
    assert mail["Subject"].startswith("2 alerts: ")


async def test_rules_and_what_is_tracked_come_into_force_while_it_runs(
    world: World, receivers: Receivers
) -> None:
    secret = new_secret()
    await world.webhook(receivers.hook("one", secret), secret)
    async with world.notifying():
        world.publish(fresh())
        await world.rule(Rule(kind="SCRATCH", tracked=True))
        async with world.database.write() as session:
            session.add(Tracked(user_id=world.user, kind="track", key="BEL", name="Belmont Park"))
        await until(lambda: len(read_all(world.settings.broker, "alerts.rules")) == 1, "the rule is known")
        happened = fresh(number=2)
        for again in range(100):
            if receivers.arrived:
                break
            world.publish({**happened, "sequence": again})
            await asyncio.sleep(0.2)
    assert {json.loads(a.body)["data"]["alert_id"] for a in receivers.arrived} == {happened["event_id"]}


@BOTH
async def test_a_later_notifier_takes_over_and_the_earlier_ends(world: World) -> None:
    await world.rule(SCRATCH)
    await world.channel("websocket", {})
    with pytest.raises(AssertionError, match="another notifier has started"):
        await _two_at_once(world)


async def _two_at_once(world: World) -> None:
    async with world.notifying():
        async with world.notifying():
            world.publish(fresh())
            await until(lambda: _all(world, "sent", 1), "the later one delivers")
        await asyncio.sleep(1)


def test_topics_that_are_not_live_are_refused() -> None:
    with pytest.raises(GatewayError, match="not live"):
        check_prefix(NotifierSettings("nowhere", topic_prefix="replay."))
