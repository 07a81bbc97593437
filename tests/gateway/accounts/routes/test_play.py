from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from gateway.accounts.credentials import Session
from gateway.accounts.live import LiveAuthority
from gateway.accounts.tables import Play
from gateway.site import Site
from gateway.viewer import Credentials
from tests.gateway.accounts.conftest import PASSWORD, Mailbox, Person, Visitor


async def test_reminders_are_due_after_the_time_and_at_the_stake(ann: Person, site: Site) -> None:
    await ann.client.put("/v1/play/reminders", json={"remind_minutes": 30, "remind_stake": 50})
    assert (await ann.post("/v1/play/stakes", {"amount": 49.5})).json()["due"] == []
    assert (await ann.post("/v1/play/stakes", {"amount": 0.5})).json()["due"] == ["stake"]
    async with site.database.write() as session:
        await session.execute(update(Session).values(created_at=datetime.now(UTC) - timedelta(minutes=31)))
    state = (await ann.get("/v1/play")).json()
    assert (state["minutes"], state["staked"], state["due"]) == (31, 50.0, ["time", "stake"])


async def test_a_pause_withholds_and_gets_longer_only(ann: Person) -> None:
    state = (await ann.post("/v1/play/pause", {"hours": 24})).json()
    assert state["withheld"] == "pause"
    assert (await ann.post("/v1/play/pause", {"hours": 1})).status_code == 409
    assert (await ann.post("/v1/play/pause", {"hours": 48})).status_code == 200
    assert (await ann.post("/v1/play/stakes", {"amount": 5})).status_code == 403


async def test_an_exclusion_must_be_understood_and_is_never_shortened(ann: Person) -> None:
    assert (await ann.post("/v1/play/exclusion", {"days": 180})).status_code == 422
    done = await ann.post("/v1/play/exclusion", {"days": 180, "understood": True})
    assert done.json()["withheld"] == "exclusion"
    assert (await ann.post("/v1/play/exclusion", {"days": 90, "understood": True})).status_code == 409
    assert (await ann.post("/v1/play/exclusion", {"days": 365, "understood": True})).status_code == 200
    for method in ("DELETE", "PATCH"):
        assert (await ann.client.request(method, "/v1/play/exclusion")).status_code == 405


async def test_an_exclusion_outlives_the_account(ann: Person, visitor: Visitor, mailbox: Mailbox) -> None:
    await ann.post("/v1/play/exclusion", {"days": 180, "understood": True})
    assert (await ann.client.delete("/v1/account")).status_code == 204
    form = {"email": ann.email, "password": PASSWORD}
    assert (await visitor().post("/v1/accounts", json=form)).status_code == 202
    assert mailbox.mails[-1].subject == "No new account before your exclusion is over"
    assert (await visitor().post("/v1/sessions", json=form)).status_code == 401


async def test_the_live_protocol_withholds_alerts_too(ann: Person, visitor: Visitor, site: Site) -> None:
    key = (await ann.key("read:live", "read:alerts"))["key"]
    authority = LiveAuthority(site)
    viewer = await authority.viewer(Credentials(key))
    assert (viewer.user, viewer.denied) == (ann.state["user_id"], frozenset())
    await ann.post("/v1/play/exclusion", {"days": 1, "understood": True})
    assert (await authority.viewer(Credentials(key))).denied == {"alerts", "alerts:me"}
    async with site.database.write() as session:
        await session.execute(update(Play).values(excluded_until=datetime.now(UTC)))
    assert (await authority.viewer(Credentials(key))).denied == frozenset()
