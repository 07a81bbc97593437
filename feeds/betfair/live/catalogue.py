"""The market catalogue: which markets there are in a window of time, and their names."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from feeds.betfair.live.changes import Listing, listing_of
from feeds.betfair.live.session import Account, UnavailableError
from feeds.betfair.messages import HORSE_RACING, parse_time

PROJECTION = ("EVENT", "MARKET_START_TIME", "RUNNER_DESCRIPTION", "MARKET_DESCRIPTION")
PAGE = 200
"""Markets in one answer: Betfair weighs market descriptions as one each and allows 200 a request."""

STARTED = timedelta(hours=1)
"""Races that went off so long ago are still subscribed to when the feed starts."""


log = structlog.get_logger("hpr.feed")


@dataclass(frozen=True, slots=True)
class Window:
    """The markets that are wanted: by country (ISO 3166, none for all), type, and hours ahead."""

    countries: tuple[str, ...] = ()
    market_types: tuple[str, ...] = ("WIN", "PLACE")
    hours: float = 24.0


async def listed(account: Account, window: Window, now: datetime) -> list[Listing]:
    """The markets of horse races that the window wants, the first to start first.

    Raises FeedError where Betfair refuses, UnavailableError where it does not answer as it should.
    """
    start, end = now - STARTED, now + timedelta(hours=window.hours)
    found: dict[str, Listing] = {}
    while True:
        page = await _page(account, window, start, end)
        new = [listing for listing in page if listing.market_id not in found]
        found |= {listing.market_id: listing for listing in new}
        if not new:
            return list(found.values())
        # From the last start on again: more of them may have that start. Known ones are left out.
        start = parse_time(page[-1].start)


async def _page(account: Account, window: Window, start: datetime, end: datetime) -> list[Listing]:
    wanted: dict[str, Any] = {
        "eventTypeIds": [HORSE_RACING],
        "marketTypeCodes": window.market_types,
        "marketStartTime": {"from": start.isoformat(), "to": end.isoformat()},
    }
    if window.countries:
        wanted["marketCountries"] = window.countries
    result = await account.call(
        "listMarketCatalogue",
        {"filter": wanted, "marketProjection": PROJECTION, "sort": "FIRST_TO_START", "maxResults": PAGE},
    )
    if not isinstance(result, list):
        raise UnavailableError("Betfair's market catalogue is not understood: it is no list")
    return [listing for entry in result if (listing := _readable(entry)) is not None]


def _readable(entry: Any) -> Listing | None:
    try:
        return listing_of(entry)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        log.warning("a market of the catalogue is not understood", market=str(entry)[:200], why=repr(error))
        return None
