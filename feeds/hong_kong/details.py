"""Lines of the details' tables, told in Chinese, as parts of races."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from itertools import product

from feeds.hong_kong.race import Paid, Race, RaceKey, Runner, Section
from feeds.hong_kong.words import (
    CLASSES,
    GOINGS,
    SCRATCHED,
    VENUES,
    course_of,
    horse_of,
    lengths_of,
    number_of,
    odds_of,
    pool_of,
    seconds_of,
)
from feeds.tables import Row

SECTIONS = range(1, 7)
_BRACKETED = re.compile(r"\(([\d:.]+)\)")
_PER_DOLLAR = re.compile(r"^([\d.]+)/\$([\d.]+)$")
_PLACING = re.compile(r"^(\d+)( 平頭馬)?$")
_SINGLE_LEGS = ("DOUBLE", "TREBLE")


def key_of(cells: dict[str, str]) -> RaceKey:
    """The race that a line belongs to. Raises ValueError or KeyError where it says none."""
    return _key(cells["date"], cells["venue"], cells["race_no"])


@lru_cache(maxsize=256)
def _key(day: str, venue: str, number: str) -> RaceKey:
    return RaceKey(date.fromisoformat(day), VENUES[venue], int(number))


def race_of(cells: dict[str, str]) -> Race:
    """The race as a line of results tells it, without runners."""
    surface, course = course_of(cells["course"])
    going = cells["going"]
    return Race(
        key_of(cells),
        surface=surface,
        course=course,
        going=GOINGS.get(going, going) or None,
        race_class=CLASSES.get(cells["race_class"], cells["race_class"]) or None,
        distance=number_of(cells["distance_m"]),
        rating_band=cells["rating_range"] or None,
        name=cells["race_name"].replace("\u3000", " ").strip() or None,
        prize=float(cells["prize_hkd"]) if cells["prize_hkd"].isdecimal() else None,
        leader_seconds=tuple(
            s for text in _BRACKETED.findall(cells["race_finish_time"]) if (s := seconds_of(text))
        ),
    )


def runner_of(cells: dict[str, str]) -> Runner:
    """The runner of a line of results; its horse's id is not told here. Raises ValueError without a brand."""
    named = horse_of(cells["horse_name"])
    if named is None:
        raise ValueError(f"horse {cells['horse_name']!r} has no brand in brackets")
    placed = _PLACING.match(cells["place"])
    code = None if placed else cells["place"]
    if code is not None and not re.match(r"^[A-Z]", code):
        raise ValueError(f"place {code!r} is neither a placing nor a code")
    odds = cells["win_odds"]
    return Runner(
        named[1],
        "",
        named[0],
        number=number_of(cells["horse_no"]),
        placing=int(placed[1]) if placed else None,
        code=code,
        jockey=_told(cells["jockey"]),
        trainer=_told(cells["trainer"]),
        weight=number_of(cells["actual_wt_lbs"]),
        body_weight=number_of(cells["declared_wt_lbs"]),
        draw=number_of(cells["draw"]),
        lengths=0.0 if placed and placed[1] == "1" else lengths_of(cells["lbw"]),
        positions=tuple(int(p) for p in cells["running_position"].split() if p.isdecimal()),
        seconds=seconds_of(cells["finish_time"]),
        odds=odds_of(float(odds)) if re.fullmatch(r"\d+(\.\d+)?", odds) else None,
        scratched=bool(code and SCRATCHED.match(code)),
    )


def who(cells: dict[str, str]) -> Runner:
    """Who a line of results tells of, names alone. Raises ValueError without a brand."""
    named = horse_of(cells["horse_name"])
    if named is None:
        raise ValueError(f"horse {cells['horse_name']!r} has no brand in brackets")
    return Runner(named[1], "", named[0], jockey=_told(cells["jockey"]), trainer=_told(cells["trainer"]))


def _told(text: str) -> str | None:
    return None if text.strip("- ") == "" else text.strip()


def sections_of(cells: dict[str, str]) -> tuple[Section, ...]:
    """Calls of a line of sectional times. A leader's margin is its lead: it is 0 lengths behind."""
    found = []
    for n in SECTIONS:
        position = number_of(cells[f"sec{n}_running_pos"])
        seconds = seconds_of(cells[f"sec{n}_time"])
        if position is None and seconds is None:
            continue
        lengths = 0.0 if position == 1 else lengths_of(cells[f"sec{n}_margin"])
        found.append(Section(position, lengths, seconds))
    return tuple(found)


def dividends_of(cells: dict[str, str]) -> list[Paid]:
    """Dividends of a line; none for pools on riders and groups, refunds and bets that nobody won.

    A leg of a double or treble that several runners won, "4/1,12", is a dividend for each.
    """
    pool, paid = pool_of(cells["pool"]), cells["dividend_hkd"].replace(",", "")
    per_dollar = _PER_DOLLAR.match(paid)
    if pool is None or not (per_dollar or re.fullmatch(r"\d+(\.\d+)?", paid)):
        return []
    dividend, unit = (float(per_dollar[1]), float(per_dollar[2])) if per_dollar else (float(paid), 10.0)
    return [Paid(pool, selection, dividend, unit) for selection in _selections(pool, cells["combination"])]


def _selections(pool: str, text: str) -> Iterable[str]:
    if pool in _SINGLE_LEGS:
        return ["/".join(legs) for legs in product(*(leg.split(",") for leg in text.split("/")))]
    return [text if pool == "SIX UP" else text.replace(",", "-")]


def distinct(lines: Iterable[Row]) -> Iterator[Row]:
    """Each line once: the tables repeat some."""
    seen: set[tuple[str, ...]] = set()
    for line in lines:
        content = tuple(line.cells.values())
        if line.error or content not in seen:
            seen.add(content)
            yield line
