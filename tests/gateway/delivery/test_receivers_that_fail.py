"""Receivers that answer 500, 429 or 410, hang, redirect, or are private: the log shows each handled."""

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from gateway.alerts.rules import Rule
from gateway.delivery import lanes, notifier, senders
from gateway.delivery.tables import Attempt, Channel, Delivery
from gateway.webhooks import retries
from gateway.webhooks.addresses import connector
from gateway.webhooks.signing import new_secret
from tests.gateway.delivery.receivers import Answer, Receivers
from tests.gateway.delivery.world import BOTH, World, fresh, until

ANSWERS: dict[str, Answer] = {
    "/hook/500": (500, {}),
    "/hook/429": (429, {"retry-after": "2"}),
    "/hook/410": (410, {}),
    "/hook/302": (302, {"location": "http://169.254.169.254/latest/meta-data"}),
}


def _answer(path: str, count: int) -> Answer:
    return ANSWERS[path] if path in ANSWERS and count == 1 else (200, {})


async def _hang(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await asyncio.sleep(5)
    finally:
        writer.close()


async def _of(world: World, channel: UUID) -> tuple[Delivery | None, list[Attempt]]:
    async with world.database.read() as session:
        row = (await session.scalars(select(Delivery).where(Delivery.channel_id == channel))).first()
        asked = select(Attempt).join(Delivery).where(Delivery.channel_id == channel).order_by(Attempt.at)
        return row, list(await session.scalars(asked))


@BOTH
async def test_each_is_handled_as_the_log_shows(
    world: World, receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "SCHEDULE", (0.5, 1.0))
    monkeypatch.setattr(senders, "TIMEOUT_SECONDS", 1.0)
    receivers.answer = _answer
    hanging = await asyncio.start_server(_hang, "127.0.0.1", 0)
    urls = {name: receivers.hook(name, "") for name in ("500", "429", "410", "302")}
    urls["hang"] = f"http://127.0.0.1:{hanging.sockets[0].getsockname()[1]}/hook/hang"
    made = {name: await world.webhook(url, new_secret(), name=name) for name, url in urls.items()}
    await world.rule(Rule(kind="SCRATCH"))
    async with world.notifying():
        world.publish(fresh())

        async def handled() -> bool:
            found = {name: await _of(world, id) for name, id in made.items()}
            over = all(row and row.state != "pending" for name, (row, _) in found.items())
            return over and len(found["hang"][1]) == 3

        await until(handled, "all are handled", 40)
    hanging.close()
    await hanging.wait_closed()
    log = {name: await _of(world, id) for name, id in made.items()}
    states = {name: row.state for name, (row, _) in log.items() if row}
    assert states == {"500": "sent", "429": "sent", "410": "failed", "302": "sent", "hang": "failed"}
    assert [a.status for a in log["500"][1]] == [500, 200]
    first, second = log["429"][1]
    assert (first.status, second.status) == (429, 200)
    assert second.at - first.at >= timedelta(seconds=2)
    assert [a.status for a in log["410"][1]] == [410]
    assert log["302"][1][0].error == "redirects are not followed (302)"
    assert {a.error for a in log["hang"][1]} == {"no answer within 1 s"}
    assert log["500"][1][0].request["headers"]["webhook-id"] == str(log["500"][0].id)  # type: ignore[union-attr]
    assert log["500"][1][0].response == "ok"
    async with world.database.read() as session:
        gone = await session.get_one(Channel, made["410"])
    assert (gone.state, gone.reason) == ("gone", "the receiver said that it is gone")
    # Its owner is told.
    assert [mail["Subject"] for mail in receivers.mails] == ["Your webhook has been disabled"]


async def test_a_private_address_is_refused_where_the_setting_does_not_allow_it(
    world: World, receivers: Receivers
) -> None:
    world.settings = replace(world.settings, private_destinations=False)
    direct = await world.webhook(receivers.hook("direct", ""), new_secret())
    await world.rule(Rule(kind="SCRATCH"))
    async with world.notifying():
        world.publish(fresh())

        async def refused() -> bool:
            row, tries = await _of(world, direct)
            return row is not None and row.state == "failed" and len(tries) == 1

        await until(refused, "it is refused")
    _, [tried] = await _of(world, direct)
    assert tried.error == "give an https:// URL on port 443 or 8443"
    assert receivers.arrived == []


async def test_a_name_that_resolves_to_a_private_address_is_refused_when_connected_to(
    world: World, receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(receivers.address.rpartition(":")[2])
    inside = {"rebound.example.org": "127.0.0.1", "metadata.example.org": "169.254.169.254"}
    names = partial(connector, resolve=lambda host, _port: [(inside[host], port)])
    monkeypatch.setattr(notifier, "connector", names)
    world.settings = replace(world.settings, private_destinations=False)
    made = {name: await world.webhook(f"https://{name}/hook", new_secret()) for name in inside}
    await world.rule(Rule(kind="SCRATCH"))
    async with world.notifying():
        world.publish(fresh())

        async def tried() -> bool:
            return all([(await _of(world, id))[1] for id in made.values()])

        await until(tried, "both are in the log")
    for name, id in made.items():
        row, [attempt] = await _of(world, id)
        assert row is not None
        # Not for good: what a name leads to may be mended.
        assert (row.state, row.attempts, attempt.status) == ("pending", 1, None)
        assert f"{inside[name]} is not on the public internet" in str(attempt.error)
        assert attempt.request["url"] == f"https://{name}/hook"
    assert receivers.arrived == []


@BOTH
async def test_what_waits_for_an_endpoint_that_is_disabled_is_not_sent(
    world: World, receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "IN_FLIGHT", 1)
    release = threading.Event()
    receivers.answer = lambda path, _count: (200 if release.wait(10) else 500, {})
    waiting = await world.webhook(receivers.hook("waiting", ""), new_secret())
    later = await world.webhook(receivers.hook("later", ""), new_secret(), state="disabled")
    await world.rule(Rule(kind="SCRATCH"))
    async with world.notifying():
        world.publish(*(fresh(number=n) for n in range(1, 4)))
        await until(lambda: receivers.at("/hook/waiting"), "the first is on its way")
        async with world.database.write() as session:
            channel = await session.get_one(Channel, waiting)
            channel.state, channel.reason = "disabled", "disabled by you"
            # One that an endpoint which is off has from before, as after a restart or a replay.
            [first, *_] = await world.deliveries()
            left = {c.name: getattr(first, c.name) for c in Delivery.__table__.columns}
            session.add(Delivery(**{**left, "id": uuid4(), "channel_id": later, "state": "pending"}))

        async def closed() -> bool:
            return [d.state for d in await world.deliveries()].count("failed") == 3

        await until(closed, "what waited is closed")
        release.set()
        await until(lambda: _sent(world), "the one on its way is written down")
    assert len(receivers.arrived) == 1
    reasons = {(d.channel_id, d.reason) for d in await world.deliveries() if d.state == "failed"}
    assert reasons == {
        (waiting, "its channel is disabled: disabled by you"), (later, "its channel is disabled"),
    }  # fmt: skip


async def _sent(world: World) -> bool:
    return "sent" in [d.state for d in await world.deliveries()]


async def test_days_of_failure_disable_an_endpoint_and_tell_its_owner(
    world: World, receivers: Receivers
) -> None:
    receivers.answer = lambda _path, _count: (500, {})
    week_ago = datetime.now(UTC) - timedelta(days=7)
    failing = await world.webhook(receivers.hook("bad", ""), new_secret(), failing_since=week_ago)
    await world.rule(Rule(kind="SCRATCH"))
    async with world.notifying():
        world.publish(fresh())
        await until(lambda: receivers.mails, "the owner is told")
    async with world.database.read() as session:
        channel = await session.get_one(Channel, failing)
    assert channel.state == "disabled"
    assert "nothing but failure since" in str(channel.reason)
    assert "PATCH /v1/webhooks" in str(receivers.mails[0].get_payload())
