"""Chart files, six a card: races (.1), starters (.2), payoffs (.3, .4), breeding (.5) and footnotes (.6)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from feeds.us.chart import Chart, Place, Starter, couple
from feeds.us.chart_races import Line, at, race_of
from feeds.us.footnotes import notes_of
from feeds.us.payoffs import exotic, straight
from feeds.us.words import (
    MOST_RACES,
    MOST_RUNNERS,
    UNTOLD_OUTCOME,
    YARDS_PER_FURLONG,
    horse_id_of,
    number,
    odds_of,
    positive,
    whole,
)

NEEDED = {"1": 67, "2": 80, "3": 11, "4": 9, "5": 16, "6": 6}
"""Cells that a line of each file has at least."""

SCRATCHED, NO_POST = "SCR", "99"
"""Program number and post position of a horse that was taken out."""

CALLS = ((51, (55, 68)), (52, (56, 69)), (53, (57, 70)), (54, (58, 71)))
"""Points of call before the stretch: fields of their yards in .1, of position and lengths in .2."""

STRETCH, FINISH, OFFICIAL = (59, 72), (60, 73), 61
FRACTIONS = ((39, 45), (40, 46), (41, 47), (42, 48), (43, 49))
"""Fields of the leader's times and of the yards they were taken at."""


@dataclass(frozen=True, slots=True)
class Told:
    """A line of one of the files, with where it stands; `error` says why it is none."""

    origin: str
    cells: Line
    error: str | None = None

    def whole(self, fewest: int, most: int | None = None) -> Line:
        """The cells. Raises ValueError for what is no line, or one of another length."""
        if self.error:
            raise ValueError(self.error)
        if len(self.cells) < fewest or (most is not None and len(self.cells) > most):
            raise ValueError(f"{len(self.cells)} cells, where there are {fewest}{'' if most else ' or more'}")
        return self.cells


Reject = tuple[Told, str]
"""A line that cannot be, and why."""

Parts = Mapping[str, Sequence[Told]]
"""Lines by file: 1 to 6."""


def charts(parts: Parts) -> tuple[list[Chart], list[Reject]]:
    """The races of a card's files, and the lines that are none."""
    rejected: list[Reject] = []
    races: dict[int, tuple[Chart, Line]] = {}
    before = 0
    for told in parts.get("1", ()):
        try:
            chart, before = race_of(told.whole(NEEDED["1"]), before)
        except ValueError as error:
            rejected.append((told, f"not a race of a chart: {error}"))
            continue
        races[chart.number] = chart, told.cells
    _each(parts, "2", races, lambda chart, line: _take_starter(chart, races[chart.number][1], line), rejected)
    _each(parts, "5", races, _take_breeding, rejected)
    for chart, _ in races.values():
        couple(chart)
    _each(parts, "3", races, _take_straight, rejected)
    _each(parts, "4", races, _take_exotic, rejected)
    _take_notes(parts.get("6", ()), races, rejected)
    return [chart for chart, _ in races.values() if chart.ran], rejected


Take = Callable[[Chart, Line], None]
Races = Mapping[int, tuple[Chart, Line]]


def _each(parts: Parts, part: str, races: Races, take: Take, rejected: list[Reject]) -> None:
    """Give the lines of a file to their races."""
    for told in parts.get(part, ()):
        try:
            line = told.whole(NEEDED[part])
            chart, _ = races[_race_number(line, races)]
            take(chart, line)
        except ValueError as error:
            rejected.append((told, f"not a line of .{part} of a chart: {error}"))


def _take_starter(chart: Chart, race: Line, line: Line) -> None:
    """A line of .2: who was entered, and how it ran."""
    name = at(line, 5)
    horse = horse_id_of(name)
    if any(starter.horse_id == horse for starter in chart.starters):
        raise ValueError(f"{name} is told twice in this race")
    out = at(line, 9) == SCRATCHED or at(line, 8) == NO_POST
    chart.starters.append(
        Starter(
            horse,
            name,
            number=None if out else at(line, 9).upper() or None,
            scratched=out,
            post=None if out else whole(at(line, 8), MOST_RUNNERS),
            jockey=at(line, 13) or None,
            trainer=at(line, 18) or None,
            owner=", ".join(filter(None, (at(line, 24), f"{at(line, 25)} {at(line, 26)}".strip()))) or None,
            born=whole(at(line, 10)),
            country=at(line, 6) or at(line, 7) or None,
            weight=positive(at(line, 38)),
            medications=at(line, 28) or None,
            equipment=at(line, 29).lower() or None,
            claiming=positive(at(line, 27)),
        )
    )
    if not out:
        _take_run(chart.starters[-1], chart, race, line)


def _take_run(starter: Starter, chart: Chart, race: Line, line: Line) -> None:
    """How a horse ran. One placed behind where it finished was disqualified."""
    crossed, official = _placed(at(line, FINISH[0])), _placed(at(line, OFFICIAL))
    claimed = "Claimed" if at(line, 41) == "Y" else ""
    starter.odds = odds_of(at(line, 31))
    starter.position = official
    starter.disqualified = bool(crossed and official and official > crossed)
    starter.outcome = None if official else UNTOLD_OUTCOME
    starter.lengths = number(at(line, FINISH[1])) if official else None
    starter.places = _places(chart, race, line)
    starter.comment = ". ".join(filter(None, (at(line, 22), claimed))) or None


def _places(chart: Chart, race: Line, line: Line) -> list[Place]:
    """Points of call; where the horse broke, 0 yards from the start, is left out."""
    leader = {at(race, yards): positive(at(race, seconds)) for seconds, yards in FRACTIONS}
    told: list[tuple[float | None, tuple[int, int], float | None]] = []
    for field, fields in CALLS:
        if yards := positive(at(race, field)):
            told.append((yards / YARDS_PER_FURLONG, fields, leader.get(at(race, field))))
    told.append((chart.furlongs - 1.0 if chart.furlongs else None, STRETCH, None))
    told.append((chart.furlongs, FINISH, chart.seconds))
    return [
        Place(furlongs, position, 0.0 if position == 1 else number(at(line, fields[1])), seconds)
        for furlongs, fields, seconds in told
        if (position := _placed(at(line, fields[0]))) is not None
    ]


def _placed(text: str) -> int | None:
    """A position; 0 and what is beyond any field are none."""
    return int(text) if text.isdecimal() and 0 < int(text) <= MOST_RUNNERS else None


def _take_breeding(chart: Chart, line: Line) -> None:
    """A line of .5: the winner's colour, sex and parents."""
    starter = _starter(chart, line)
    starter.color, starter.sex = at(line, 10).rstrip("/") or None, at(line, 13) or None
    starter.sire, starter.dam, starter.dam_sire = (at(line, field) or None for field in (14, 15, 16))


def _take_straight(chart: Chart, line: Line) -> None:
    """A line of .3: what a runner paid to win, place and show."""
    starter = _starter(chart, line)
    selection = starter.interest or starter.number or at(line, 8).upper()
    chart.dividends += straight([at(line, field) for field in (9, 10, 11)], selection)


def _take_exotic(chart: Chart, line: Line) -> None:
    """A line of .4: what a pool paid."""
    paid = exotic(*(at(line, field) for field in (5, 6, 7, 8, 9)))
    if paid is not None:
        chart.dividends.append(paid)


def _starter(chart: Chart, line: Line) -> Starter:
    horse = horse_id_of(at(line, 5))
    found = next((starter for starter in chart.starters if starter.horse_id == horse), None)
    if found is None:
        raise ValueError(f"{at(line, 5)} is not in this race")
    return found


def _take_notes(lines: Iterable[Told], races: Races, rejected: list[Reject]) -> None:
    texts: dict[int, list[str]] = {}
    for told in lines:
        try:
            line = told.whole(NEEDED["6"])
            texts.setdefault(_race_number(line, races), []).append(line[5])
        except ValueError as error:
            rejected.append((told, f"not a footnote of a chart: {error}"))
    for race_number, text in texts.items():
        chart = races[race_number][0]
        notes = notes_of(text, {starter.horse_id: starter.horse_id for starter in chart.ran})
        for starter in chart.ran:
            starter.comment = ". ".join(filter(None, (starter.comment, notes.get(starter.horse_id)))) or None


def _race_number(line: Line, races: Races) -> int:
    found = whole(at(line, 3), MOST_RACES)
    if found is None or found not in races:
        raise ValueError(f"race {at(line, 3)} is not among the card's races")
    if (at(line, 1), at(line, 2)) != tuple(at(races[found][1], field) for field in (1, 2)):
        raise ValueError(f"{at(line, 1)} {at(line, 2)} is another card")
    return found
