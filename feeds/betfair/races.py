"""Which race a Betfair market belongs to, and what its definition says of the race."""

import re
from dataclasses import dataclass
from datetime import datetime

from feeds.betfair.messages import Definition, parse_time
from schemas.identity import numbered_race, timed_race
from schemas.tracks import Track, fallback_track, find_track, local_date

RACE_NUMBER = re.compile(r"^R(\d{1,2})\b")
PROGRAM_NUMBER = re.compile(r"^(\d{1,2}[A-Za-z]?)\.\s*(.+)$")
DISTANCE = re.compile(r"\b(?:(\d{1,2})m)?\s?(?:(\d{1,2})f)?\s?(?:(\d{1,4})y)?\b|\b(\d{3,5})m\b")
EVENT_DATE = re.compile(r"\s+\d{1,2}(st|nd|rd|th)\s+[A-Z][a-z]{2}$")
METRES_PER_FURLONG = 201.168
YARDS_PER_FURLONG = 220.0
FURLONGS_PER_MILE = 8.0


@dataclass(frozen=True, slots=True)
class Race:
    """A race as the directory knows it."""

    race_id: str
    track: Track
    race_date: str
    race_number: int | None


class RaceDirectory:
    """Resolves markets to races. A WIN market that numbers its race lends the number to its PLACE market."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, datetime], int] = {}
        self._races: dict[str, Race] = {}

    def learn(self, definition: Definition) -> None:
        """Take note of a race number before any event of its race is keyed."""
        number = race_number(definition.name)
        if number is not None:
            off = parse_time(definition.marketTime)
            self._numbers.setdefault((track_of(definition).code, off), number)

    def race(self, market_id: str, definition: Definition) -> Race:
        """The race of a market. What was answered once stays, whatever a delay does to the off time."""
        known = self._races.get(market_id)
        if known is None:
            known = self._races[market_id] = self._resolve(definition)
        return known

    def forget(self, market_id: str) -> None:
        """Let go of a market that is over."""
        self._races.pop(market_id, None)

    def _resolve(self, definition: Definition) -> Race:
        self.learn(definition)
        track = track_of(definition)
        off = parse_time(definition.marketTime)
        day = local_date(track, off)
        number = self._numbers.get((track.code, off))
        race_id = (
            timed_race(track.code, day, off) if number is None else numbered_race(track.code, day, number)
        )
        return Race(race_id, track, day.isoformat(), number)


def track_of(definition: Definition) -> Track:
    """The track of a market; one made from its name and country where the table knows none."""
    event = EVENT_DATE.sub("", definition.eventName or "")
    name = definition.venue or event or f"event {definition.eventId}"
    return find_track(name, definition.countryCode) or fallback_track(
        name, definition.countryCode or "XX", definition.timezone or "UTC"
    )


def race_number(market_name: str | None) -> int | None:
    """The number in names such as "R6 1000m Hcap".

    >>> race_number("R6 1000m Hcap"), race_number("To Be Placed")
    (6, None)
    """
    match = RACE_NUMBER.match(market_name or "")
    return int(match[1]) if match else None


def program_number(runner_name: str | None) -> tuple[str | None, str | None]:
    """Program number and name of a runner as Betfair writes it.

    >>> program_number("1. Kahuka"), program_number("Summerhills Hero")
    (('1', 'Kahuka'), (None, 'Summerhills Hero'))
    """
    match = PROGRAM_NUMBER.match(runner_name or "")
    return (match[1].upper(), match[2]) if match else (None, runner_name)


def distance_furlongs(market_name: str | None) -> float | None:
    """Distance in a market's name: metres from three digits on, else miles and furlongs.

    >>> distance_furlongs("1m2f Hcap"), distance_furlongs("6f Mdn"), distance_furlongs("2m Hrd")
    (10.0, 6.0, 16.0)
    >>> round(distance_furlongs("R6 1000m Hcap"), 2)
    4.97
    """
    for match in DISTANCE.finditer(market_name or ""):
        miles, furlongs, yards, metres = match.groups()
        if metres:
            return int(metres) / METRES_PER_FURLONG
        if miles or furlongs:
            return (
                int(miles or 0) * FURLONGS_PER_MILE + int(furlongs or 0) + int(yards or 0) / YARDS_PER_FURLONG
            )
    return None
