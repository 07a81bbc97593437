"""Live definitions become those of Betfair's historical files; all else keeps its bytes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import Raw

from feeds.betfair.live.changes import Change, Listing, changes, complete, definition_of, listing_of
from tests.feeds.betfair.live.exchange import lines_of, raw_list, raw_object, updates
from tests.feeds.betfair.live.website import catalogue_of

LIVE = (
    b'{"id":"1.5","marketDefinition":{"eventTypeId":"7","marketBaseRate":5.0,"marketTime":"2022-11-06T05:20:00.000Z",'
    b'"status":"OPEN","runners":[{"adjustmentFactor":41.770,"id":11},{"id":12}]},"rc":[{"id":11,"ltp":1e1}]}'
)
COMPLETED = (
    b'{"id":"1.5","marketDefinition":{"eventTypeId":"7","marketBaseRate":5.0,"marketTime":"2022-11-06T05:20:00.000Z",'
    b'"status":"OPEN","runners":[{"adjustmentFactor":41.770,"id":11,"name":"1. Kahuka"},{"id":12}],'
    b'"name":"R6 1000m Hcap","eventName":"Randwick (AUS) 6th Nov"},"rc":[{"id":11,"ltp":1e1}]}'
)


@pytest.fixture
def listing() -> Listing:
    """A market of which the catalogue knows one runner."""
    return Listing(
        market_id="1.5",
        start="2022-11-06T05:20:00.000Z",
        name="R6 1000m Hcap",
        event_name="Randwick (AUS) 6th Nov",
        venue="Randwick",
        country="AU",
        time_zone="Australia/Sydney",
        runners={11: "1. Kahuka"},
    )


class TestNames:
    def test_names_are_put_in_where_the_historical_files_have_them(self, listing: Listing) -> None:
        assert complete(LIVE, listing) == COMPLETED

    def test_what_is_there_stays(self, listing: Listing) -> None:
        assert complete(COMPLETED, listing) == COMPLETED

    def test_a_market_that_the_catalogue_does_not_know_stays_as_it_is(self) -> None:
        assert complete(LIVE, None) == LIVE

    @pytest.mark.parametrize(
        "odd",
        [
            b'{"id":"1.5","marketDefinition":7}',
            b'{"id":"1.5","marketDefinition":{"runners":[1]}}',
            b'{"id":"1.5","marketDefinition":{"runners":[{"status":"ACTIVE"}]}}',
            b'{"id":"1.5","rc":[]}',
            b"[]",
        ],
    )
    def test_what_cannot_be_completed_stays_as_it_is(self, odd: bytes, listing: Listing) -> None:
        assert complete(odd, listing) == odd

    @pytest.mark.parametrize(
        "capture", ["win/1.206063952.bz2", "win/1.127236622.bz2", "place/1.205822330.bz2"]
    )
    def test_completed_bytes_are_those_of_the_historical_file(self, capture: str, captures: Path) -> None:
        lines = lines_of(captures / capture)
        listing = listing_of(catalogue_of(lines))
        for line, live in zip(lines, updates(lines), strict=True):
            recorded = raw_list(raw_object(line)["mc"])[0]
            if "marketDefinition" in recorded and b'"name"' not in live.change:
                assert complete(live.change, listing).decode() in line.decode()


class TestChanges:
    def test_each_change_says_its_market_and_what_its_definition_tells(self, listing: Listing) -> None:
        closed = LIVE.replace(b"OPEN", b"CLOSED").replace(b"1.5", b"1.6")
        found = changes([Raw(LIVE), Raw(b'{"id":"1.5","rc":[]}'), Raw(closed)], {"1.5": listing})
        assert found == [
            Change("1.5", COMPLETED, "2022-11-06", False),
            Change("1.5", b'{"id":"1.5","rc":[]}', None, None),
            Change("1.6", closed, "2022-11-06", True),
        ]

    def test_what_is_no_change_is_given_as_it_came(self) -> None:
        odd = [b"7", b"{}", b'{"id":"1.5","marketDefinition":7}']
        assert changes(map(Raw, odd), {}) == odd

    def test_a_market_time_that_is_none_leaves_the_day_open(self) -> None:
        [change] = changes([Raw(LIVE.replace(b"2022", b"soon"))], {})
        assert isinstance(change, Change)
        assert change.day is None

    def test_of_an_image_that_holds_a_market_twice_the_older_version_is_left_out(self) -> None:
        def image(version: int) -> Raw:
            return Raw(b'{"id":"1.5","img":true,"marketDefinition":{"version":%d}}' % version)

        def versions(*of: int) -> list[int]:
            found = changes(map(image, of), {})
            return [json.loads(c.data)["marketDefinition"]["version"] for c in found if isinstance(c, Change)]

        assert versions(9, 7) == [9]
        assert versions(7, 9) == [7, 9]  # the newer image takes the place of the older


class TestListing:
    def test_betfairs_own_example_is_read(self, captures: Path) -> None:
        [*entries] = json.loads((captures / "fixtures/list_market_catalog.json").read_text("utf-8"))["result"]
        listing = listing_of(entries[0])
        assert (listing.market_id, listing.name) == ("1.214829607", "R5 1720m Pace M")
        assert listing.start == "2023-06-01T10:15:00.000Z"
        assert listing.runners[48616935] == "1. Some Chevron"

    def test_it_tells_its_race_as_a_definition_does(self, listing: Listing) -> None:
        told = definition_of(listing)
        assert (told.name, told.venue, told.marketTime) == (listing.name, "Randwick", listing.start)

    @pytest.mark.parametrize("missing", ["marketId", "marketName", "marketStartTime"])
    def test_one_without_what_matters_is_none(self, missing: str, market_entry: Callable[..., Any]) -> None:
        entry = market_entry()
        del entry[missing]
        with pytest.raises(KeyError):
            listing_of(entry)

    def test_one_that_starts_at_no_time_is_none(self, market_entry: Callable[..., Any]) -> None:
        with pytest.raises(ValueError, match="soon"):
            listing_of(market_entry(marketStartTime="soon"))
