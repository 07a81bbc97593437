"""The times of Hong Kong's history. The sources give days only: all times of day here are made, by rule."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from feeds.hong_kong.race import Race
from schemas.identity import MICROS, micros

ZONE = ZoneInfo("Asia/Hong_Kong")
DAY_FIRST_OFF, NIGHT_FIRST_OFF = time(13, 0), time(18, 45)
BETWEEN_RACES = timedelta(minutes=30)
WEDNESDAY, SATURDAY = 2, 5
CARD_TIME = TOLD_TIME = time(12, 0)
WITHDRAWN_TIME = time(9, 0)
LATE_WITHDRAWN_MICROS = 15 * 60 * MICROS
CONDITIONS_MICROS = 10 * 60 * MICROS
OFFICIAL_MICROS = 15 * 60 * MICROS
LONGEST_RACE_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Times:
    """Instants of one race in microseconds since 1970, UTC."""

    card: int
    withdrawn: int
    conditions: int
    late_withdrawn: int
    off: int
    finish: int
    official: int
    told: int
    """When sectional times and comments are known."""


def times_of(race: Race) -> Times:
    """Made times: the card at noon of the day before; races half an hour apart from the first off on.

    The first off is 18:45 at night meetings (Wednesdays, and weekdays at Happy Valley), else 13:00. The
    result is official 15 minutes after the finish; sectionals and comments are known at noon next day.
    """
    day = race.key.day
    off = _at(day, _first_off(race)) + micros_of(BETWEEN_RACES) * (race.key.number - 1)
    finish = off + round((race.winning_seconds or LONGEST_RACE_SECONDS) * MICROS)
    return Times(
        card=_at(day - timedelta(days=1), CARD_TIME),
        withdrawn=_at(day, WITHDRAWN_TIME),
        conditions=off - CONDITIONS_MICROS,
        late_withdrawn=off - LATE_WITHDRAWN_MICROS,
        off=off,
        finish=finish,
        official=finish + OFFICIAL_MICROS,
        told=_at(day + timedelta(days=1), TOLD_TIME),
    )


def card_time(day: date) -> int:
    """When the cards of a day are known (microseconds since 1970)."""
    return _at(day - timedelta(days=1), CARD_TIME)


def micros_of(span: timedelta) -> int:
    """A span in microseconds."""
    return span // timedelta(microseconds=1)


def _first_off(race: Race) -> time:
    weekday = race.key.day.weekday()
    night = weekday == WEDNESDAY or (race.key.track == "HKHV" and weekday < SATURDAY)
    return NIGHT_FIRST_OFF if night else DAY_FIRST_OFF


def _at(day: date, clock: time) -> int:
    return micros(datetime.combine(day, clock, ZONE))
