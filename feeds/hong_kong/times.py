"""The times of Hong Kong's history. The sources give days only: all times of day here are made, by rule."""

from datetime import date, time
from zoneinfo import ZoneInfo

from feeds import telling
from feeds.hong_kong.race import Race
from feeds.telling import Times
from schemas.identity import MICROS

ZONE = ZoneInfo("Asia/Hong_Kong")
DAY_FIRST_OFF, NIGHT_FIRST_OFF = time(13, 0), time(18, 45)
BETWEEN_RACES_MICROS = 30 * 60 * MICROS
WEDNESDAY, SATURDAY = 2, 5
WITHDRAWN_TIME = time(9, 0)
LATE_WITHDRAWN_MICROS = 15 * 60 * MICROS
CONDITIONS_MICROS = 10 * 60 * MICROS
LONGEST_RACE_SECONDS = 180.0


def times_of(race: Race) -> Times:
    """Made times: races half an hour apart from the first off on.

    The first off is 18:45 at night meetings (Wednesdays, and weekdays at Happy Valley), else 13:00.
    """
    first = telling.at(race.key.day, _first_off(race), ZONE)
    off = first + BETWEEN_RACES_MICROS * (race.key.number - 1)
    return telling.times_of(race.key.day, ZONE, off, race.winning_seconds or LONGEST_RACE_SECONDS)


def withdrawn_time(race: Race, late: bool) -> int:
    """When a horse was known to be taken out: at 09:00, or `late`, 15 minutes before the off."""
    if late:
        return times_of(race).off - LATE_WITHDRAWN_MICROS
    return telling.at(race.key.day, WITHDRAWN_TIME, ZONE)


def card_time(day: date) -> int:
    """When the cards of a day are known (microseconds since 1970)."""
    return telling.card_time(day, ZONE)


def _first_off(race: Race) -> time:
    weekday = race.key.day.weekday()
    night = weekday == WEDNESDAY or (race.key.track == "HKHV" and weekday < SATURDAY)
    return NIGHT_FIRST_OFF if night else DAY_FIRST_OFF
