"""Which markets there are in a window, page by page."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest

from feeds.betfair.live import catalogue
from feeds.betfair.live.catalogue import Window, listed
from feeds.betfair.live.session import Account, Credentials, UnavailableError
from tests.feeds.betfair.live.exchange import APP_KEY, PASSWORD, USERNAME, Authority, Json
from tests.feeds.betfair.live.website import Website

NOW = datetime(2022, 11, 6, 5, 0, tzinfo=UTC)
Entry = Callable[..., Json]


@pytest.fixture
async def website(authority: Authority) -> AsyncIterator[Website]:
    """Betfair's website on this machine."""
    async with Website(authority.server()) as website:
        yield website


@pytest.fixture
async def account(website: Website, authority: Authority) -> AsyncIterator[Account]:
    """An account there."""
    me = Credentials(APP_KEY, USERNAME, PASSWORD)
    async with Account(me, website.address, website.address, authority.ca) as account:
        yield account


async def test_the_window_is_asked_for_by_country_type_and_time(website: Website, account: Account) -> None:
    assert await listed(account, Window(("GB", "IE"), ("WIN",), 2.0), NOW) == []
    asked = json.loads(website.requests[-1][2])
    assert asked["method"] == "SportsAPING/v1.0/listMarketCatalogue"
    assert asked["params"]["filter"] == {
        "eventTypeIds": ["7"],
        "marketTypeCodes": ["WIN"],
        "marketCountries": ["GB", "IE"],
        "marketStartTime": {"from": "2022-11-06T04:00:00+00:00", "to": "2022-11-06T07:00:00+00:00"},
    }
    assert asked["params"]["maxResults"] == 200


async def test_all_countries_are_no_filter(website: Website, account: Account) -> None:
    await listed(account, Window(), NOW)
    assert "marketCountries" not in json.loads(website.requests[-1][2])["params"]["filter"]


async def test_more_markets_than_one_answer_holds_are_asked_for_from_the_last_start_on(
    website: Website, account: Account, market_entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "PAGE", 3)
    starts = ["05:10", "05:20", "05:20", "05:30", "05:30", "05:40", "05:50"]
    website.catalogue = [
        market_entry(number, marketStartTime=f"2022-11-06T{start}:00.000Z")
        for number, start in enumerate(starts)
    ]
    assert [listing.market_id for listing in await listed(account, Window(), NOW)] == [
        f"1.{n}" for n in range(7)
    ]


async def test_a_market_that_is_not_understood_is_left_out(
    website: Website, account: Account, market_entry: Entry
) -> None:
    website.catalogue = [
        market_entry(1),
        market_entry(2, runners=[{"selectionId": "x"}]),
        market_entry(3, event=None),
    ]
    assert [listing.market_id for listing in await listed(account, Window(), NOW)] == ["1.1", "1.3"]


async def test_a_catalogue_that_is_none_may_be_one_later(website: Website, account: Account) -> None:
    await account.token()
    website.answers.append((200, b'{"result":"soon"}'))
    with pytest.raises(UnavailableError, match="catalogue is not understood"):
        await listed(account, Window(), NOW)
