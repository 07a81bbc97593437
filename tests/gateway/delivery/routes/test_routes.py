"""Rules, channels and webhooks through the API; nobody's are anybody else's."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import FastAPI

from gateway.delivery.senders import unsubscribe_token
from gateway.delivery.tables import Reconciled
from gateway.site import Site
from gateway.webhooks.events import TYPES
from tests.gateway.accounts.conftest import Person
from tests.gateway.delivery.receivers import Browser
from tests.gateway.delivery.world import BOTH

HOOK = {"url": "https://hooks.example.org/x", "events": ["SCRATCH"]}
Newcomer = Callable[..., Any]


@BOTH
async def test_a_rule_is_made_changed_and_deleted_by_version(ann: Person) -> None:
    made = await ann.post("/v1/rules", {"kind": "VALUE", "tracks": ["BEL"], "threshold": 0.1})
    assert made.status_code == 201, made.text
    rule = made.json()
    changed = await ann.client.put(f"/v1/rules/{rule['id']}", json={"kind": "VALUE", "threshold": 0.2})
    assert (changed.json()["version"], changed.json()["rule"]["threshold"]) == (2, 0.2)
    assert [r["version"] for r in (await ann.get("/v1/rules")).json()["items"]] == [2]
    assert (await ann.client.delete(f"/v1/rules/{rule['id']}")).status_code == 204
    assert (await ann.get("/v1/rules")).json()["items"] == []
    assert (await ann.get(f"/v1/rules/{rule['id']}")).status_code == 404
    # Whoever has a rule hears it on the page, without asking for that.
    assert [c["kind"] for c in (await ann.get("/v1/channels")).json()["items"]] == ["websocket"]


async def test_a_rule_that_would_never_matter_is_refused_and_a_tier_bounds_them(ann: Person) -> None:
    refused = await ann.post("/v1/rules", {"kind": "SCRATCH", "threshold": 1})
    assert refused.status_code == 422
    assert "SCRATCH has no threshold" in refused.json()["detail"]
    nulled = await ann.post("/v1/rules", {"kind": "SCRATCH", "horses": ["a\u0000b"]})
    assert nulled.status_code == 422
    for _ in range(20):
        assert (await ann.post("/v1/rules", {"kind": "SCRATCH"})).status_code == 201
    assert (await ann.post("/v1/rules", {"kind": "SCRATCH"})).status_code == 409


@BOTH
async def test_a_webhook_shows_its_secret_once_and_rotates_with_an_overlap(ann: Person, site: Site) -> None:
    made = await ann.post("/v1/webhooks", HOOK)
    assert made.status_code == 201, made.text
    hook = made.json()
    assert hook["secret"].startswith("whsec_")
    [listed] = (await ann.get("/v1/webhooks")).json()
    assert "secret" not in listed
    rotated = await ann.post(f"/v1/webhooks/{hook['id']}/rotation", {"overlap_hours": 1})
    assert rotated.json()["secret"] != hook["secret"]
    assert (await ann.post("/v1/webhooks", HOOK)).status_code == 409
    off = await ann.client.patch(f"/v1/webhooks/{hook['id']}", json={"active": False})
    assert (off.json()["state"], off.json()["reason"]) == ("disabled", "disabled by you")
    assert (await ann.client.patch(f"/v1/webhooks/{hook['id']}", json={"active": True})).json()[
        "state"
    ] == "active"


@BOTH
async def test_a_test_event_is_logged_and_replayed(ann: Person) -> None:
    hook = (await ann.post("/v1/webhooks", HOOK)).json()
    tried = await ann.post(f"/v1/webhooks/{hook['id']}/test")
    assert (tried.status_code, tried.json()["state"]) == (202, "pending")
    again = await ann.post(f"/v1/webhooks/{hook['id']}/deliveries/{tried.json()['id']}/replay")
    assert again.json()["reason"] == "replayed"
    all_again = await ann.post(f"/v1/webhooks/{hook['id']}/replays", {"since": "2026-01-01T00:00:00Z"})
    assert all_again.json() == {"deliveries": 1}
    [logged] = (await ann.get(f"/v1/webhooks/{hook['id']}/deliveries")).json()["items"]
    assert (await ann.get(f"/v1/deliveries/{logged['id']}")).json()["log"] == []
    assert len((await ann.get("/v1/deliveries")).json()["items"]) == 1


async def test_channels_of_every_kind_and_what_is_none(ann: Person, site: Site) -> None:
    browser = Browser("127.0.0.1:9")
    kinds: list[dict[str, Any]] = [
        {"kind": "webpush", **browser.subscription}, {"kind": "mail", "digest_minutes": 30},
        {"kind": "websocket"},
        {"kind": "apprise", "url": "ntfy://races"},
    ]  # fmt: skip
    for form in kinds:
        made = await ann.post("/v1/channels", form)
        assert made.status_code == 201, made.text
    shown = (await ann.get("/v1/channels")).json()["items"]
    assert {c["kind"]: c["to"] for c in shown} == {
        "webpush": "127.0.0.1:9", "mail": "ann@example.org", "websocket": "", "apprise": "ntfy"
    }  # fmt: skip
    bad_keys = {"p256dh": "A" * 87, "auth": "A" * 22}
    for form in (
        {"kind": "webpush", "endpoint": browser.subscription["endpoint"], "keys": bad_keys},
        {"kind": "apprise", "url": "nothing://x"}, {"kind": "pigeon"},
    ):  # fmt: skip
        assert (await ann.post("/v1/channels", form)).status_code == 422, form
    assert (await ann.client.delete(f"/v1/channels/{shown[0]['id']}")).status_code == 204
    assert len((await ann.get("/v1/push/key")).json()["key"]) == 87


async def test_one_click_stops_mails_and_a_made_up_link_nothing(
    ann: Person, site: Site, visitor: Any
) -> None:
    made = (await ann.post("/v1/channels", {"kind": "mail"})).json()
    stranger = visitor()
    token = unsubscribe_token(site.key("unsubscribe"), UUID(made["id"]))
    assert "Stop these mails?" in (await stranger.get(f"/v1/unsubscribe/{token}")).text
    wrong = token[:-1] + ("0" if token[-1] != "0" else "1")
    assert (await stranger.post(f"/v1/unsubscribe/{wrong}")).status_code == 404
    one_click = await stranger.post(f"/v1/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200, one_click.text
    [channel] = (await ann.get("/v1/channels")).json()["items"]
    assert (channel["state"], channel["reason"]) == ("disabled", "unsubscribed")


async def test_nobody_reaches_what_is_anothers(ann: Person, newcomer: Newcomer) -> None:
    bob = await newcomer("bob")
    rule = (await ann.post("/v1/rules", {"kind": "SCRATCH"})).json()["id"]
    hook = (await ann.post("/v1/webhooks", HOOK)).json()["id"]
    channel = (await ann.post("/v1/channels", {"kind": "mail"})).json()["id"]
    delivery = (await ann.post(f"/v1/webhooks/{hook}/test")).json()["id"]
    tried = [
        await bob.get(f"/v1/rules/{rule}"), await bob.client.delete(f"/v1/rules/{rule}"),
        await bob.client.put(f"/v1/rules/{rule}", json={"kind": "SCRATCH"}),
        await bob.client.delete(f"/v1/webhooks/{hook}"), await bob.client.delete(f"/v1/channels/{channel}"),
        await bob.client.patch(f"/v1/webhooks/{hook}", json={"active": False}),
        await bob.post(f"/v1/webhooks/{hook}/test"),
        await bob.post(f"/v1/webhooks/{hook}/rotation", {}), await bob.get(f"/v1/webhooks/{hook}/deliveries"),
        await bob.post(f"/v1/webhooks/{hook}/replays", {"since": "2026-01-01T00:00:00Z"}),
        await bob.post(f"/v1/webhooks/{hook}/deliveries/{delivery}/replay"),
        await bob.get(f"/v1/deliveries/{delivery}"),
    ]  # fmt: skip
    assert {answer.status_code for answer in tried} == {404}
    assert (await bob.post("/v1/rules", {"kind": "SCRATCH", "channels": [channel]})).status_code == 422
    for path in ("/v1/rules", "/v1/webhooks", "/v1/channels", "/v1/deliveries"):
        found = (await bob.get(path)).json()
        assert not (found if isinstance(found, list) else found["items"]), path


async def test_a_key_needs_the_scope(ann: Person, visitor: Any) -> None:
    key = (await ann.key("read:rules"))["key"]
    program = visitor(headers={"authorization": f"Bearer {key}"})
    assert (await program.get("/v1/rules")).status_code == 200
    assert (await program.post("/v1/rules", json={"kind": "SCRATCH"})).status_code == 403
    assert (await program.get("/v1/webhooks")).status_code == 403


async def test_event_types_and_the_rule_are_published_as_json_schema(ann: Person) -> None:
    assert set((await ann.get("/v1/webhooks/events")).json()) == {*TYPES, "endpoint.test"}
    assert "kind" in (await ann.get("/v1/rules/schema")).json()["properties"]


async def test_a_rule_is_previewed_on_a_day_of_the_archive_and_not_on_one_too_long_ago(
    ann: Person, app: FastAPI, tmp_path: Path
) -> None:
    day = datetime.now(UTC).date()
    asked = {"rule": {"kind": "SCRATCH"}, "day": day.isoformat()}
    away = await ann.post("/v1/rules/preview", asked)
    assert (away.status_code, away.json()["title"]) == (404, "No archive")
    app.state.previews.where = replace(app.state.previews.where, archive=str(tmp_path))
    found = await ann.post("/v1/rules/preview", asked)
    assert found.json() == {"day": day.isoformat(), "times": 0, "whole": True, "first": []}
    app.state.previews.close()
    ago = await ann.post("/v1/rules/preview", {**asked, "day": (day - timedelta(days=400)).isoformat()})
    assert (ago.status_code, ago.json()["title"]) == (403, "Too long ago")


async def test_what_came_of_a_day_is_told_to_its_user_alone(
    ann: Person, newcomer: Newcomer, site: Site
) -> None:
    told = {"kind": "mail", "due": 3, "delivered": 2, "late_p50_seconds": 0.2, "late_p99_seconds": 0.4,
            "missed": 1, "why": {"late: past its use when it was made": 1}}  # fmt: skip
    async with site.database.write() as session:
        whose = UUID(ann.state["user_id"])
        session.add(Reconciled(user_id=whose, day=date(2026, 11, 21), channels=[told]))
    found = await ann.get("/v1/me/reconciliations/2026-11-21")
    assert found.json()["channels"] == [told]
    assert (await ann.get("/v1/me/reconciliations/2026-11-22")).status_code == 404
    bob = await newcomer("bob")
    assert (await bob.get("/v1/me/reconciliations/2026-11-21")).status_code == 404
