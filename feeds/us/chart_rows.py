"""Rows of charts, one a runner, in a table of one track: what a chart says, but no pools and no off."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from feeds.tables import Row
from feeds.us.chart import Chart, Place, Starter, couple
from feeds.us.chart_races import UNTOLD_BETWEEN, UNTOLD_FIRST
from feeds.us.words import (
    MOST_RACES,
    MOST_RUNNERS,
    UNTOLD_OUTCOME,
    furlongs_of,
    horse_id_of,
    lengths_of,
    odds_of,
    positive,
    seconds_of,
    whole,
)
from schemas.errors import FeedError
from schemas.identity import micros
from schemas.records import Surface
from schemas.tracks import Track, find_track, track_by_code

SOURCE = "equibase-rows"
_COLUMNS = """Date Race_Num Track_Type Weather Dist Condition Final_Time Pgm H_Name J_Name Wgt M/E PP Fin
Dist_Ahead Odds Comments"""
COLUMNS = frozenset(_COLUMNS.split())
"""What a table has to have; it has more."""

SIX_FURLONGS_YARDS = "1310"
"""What the source writes for 1320 yards."""

DID_NOT_FINISH = "-1"
DISQUALIFIED = "DQ-"
SEALED = "(Sealed)"
DIRT_GOINGS, TURF_GOINGS = (
    frozenset(("Fast", "Muddy", "Sloppy", SEALED)),
    frozenset(("Firm", "Yielding", "Soft")),
)
SURFACES: dict[str, Surface] = {"Dirt": "DIRT", "Turf": "TURF", "Outer": "TURF"}
"""The inner course is of dirt in some months and of turf in others: the goings of a month say which."""

Cells = Mapping[str, str]
Month = tuple[int, int]


def track_of_file(name: str) -> Track:
    """The track that a table's name begins with: `aqueduct_2017.csv`. Raises FeedError for another."""
    word = re.split(r"[_.]", name)[0].replace("-", " ")
    track = track_by_code(word) or find_track(word, "US")
    if track is None:
        raise FeedError(f"{name}: the table tells no track: name the file after it, as in aqueduct_2020.csv")
    return track


def charts(track: Track, rows: Iterable[Row]) -> tuple[list[Chart], list[tuple[Row, str]], int]:
    """The races of a table, the lines that are none, and how many lines repeat others."""
    rejected: list[tuple[Row, str]] = []
    races: dict[tuple[date, int], list[Cells]] = {}
    seen: set[tuple[str, str, str]] = set()
    repeated = 0
    for row in rows:
        try:
            if row.error:
                rejected.append((row, row.error))
                continue
            line = row.cells["Date"], row.cells["Race_Num"], row.cells["H_Name"]
            if line in seen:
                repeated += 1
                continue
            key = _day(row.cells["Date"]), whole(row.cells["Race_Num"], MOST_RACES) or 0
            starter_of(row.cells)
        except ValueError as error:
            rejected.append((row, f"not a row of a chart: {error}"))
            continue
        seen.add(line)
        races.setdefault(key, []).append(row.cells)
    inner = _inner(races)
    found = [_chart(track, key, lines, inner) for key, lines in sorted(races.items())]
    return found, rejected, repeated


def _inner(races: Mapping[tuple[date, int], list[Cells]]) -> dict[Month, Surface]:
    """Of what the inner course was in each month, by its goings."""
    goings: dict[Month, set[str]] = {}
    for (day, _), lines in races.items():
        if lines[0]["Track_Type"] == "Inner":
            goings.setdefault((day.year, day.month), set()).add(lines[0]["Condition"])
    return {
        month: "DIRT" if told & DIRT_GOINGS else "TURF" if told & TURF_GOINGS else "UNKNOWN"
        for month, told in goings.items()
    }


def _chart(track: Track, key: tuple[date, int], lines: list[Cells], inner: Mapping[Month, Surface]) -> Chart:
    (day, race_number), cells = key, lines[0]
    kind = cells["Track_Type"]
    surface = (
        inner.get((day.year, day.month), "UNKNOWN") if kind == "Inner" else SURFACES.get(kind, "UNKNOWN")
    )
    first = datetime.combine(day, UNTOLD_FIRST, ZoneInfo(track.time_zone))
    chart = Chart(
        source=SOURCE,
        track=track,
        day=day,
        number=race_number,
        off=micros(first + UNTOLD_BETWEEN * (race_number - 1)),
        surface=surface,
        declared=surface,
        furlongs=furlongs_of("1320" if cells["Dist"] == SIX_FURLONGS_YARDS else cells["Dist"]),
        course="inner" if kind == "Inner" else None,
        going=cells["Condition"].strip("()").upper() or None,
        weather=cells["Weather"] or None,
        seconds=seconds_of(cells["Final_Time"]),
        starters=[starter_of(each) for each in lines],
    )
    _place(chart, [lengths_of(each["Dist_Ahead"]) for each in lines])
    couple(chart)
    return chart


def starter_of(cells: Cells) -> Starter:
    """The runner of a row, `position` where it crossed the line. Raises ValueError for what cannot be."""
    name = cells["H_Name"].removeprefix(DISQUALIFIED).strip()
    finished = cells["Fin"].strip() != DID_NOT_FINISH
    gear = cells["M/E"].replace("-", "")
    return Starter(
        horse_id_of(name),
        name,
        number=cells["Pgm"].strip().upper() or None,
        post=whole(cells["PP"], MOST_RUNNERS),
        jockey=_rider(cells["J_Name"]),
        weight=positive(cells["Wgt"]),
        medications="L" if gear.startswith("L") else None,
        equipment=gear.removeprefix("L") or None,
        odds=odds_of(cells["Odds"]),
        position=whole(cells["Fin"], MOST_RUNNERS) if finished else None,
        disqualified=cells["H_Name"].startswith(DISQUALIFIED),
        outcome=None if finished else UNTOLD_OUTCOME,
        comment=" ".join(cells["Comments"].replace("+_", ", ").replace("+", ", ").replace("_", " ").split())
        or None,
    )


def _place(chart: Chart, ahead: list[float | None]) -> None:
    """Lengths and official placings of where they crossed the line, best first.

    Who was disqualified went behind the next one at least, which moved up; how far is not told, nor who
    else moved up: those have no placing.
    """
    behind: float | None = 0.0
    out, moved = 0, False
    crossed = sorted(((s.position, n) for n, s in enumerate(chart.starters) if s.position is not None))
    margins: dict[int, float | None] = {}
    for position, n in crossed:
        starter = chart.starters[n]
        if position not in margins:
            margins[position] = behind
            behind = None if behind is None or ahead[n] is None else behind + (ahead[n] or 0.0)
        starter.lengths = margins[position]
        starter.places = [Place(chart.furlongs, position, starter.lengths, chart.seconds)]
        if starter.disqualified:
            starter.position, starter.outcome, out = None, "disqualified", out + 1
        elif out and not moved:
            starter.position, moved = position - out, True
        elif out:
            starter.position, starter.outcome = None, "placing not told"


def _rider(text: str) -> str | None:
    """The rider as other records write it: Ortiz/Jr./Irad is ORTIZ IRAD JR."""
    parts = [part.strip().rstrip(".") for part in text.split("/") if part.strip(" .")]
    suffixes = [part for part in parts[1:-1] if part.upper() in ("JR", "SR", "II", "III")]
    names = [part for n, part in enumerate(parts) if not (0 < n < len(parts) - 1 and part in suffixes)]
    return " ".join([*names, *suffixes]).upper() or None


def _day(text: str) -> date:
    return datetime.strptime(text.strip(), "%d/%m/%Y").date()
