"""Breeding: what relatives do under today's conditions, for a horse that is new to them or never ran."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from math import nan

from msgspec.structs import replace

from models.breeding import AVERAGE, Family, Rating, Told, cells_of
from models.form.facts import RaceFacts, Runner
from models.guide.book import GuideBook
from models.guide.lines import Line
from models.interpreters.notes import Note, note
from models.tallies import severity_of

LEAST_STARTS = 50
"""Runs of relatives before a rating is told of a horse that never ran."""

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
            yield _note(family, cell, rating, book, "")
        return
    family = replace(family, dam="")  # whose runners it is one of
    for kind in ("surface", "going", "distance"):
        cell = today.get(kind, "")
        before = {_cells_then(line.surface, line.furlongs, line.going).get(kind, "") for line in lines} - {""}
        if cell and before and cell not in before:
            rating = book.relatives.rating_of(family, cell)
            if rating.low > AVERAGE or rating.high < AVERAGE:
                yield _note(family, cell, rating, book, f"First known run {_where(cell)}. ")
            return


@lru_cache(maxsize=1024)
def _cells_then(surface: str, furlongs: float | None, going: str | None) -> Mapping[str, str]:
    return cells_of(date.min, surface, nan if furlongs is None else furlongs, going, 0)


def _note(family: Family, cell: str, rating: Rating, book: GuideBook, first: str) -> Note:
    index = f"GSR {rating.value:.0f} ({rating.low:.0f} to {rating.high:.0f}; 100 is average)"
    text = f"{first}{_relative(family, cell, book)}{index}."
    return note("BREEDING", severity_of(rating.value / AVERAGE), rating.low / rating.high, text)


def _relative(family: Family, cell: str, book: GuideBook) -> str:
    """A sentence on the sire, else on the dam's sire, where any of its runners did what is asked."""
    for relative, by, their in (("sire", "By", "his"), ("dam_sire", "Dam by", "his daughters'")):
        name = family.name_of(relative)
        told = book.relatives.of(relative, name, cell)
        if name and told.runs:
            return f"{by} {name.title()}: {their} {_whose(cell)} are worth {_times(told)}. "
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
