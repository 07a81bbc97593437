"""Timed morning works of a horse as a line of a past-performance file tells them: twelve at most."""

from collections.abc import Iterator
from typing import Any

from feeds.us.past_runs import Line, at
from feeds.us.words import GOINGS, day_of, furlongs_of, horse_id_of, known_track, positive, whole
from schemas.defaults import defaults
from schemas.records import Surface, Workout

WORKS = 12
COURSES: dict[str, Surface] = {
    "MT": "DIRT", "IM": "DIRT", "TT": "DIRT", "TR": "DIRT", "T": "TURF", "IT": "TURF", "TN": "TURF",
    "IN": "TURF", "HC": "TURF",
}  # fmt: skip
"""Main, inner and training tracks; wood chips and what is not told are unknown."""

MOST_RANKED = 1_000


def past_works(line: Line) -> Iterator[int]:
    """Which of the twelve are told."""
    return (work for work in range(WORKS) if at(line, 102, work))


def workout(line: Line, work: int) -> dict[str, Any]:
    """A work as the body of its event. Raises ValueError for what cannot be."""
    code, name = at(line, 126, work), at(line, 45)
    track = known_track(code)
    going = at(line, 150, work).upper()
    return {
        **defaults(Workout),
        "horse_id": horse_id_of(name),
        "horse_name": name,
        "track_code": track.code if track else None,
        "track_name": track.name if track else code or None,
        "work_date": day_of(at(line, 102, work)).isoformat(),
        "distance_furlongs": furlongs_of(at(line, 138, work)),
        "surface": COURSES.get(at(line, 174, work), "UNKNOWN"),
        "track_condition": GOINGS.get(going, going) or None,
        "seconds": positive(at(line, 114, work).lstrip("-")),  # below 0 for the best of its day
        "manner": at(line, 162, work) or None,
        "rank": whole(at(line, 198, work), MOST_RANKED),
        "ranked": whole(at(line, 186, work), MOST_RANKED),
    }
