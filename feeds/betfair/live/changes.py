"""Changes of single markets: what is read of them, names put in where live definitions have none."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from msgspec import DecodeError, Raw, Struct
from msgspec.json import Decoder, encode

from feeds.betfair.messages import Definition, parse_time

UNREADABLE = (DecodeError, UnicodeDecodeError, RecursionError, ValueError)


MARKET_ID = r"[0-9]+\.[0-9]+"
LONGEST_ID = 32
_market_id = re.compile(MARKET_ID).fullmatch


@dataclass(frozen=True, slots=True)
class Listing:
    """A market as the catalogue lists it. `start` is ISO 8601; runners' names by selection id."""

    market_id: str
    start: str
    name: str | None
    event_name: str | None
    venue: str | None
    country: str | None
    time_zone: str | None
    runners: Mapping[int, str]


class Change(NamedTuple):
    """One market's change in its bytes; the race's `day` (UTC) and `closed` where a definition tells."""

    market_id: str
    data: bytes
    day: str | None
    closed: bool | None


class _Definition(Struct):
    marketTime: str | None = None
    status: str | None = None
    version: int = 0


class _Change(Struct):
    id: str
    img: bool | None = None
    marketDefinition: _Definition | None = None


_decode = Decoder(_Change, strict=False).decode
_decode_object = Decoder(dict[str, Raw]).decode
_decode_objects = Decoder(list[dict[str, Raw]]).decode
_decode_id = Decoder(int, strict=False).decode


def changes(raws: Iterable[Raw], listings: Mapping[str, Listing]) -> list[Change | bytes]:
    """The changes of one message in order, completed from `listings`; as bytes what is no change.

    Where Betfair moved a market to another event an image may hold it twice: an older version behind
    the newer is left out.
    """
    found: list[Change | bytes] = []
    versions: dict[str, int] = {}
    for raw in raws:
        try:
            head = _decode(raw)
        except UNREADABLE:
            found.append(bytes(raw))
            continue
        definition = head.marketDefinition
        if head.img and definition:
            if definition.version < versions.setdefault(head.id, definition.version):
                continue
            versions[head.id] = definition.version
        found.append(_change(bytes(raw), head, listings.get(head.id)))
    return found


def _change(data: bytes, head: _Change, listing: Listing | None) -> Change:
    definition = head.marketDefinition
    if definition is None:
        return Change(head.id, data, None, None)
    return Change(
        head.id, complete(data, listing), _day(definition.marketTime), definition.status == "CLOSED"
    )


def possible(market_id: str) -> bool:
    """Whether an id can be a market's, such as 1.206063952, and so the name of a file."""
    return len(market_id) <= LONGEST_ID and _market_id(market_id) is not None


def _day(market_time: str | None) -> str | None:
    try:
        return parse_time(market_time).date().isoformat() if market_time else None
    except ValueError:
        return None


def complete(change: bytes, listing: Listing | None) -> bytes:
    """The change with the names that Betfair's historical files have and its live definitions lack.

    What is there stays, in its own bytes; the same change and listing give the same bytes.
    """
    if listing is None:
        return change
    try:
        fields = _decode_object(change)
        definition = _decode_object(fields["marketDefinition"])
        runners = _decode_objects(definition.get("runners", b"[]"))
        for runner in runners:
            _add(runner, "name", listing.runners.get(_decode_id(runner["id"])))
    except (*UNREADABLE, KeyError):
        return change
    if runners:
        definition["runners"] = Raw(encode(runners))
    _add(definition, "name", listing.name)
    _add(definition, "eventName", listing.event_name)
    fields["marketDefinition"] = Raw(encode(definition))
    return encode(fields)


def _add(fields: dict[str, Raw], name: str, value: str | None) -> None:
    if value is not None and name not in fields:
        fields[name] = Raw(encode(value))


def listing_of(entry: Mapping[str, Any]) -> Listing:
    """A Listing from Betfair's MarketCatalogue.

    Raises KeyError, TypeError, AttributeError or ValueError if it is none.
    """
    event = entry.get("event") or {}
    start = str(entry.get("marketStartTime") or entry["description"]["marketTime"])
    parse_time(start)
    return Listing(
        market_id=str(entry["marketId"]),
        start=start,
        name=str(entry["marketName"]),
        event_name=event.get("name"),
        venue=event.get("venue"),
        country=event.get("countryCode"),
        time_zone=event.get("timezone"),
        runners={int(r["selectionId"]): str(r["runnerName"]) for r in entry.get("runners") or ()},
    )


def listing_again(market_id: str, definition: Definition) -> Listing:
    """The Listing that a definition with names was completed from."""
    return Listing(
        market_id=market_id,
        start=definition.marketTime,
        name=definition.name,
        event_name=definition.eventName,
        venue=definition.venue,
        country=definition.countryCode,
        time_zone=definition.timezone,
        runners={runner.id: runner.name for runner in definition.runners if runner.name is not None},
    )


def definition_of(listing: Listing) -> Definition:
    """What a listing says of its race, as a definition would; ValueError where its start is no time."""
    return Definition(
        marketTime=listing.start,
        runners=[],
        eventName=listing.event_name,
        name=listing.name,
        venue=listing.venue,
        countryCode=listing.country,
        timezone=listing.time_zone,
    )
