"""Breeding: what relatives do under today's conditions, for a horse that is new to them or never ran."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from math import nan

from models.breeding import AVERAGE, Family, Rating, Relatives, Told, cells_of
from models.form.facts import RaceFacts, Runner
from models.guide.book import GuideBook
from models.guide.lines import Line
from models.interpreters.notes import Note, note
from models.tallies import severity_of

LEAST_STARTS = 50
"""Runs of relatives before a rating is told."""

DEBUT_CELLS = ("age on going", "going", "age", "surface", "")
"""Where a horse that never ran is looked for, the narrowest first."""

BANDS = {
    "sprint": "over sprints",
    "mile": "over seven furlongs to a mile",
    "middle": "over middle distances",
    "long": "over long distances",
}


def breeding(runner: Runner, facts: RaceFacts, lines: Sequence[Line], book: GuideBook) -> Iterator[Note]:
    """One annotation at most; `lines` latest first, all of days before the race."""
    family = book.family_of(runner)
    today = cells_of(
        facts.race_date, facts.surface, facts.distance_furlongs, facts.going or None, family.born
    )
    if not lines:
        cell = next(today.get(kind, "") for kind in DEBUT_CELLS if kind in today or not kind)
        rating = book.relatives.rating_of(family, cell)
        if rating.starts >= LEAST_STARTS:
            yield _note(rating, _relative(family, cell, book.relatives, lines))
        return
    for kind in ("surface", "going", "distance"):
        cell = today.get(kind, "")
        before = {_cells_then(line.surface, line.furlongs, line.going).get(kind, "") for line in lines} - {""}
        if cell and before and cell not in before:
            rating = book.relatives.rating_of(family, cell, lines)
            apart = rating.low > AVERAGE or rating.high < AVERAGE
            if apart and rating.starts >= LEAST_STARTS:
                first = f"First known run {_where(cell)}. "
                yield _note(rating, first + _relative(family, cell, book.relatives, lines))
            return


@lru_cache(maxsize=1024)
def _cells_then(surface: str, furlongs: float | None, going: str | None) -> Mapping[str, str]:
    return cells_of(date.min, surface, nan if furlongs is None else furlongs, going, 0)


def _note(rating: Rating, text: str) -> Note:
    index = f"GSR {rating.value:.0f} ({rating.low:.0f} to {rating.high:.0f}; 100 is average)"
    severity, confidence = severity_of(rating.value / AVERAGE), rating.low / rating.high
    return note("BREEDING", severity, confidence, f"{text}{index}.")


def _relative(family: Family, cell: str, relatives: Relatives, own: Sequence[Line]) -> str:
    """A sentence on the sire, else the dam's sire: on its runners in the cell, else on all but the horse."""
    for relative, by, their in (("sire", "By", "his"), ("dam_sire", "Dam by", "his daughters'")):
        name = family.name_of(relative)
        for asked in dict.fromkeys((cell, "")):
            told = relatives.of(relative, name, asked, own)
            if name and told.runs:
                return f"{by} {name.title()}: {their} {_whose(asked)} are worth {_times(told)}. "
    return ""


def _times(told: Told) -> str:
    """How often, with the bounds and what they rest on."""
    ratio = told.ratio
    wins = f"{told.wins} win{'s' * (told.wins != 1)} of {told.runs}"
    odds = f", where the odds expected {told.by_odds:.1f}" if told.by_odds is not None else ""
    bounds = f"{ratio.low:.1f} to {ratio.high:.1f}"
    return f"{ratio.ratio:.1f} times their share of the field ({bounds}; {wins}{odds})"


def _whose(cell: str) -> str:
    """Runners of a cell, in words.

    >>> _whose("age on going:2 wet TURF"), _whose("distance:sprint")
    ('2-year-olds on wet turf', 'runners over sprints')
    """
    kind, _, name = cell.partition(":")
    if kind in ("age", "age on going"):
        years, _, rest = name.partition(" ")
        whose = "older runners" if years == "5" else f"{years}-year-olds"
        return f"{whose} on {rest.lower()}" if rest else whose
    return f"runners {_where(cell)}".strip()


def _where(cell: str) -> str:
    kind, _, name = cell.partition(":")
    return "" if not kind else BANDS[name] if kind == "distance" else f"on {name.lower()}"
