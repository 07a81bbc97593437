"""Past races of a horse as a line of a past-performance file tells them: ten at most, latest first."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from feeds.us.words import (
    GOINGS,
    MOST_RACES,
    MOST_RUNNERS,
    OUTCOMES,
    UNTOLD_OUTCOME,
    YARDS_PER_FURLONG,
    course_of,
    day_of,
    furlongs_of,
    horse_id_of,
    known_track,
    lengths_of,
    number,
    odds_of,
    plain,
    positive,
    race_type_of,
    surface_of,
    whole,
)
from schemas.defaults import defaults
from schemas.identity import numbered_race
from schemas.records import Call, PastPerformance

RUNS = 10
MILE = 1760
LONGEST_TOLD = 2200
"""Yards from which on the file tells three of four points of call, and not which."""

EARLY_CALLS = ((1320, 440, 880), (1210, 440, 660), (1100, 330, 660))
"""From so many yards on: the first and second call of a sprint."""

ROUTE_CALLS = (440, 880, 1320)
FRACTIONS = {440: 876, 660: 886, 880: 896, 1100: 906, 1320: 916, 1540: 926, 1760: 936}
"""Fields of the leader's time by yards run."""

MEDICATIONS = {"1": "L", "2": "B", "3": "BL", "4": "L1", "5": "BL1"}
"""Lasix, Bute; 1 is a first time."""

_DAY = re.compile(r"^\d\d-\d\d-\d\d\s+")
Line = Sequence[str]
DISQUALIFIED_PLACE = 99
SPEED_FIGURES = "BRIS"


def at(line: Line, field: int, run: int = 0) -> str:
    """A cell by the dictionary's number, which counts from 1; of fields that repeat, that of a run."""
    return line[field - 1 + run].strip()


def past_races(line: Line) -> Iterator[int]:
    """Which of the ten are told."""
    return (run for run in range(RUNS) if at(line, 256, run))


def performance(line: Line, run: int) -> dict[str, Any]:
    """A past race as the body of its event, `race_id` among it. Raises ValueError for what cannot be."""
    day, code = day_of(at(line, 256, run)), at(line, 276, run)
    track = known_track(code)
    race_number = whole(at(line, 296, run), MOST_RACES)
    crossed, placed = at(line, 616, run), at(line, 626, run)
    position = _position(placed)
    surface = at(line, 326, run)
    return {
        **defaults(PastPerformance),
        "race_id": numbered_race(track.code, day, race_number) if track and race_number else "",
        **_ridden(line, run),
        "track_code": track.code if track else None,
        "track_name": track.name if track else code or None,
        "race_date": day.isoformat(),
        "race_number": race_number,
        "distance_furlongs": furlongs_of(at(line, 316, run)),
        "surface": surface_of(surface, at(line, 1403, run) == "A"),
        "course": _course(line, run),
        "track_condition": GOINGS.get(at(line, 306, run), at(line, 306, run)) or None,
        "race_type": race_type_of(surface),
        "race_class_details": at(line, 536, run) or None,
        "purse_usd": positive(at(line, 556, run)),
        "number_of_runners": whole(at(line, 346, run), MOST_RUNNERS),
        "finish_position": position,
        "outcome": None if position else OUTCOMES.get(crossed, UNTOLD_OUTCOME),
        "winning_time_seconds": positive(at(line, 1036, run)),
        "lengths_behind_winner": _beaten(line, run, position),
        "starting_price": odds_of(at(line, 516, run)),
        "calls": calls(line, run),
        **_figures(line, run),
        "comments": _comment(line, run),
    }


def _ridden(line: Line, run: int) -> dict[str, Any]:
    """Who ran, with whom and what."""
    name = at(line, 45)
    horse = horse_id_of(name)
    gear = "".join((at(line, 366, run), "f" * (at(line, 1136, run) == "1"), at(line, 1182, run)))
    return {
        "horse_id": horse,
        "horse_name": name,
        "runner_id": horse,
        "post_position": whole(at(line, 356, run), MOST_RUNNERS),
        "jockey_name": at(line, 1066, run).lstrip("*") or None,
        "trainer_name": at(line, 1056, run).lstrip("*") or None,
        "weight_carried_lbs": positive(at(line, 506, run)),
        "medications": MEDICATIONS.get(at(line, 386, run)),
        "equipment": gear or None,
        "claiming_price_usd": positive(at(line, 546, run)),
    }


def _course(line: Line, run: int) -> str | None:
    chute = "chute" if at(line, 336, run) == "c" else ""
    sealed = "sealed" if at(line, 1393, run) == "s" else ""
    about = "about" if at(line, 316, run).startswith("-") else ""
    moved = "off the turf" if at(line, 1254, run).lower() == "x" else ""
    return course_of(at(line, 326, run), chute, about, sealed, moved)


def _position(text: str) -> int | None:
    """The official placing; letters and 99 say that there was none."""
    placing = whole(text, DISQUALIFIED_PLACE) if text.isdecimal() else None
    return None if placing == DISQUALIFIED_PLACE else placing


def _beaten(line: Line, run: int, position: int | None) -> float | None:
    """Lengths behind who was first; of one that did not finish none."""
    if position is None:
        return None
    if position == 1 or at(line, 616, run) == "1":
        return 0.0
    return number(at(line, 746, run))


def calls(line: Line, run: int) -> list[Call]:
    """Points of call after the start, the finish the last; where the horse broke is left out.

    The distances of the first ones follow from the race's, as charts have them. The stretch call is a
    furlong out.
    """
    yards = abs(number(at(line, 316, run)) or 0.0)
    told = [(576, 666), (586, 686), (606, 726)]
    ends: list[float | None] = [*_early_ends(yards), yards - YARDS_PER_FURLONG if yards else None]
    if yards >= MILE:
        told.insert(0, (566, 646))
    found = [
        _call(line, run, fields, end)
        for fields, end in zip(told, ends, strict=True)
        if _placed(at(line, fields[0], run)) is not None
    ]
    finish = _call(line, run, (616, 746), yards or None)
    finish["leader_seconds"] = positive(at(line, 1036, run))
    return [*found, finish]


def _early_ends(yards: float) -> tuple[float | None, ...]:
    if yards >= MILE:
        return ROUTE_CALLS if yards < LONGEST_TOLD else (None, None, None)
    return next(((first, second) for least, first, second in EARLY_CALLS if yards >= least), (None, None))


def _call(line: Line, run: int, fields: tuple[int, int], yards: float | None) -> Call:
    position = _placed(at(line, fields[0], run))
    fraction = FRACTIONS.get(int(yards)) if yards else None
    return Call(
        distance_furlongs=yards / YARDS_PER_FURLONG if yards else None,
        position=position,
        lengths_behind_leader=0.0 if position == 1 else lengths_of(at(line, fields[1], run)),
        leader_seconds=positive(at(line, fraction, run)) if fraction else None,
        section_seconds=None,
    )


def _placed(text: str) -> int | None:
    return int(text) if text.isdecimal() and 0 < int(text) <= MOST_RUNNERS else None


def _figures(line: Line, run: int) -> dict[str, Any]:
    """Pace at the first and the second call, late pace and speed, as the maker scales them."""
    route = abs(number(at(line, 316, run)) or 0.0) >= MILE
    early, middle = (776, 786) if route else (766, 776)
    speed = positive(at(line, 846, run))
    return {
        "early_pace_rating": number(at(line, early, run)),
        "mid_pace_rating": number(at(line, middle, run)),
        "late_pace_rating": number(at(line, 816, run)),
        "speed_figure_source": SPEED_FIGURES if speed else None,
        "speed_figure_value": speed,
    }


def _comment(line: Line, run: int) -> str | None:
    """The long comment, or else the short one; then what is said beside it. Days in front are left out."""
    longer, short, beside = (plain(_DAY.sub("", at(line, field, run))) for field in (1383, 396, 496))
    claimed = {"c": "Claimed", "v": "Claim voided"}.get(at(line, 1046, run))
    return ". ".join(dict.fromkeys(filter(None, (longer or short, claimed, beside)))) or None
