from typing import Any

import pytest
from sqlalchemy import select

from gateway.accounts.tables import Preferences
from gateway.site import Site
from tests.gateway.accounts.conftest import Person


async def test_some_are_changed_and_the_others_stay(ann: Person) -> None:
    first = (await ann.get("/v1/preferences")).json()
    assert first == {
        "odds_format": "decimal",
        "time_zone": "UTC",
        "locale": "en",
        "quiet_from": None,
        "quiet_until": None,
        "interactions": False,
    }
    changes = {
        "odds_format": "fractional",
        "time_zone": "America/New_York",
        "quiet_from": 1380,
        "quiet_until": 420,
    }
    changed = await ann.client.patch("/v1/preferences", json=changes)
    assert changed.json() == first | changes
    again = await ann.client.patch("/v1/preferences", json={"quiet_from": None, "quiet_until": None})
    assert again.json() == first | changes | {"quiet_from": None, "quiet_until": None}


@pytest.mark.parametrize(
    "wrong",
    [
        {"odds_format": "roman"},
        {"time_zone": "Mars/Olympus"},
        {"locale": "not a locale"},
        {"quiet_from": 10},
        {"quiet_from": 10, "quiet_until": None},
        {"quiet_from": 1440, "quiet_until": 0},
        {"tier": "pro"},
    ],
)
async def test_what_cannot_be_is_a_problem_that_names_it(ann: Person, wrong: dict[str, Any]) -> None:
    refused = await ann.client.patch("/v1/preferences", json=wrong)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"


async def test_each_consent_has_a_pseudonym_of_its_own(ann: Person, site: Site) -> None:
    seen = []
    for consent in (True, True, False, True):
        await ann.client.patch("/v1/preferences", json={"interactions": consent})
        async with site.database.read() as session:
            seen.append((await session.scalars(select(Preferences.pseudonym))).one())
    assert seen[0] == seen[1] is not None
    assert seen[2] is None
    assert seen[3] not in {None, seen[0]}


async def test_what_is_followed_is_listed_by_kind_renamed_and_let_go(ann: Person) -> None:
    for kind, key, name in (
        ("horse", "h1", "Arrogate"),
        ("track", "BEL", "Belmont"),
        ("horse", "h1", "Zenyatta"),
    ):
        assert (await ann.client.put(f"/v1/tracked/{kind}/{key}", json={"name": name})).status_code == 200
    horses = (await ann.get("/v1/tracked?kind=horse")).json()["items"]
    assert [(item["key"], item["name"]) for item in horses] == [("h1", "Zenyatta")]
    assert len((await ann.get("/v1/tracked")).json()["items"]) == 2
    assert (await ann.client.delete("/v1/tracked/horse/h1")).status_code == 204
    assert (await ann.client.delete("/v1/tracked/horse/h1")).status_code == 404
    assert (await ann.client.put("/v1/tracked/dog/d1", json={"name": "x"})).status_code == 422


async def test_pages_lead_to_one_another_and_hold_each_once(ann: Person) -> None:
    for number in range(7):
        await ann.client.put(f"/v1/tracked/horse/h{number}", json={"name": f"Horse {number}"})
    found: list[str] = []
    path = "/v1/tracked?limit=3"
    while path:
        page = (await ann.get(path)).json()
        found += [item["key"] for item in page["items"]]
        path = page["next_cursor"] and f"/v1/tracked?limit=3&cursor={page['next_cursor']}"
    assert found == [f"h{number}" for number in reversed(range(7))]


@pytest.mark.parametrize("query", ["cursor=what", "cursor=", "limit=0", "limit=201", "cursor=MjAyNg=="])
async def test_what_is_no_page_is_a_problem(ann: Person, query: str) -> None:
    assert (await ann.get(f"/v1/tracked?{query}")).status_code == 422
