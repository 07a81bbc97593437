"""Races of chart files: a line of .1 as the chart of a race, without starters."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from feeds.us.chart import Chart
from feeds.us.words import (
    GOINGS,
    MOST_RACES,
    course_of,
    day_of,
    furlongs_of,
    number,
    positive,
    race_type_of,
    restrictions_of,
    surface_of,
    track_of,
    whole,
)
from schemas.identity import micros

SOURCE = "equibase"
GRADES = ("G1", "G2", "G3")
FIRST_MORNING_HOUR = 9
NOON_MINUTES = 12 * 60
SAME_HALF_MINUTES = 6 * 60
UNTOLD_FIRST, UNTOLD_BETWEEN = time(13, 0), timedelta(minutes=30)
"""When races are taken to be off where no time is told."""

Line = Sequence[str]


def at(line: Line, field: int) -> str:
    """A cell, counted from 1."""
    return line[field - 1].strip()


def race_of(line: Line, before: int) -> tuple[Chart, int]:
    """The race of a line of .1, and its off in minutes of the day; `before` is the race before's."""
    track, day = track_of(at(line, 1)), day_of(at(line, 2))
    race_number = whole(at(line, 3), MOST_RACES)
    if race_number is None:
        raise ValueError("it has no number")
    minutes = off_minutes(at(line, 50), at(line, 4) == "E", before)
    first = datetime.combine(day, UNTOLD_FIRST) + UNTOLD_BETWEEN * (race_number - 1)
    clock = first if minutes is None else datetime.combine(day, time(0)) + timedelta(minutes=minutes)
    code = at(line, 8)
    surface = surface_of(code)
    grade = at(line, 13) if at(line, 13) in GRADES else ""
    return (
        Chart(
            source=SOURCE,
            track=track,
            day=day,
            number=race_number,
            off=micros(clock.replace(tzinfo=ZoneInfo(track.time_zone))),
            surface=surface,
            declared="TURF" if at(line, 58) == "O" else surface,
            furlongs=furlongs_of(at(line, 5)) if at(line, 6) == "Y" else None,
            course=course_of(code, "about" if at(line, 7) else "", "off the turf" * (at(line, 58) == "O")),
            going=GOINGS.get(at(line, 38), at(line, 38)) or None,
            race_type=race_type_of(code),
            name=at(line, 55) or None,
            race_class="-".join(filter(None, (at(line, 19), grade))) or None,
            ages=restrictions_of(at(line, 16)),
            purse=positive(at(line, 22)),
            weather=at(line, 63) or None,
            temperature=number(at(line, 64)),
            seconds=positive(at(line, 44)),
        ),
        before if minutes is None else minutes,
    )


def off_minutes(text: str, evening: bool, before: int) -> int | None:
    """Minutes of the day of HHMM on a clock of twelve hours; None of none.

    By day 9:00 to 11:59 are the morning, unless the race before was off in the evening; a card may go on
    past midnight.

    >>> [off_minutes(text, False, 0) for text in ("01230", "00104", "01045")]
    [750, 784, 645]
    """
    digits = text[-4:]
    if not (digits.isdecimal() and len(digits) == 4):
        return None
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"{text!r} is no time of day")
    if hours > 12:
        return hours * 60 + minutes
    morning = not evening and FIRST_MORNING_HOUR <= hours < 12
    found = hours % 12 * 60 + minutes + (0 if morning else NOON_MINUTES)
    return found + NOON_MINUTES if before - found > SAME_HALF_MINUTES else found
