"""Events of a past-performance file: the card of each race, and what is told of every horse on it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, cast
from zoneinfo import ZoneInfo

from feeds.order import Named
from feeds.telling import ONE_DAY, TOLD_TIME, Telling, card_time
from feeds.telling import at as instant_at
from feeds.us.past_runs import MEDICATIONS, Line, at, past_races, performance
from feeds.us.words import (
    MOST_RUNNERS,
    course_of,
    furlongs_of,
    horse_id_of,
    interest_of,
    known_track,
    odds_of,
    plain,
    positive,
    race_type_of,
    restrictions_of,
    surface_of,
    whole,
)
from feeds.us.works import past_works, workout
from schemas.defaults import defaults
from schemas.identity import micros, numbered_race, uuid_of
from schemas.records import Entry, Event, HorseProfile, RaceCard, Scratch
from schemas.tracks import Track

SOURCE = "bris"
PACIFIC = ZoneInfo("America/Los_Angeles")
"""Post times are told by its clock."""

PLACES_PAID = 2
COUPLED = frozenset("ABCDF")
"""Parts of an entry, or of the mutuel field."""

OLDEST = 60


@dataclass(slots=True)
class Card:
    """One race of a file: its lines, one a runner."""

    track: Track
    day: date
    number: int
    lines: list[Line] = field(default_factory=list)

    @property
    def race_id(self) -> str:
        """Id of the race."""
        return numbered_race(self.track.code, self.day, self.number)


def card_events(card: Card) -> list[Named]:
    """The card, known at noon of the day before, and who is out by then. Raises ValueError where it lies."""
    zone = ZoneInfo(card.track.time_zone)
    known = card_time(card.day, zone)
    telling = Telling(SOURCE, card.race_id)
    telling.add("RaceCard", "card", known, known, _card(card))
    for line in card.lines:
        if at(line, 5) == "S":
            horse = horse_id_of(at(line, 45))
            telling.add(
                "Scratch", f"scratch:{horse}", known, known, {**defaults(Scratch), "runner_id": horse}
            )
    return telling.events


def profile_event(card: Card, line: Line) -> Named:
    """What the file says of a horse for good, with its card."""
    horse, known = horse_id_of(at(line, 45)), card_time(card.day, ZoneInfo(card.track.time_zone))
    body = {
        **defaults(HorseProfile),
        "horse_id": horse,
        "horse_name": at(line, 45),
        "year_born": _year_born(line, card.day),
        "sex": at(line, 49).upper() or None,
        "color": at(line, 50) or None,
        "country_bred": at(line, 57) or None,
        **_parents(line),
        "owner_name": plain(at(line, 39)),
    }
    return _of_horse("HorseProfile", f"profile:{horse}:{card.day}", known, known, body)


def run_events(line: Line) -> Iterator[tuple[int, Named | ValueError]]:
    """Past races of a line, or why one is none, with which of the ten it is."""
    for run in past_races(line):
        try:
            body = performance(line, run)
            horse, day, code = body["horse_id"], date.fromisoformat(body["race_date"]), at(line, 276, run)
            what = f"run:{horse}:{code}:{day}:{body['race_number'] or 0}"
            yield run, _of_day("PastPerformance", what, day, code, body)
        except ValueError as error:
            yield run, error


def work_events(line: Line) -> Iterator[tuple[int, Named | ValueError]]:
    """Works of a line, or why one is none, with which of the twelve it is."""
    for work in past_works(line):
        try:
            body = workout(line, work)
            day, code = date.fromisoformat(body["work_date"]), at(line, 126, work)
            what = f"work:{body['horse_id']}:{code}:{day}:{body['distance_furlongs']}:{body['seconds']}"
            yield work, _of_day("Workout", what, day, code, body)
        except ValueError as error:
            yield work, error


def _of_day(name: str, what: str, day: date, code: str, body: Mapping[str, Any]) -> Named:
    """What a horse did on a day, which is over at its end; it is known at noon next day."""
    track = known_track(code)
    zone = ZoneInfo(track.time_zone if track else "UTC")
    over, told = instant_at(day + ONE_DAY, time(0), zone), instant_at(day + ONE_DAY, TOLD_TIME, zone)
    return _of_horse(name, what, over, told, body)


def _of_horse(name: str, what: str, event_time: int, recorded_time: int, body: Mapping[str, Any]) -> Named:
    event = {
        "event_id": uuid_of(f"{SOURCE}:{what}"),
        "source": SOURCE,
        "event_time": event_time,
        "recorded_time": recorded_time,
        "sequence": 0,
        **{"race_id": "", **body},
    }
    return name, cast(Event, event)


def _card(card: Card) -> dict[str, Any]:
    line, track = card.lines[0], card.track
    surface = at(line, 7)
    about = "about" if at(line, 6).startswith("-") else ""
    return {
        **defaults(RaceCard),
        "track_code": track.code,
        "track_name": track.name,
        "country": track.country,
        "time_zone": track.time_zone,
        "race_date": card.day.isoformat(),
        "race_number": card.number,
        "scheduled_off": _post_time(at(line, 1418), card.day),
        "distance_furlongs": furlongs_of(at(line, 6)),
        "surface": surface_of(surface, at(line, 25) == "A"),
        "race_type": race_type_of(surface),
        "race_class_details": at(line, 11) or None,
        "purse_usd": positive(at(line, 12)),
        "age_sex_restrictions": restrictions_of(at(line, 10)),
        "number_of_runners": len(card.lines),
        "places_paid": PLACES_PAID,
        "course": course_of(surface, about),
        "entries": [entry_of(line, card.day) for line in card.lines],
    }


def _post_time(text: str, day: date) -> int | None:
    """The announced off, told as HHMM of the Pacific's clock; None of what is no time of day."""
    match = re.fullmatch(r"([01]?\d|2[0-3])([0-5]\d)", text, re.ASCII)
    if match is None:
        return None
    return micros(datetime.combine(day, time(int(match[1]), int(match[2])), PACIFIC))


def entry_of(line: Line, day: date) -> dict[str, Any]:
    """The entry of a line. Raises ValueError for what cannot be."""
    horse, program, waits = horse_id_of(at(line, 45)), at(line, 43).upper() or None, at(line, 41)
    coupled = program is not None and at(line, 5) in COUPLED
    post = whole(at(line, 58), MOST_RUNNERS) or whole(at(line, 4), MOST_RUNNERS)
    return {
        **defaults(Entry),
        "runner_id": horse,
        "horse_id": horse,
        "horse_name": at(line, 45),
        "program_number": program,
        "post_position": post,
        "betting_interest": interest_of(program) if program and coupled else None,
        "also_eligible": waits in ("A", "M"),
        "jockey_name": at(line, 33) or None,
        "trainer_name": at(line, 28) or None,
        "morning_line_odds": odds_of(at(line, 44)),
        "medications": MEDICATIONS.get(at(line, 62) or at(line, 63)),
        "equipment": _equipment(line),
        "weight_carried_lbs": positive(at(line, 51)),
        "claiming_price_usd": positive(at(line, 14)),
        "year_born": _year_born(line, day),
        "sex": at(line, 49).upper() or None,
        "country_bred": at(line, 57) or None,
        **_parents(line),
        "owner_name": plain(at(line, 39)),
        "comments": "Main track only" if waits == "M" else None,
    }


def _equipment(line: Line) -> str | None:
    """Blinkers put on or off, or as in the last race."""
    change = at(line, 64)
    if change in ("1", "2"):
        return "b" if change == "1" else None
    return at(line, 366) or None


def _parents(line: Line) -> dict[str, Any]:
    return {
        "sire_name": at(line, 52) or None,
        "dam_name": at(line, 54) or None,
        "dam_sire_name": at(line, 55) or None,
    }


def _year_born(line: Line, day: date) -> int | None:
    """The year of two digits that lies before the race, and not long before."""
    text = at(line, 46)
    if not (text.isdecimal() and len(text) <= 2):
        return None
    year = day.year - (day.year - int(text)) % 100
    return year if day.year - year <= OLDEST else None
