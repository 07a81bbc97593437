"""A win market as a table: the prices of every runner that ran, minute by minute to the off."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from feeds.betfair.files import find_captures
from feeds.betfair.recorded import recorded

Floats = NDArray[np.float64]

Told = Mapping[str, Any]
"""Fields of an event, of which event_time must be there."""

MINUTE = 60_000_000
LAST, BACK, LAY, TRADED = range(4)
FULL_BOOK = 1_000
"""Captures with fewer updates carry last traded prices alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """One market before its off. Runners are those that ran, times are minutes to the off."""

    name: str
    updates: Floats
    """When there were updates, in order, so descending."""
    stated: Floats
    """How many runners each update stated."""
    lines: dict[str, Floats]
    """Runner to (statements, 1 + 4): minutes to the off, last, back, lay, traded; nan for what is not."""

    def sample(self, minutes: Floats) -> Floats:
        """What stood at these times, (times, runners, 4); nan before anything was said."""
        return np.stack([_at(line, minutes) for line in self.lines.values()], axis=1)


def tape(name: str, events: Iterable[tuple[str, Told]], compression: float = 1.0) -> Tape | None:
    """The exchange's win market of one race's events; None if it never went off.

    `compression`: real seconds in a second of the events' clock.
    """
    records = list(events)
    offs = [r["off_time"] for kind, r in records if kind == "RaceStatus" and r["off_time"]]
    odds = [r for kind, r in records if kind == "OddsUpdate" and _is_win(r) and not r["in_play"]]
    ran = {f["runner_id"] for kind, r in records if kind == "Result" for f in r["finishers"]}
    if not offs or not odds or not ran:
        return None
    left = [(offs[0] - r["event_time"]) * compression / MINUTE for r in odds]
    lines: dict[str, list[tuple[float, ...]]] = {runner: [] for runner in sorted(ran)}
    for minutes, update in zip(left, odds, strict=True):
        for price in update["runners"]:
            if price["runner_id"] in ran:
                lines[price["runner_id"]].append((minutes, *_prices(price)))
    told = {runner: np.array(line) for runner, line in lines.items() if line}
    return Tape(name, np.array(left), np.array([float(len(r["runners"])) for r in odds]), told)


def captured(folder: Path) -> list[Tape]:
    """The captured win markets with full books."""
    tapes = []
    for file in find_captures([folder / "betfair_streams" / "win"]):
        named = (each for _, found in recorded([file]) for each in found)
        events = ((kind, cast(Told, event)) for kind, event in named)
        found = tape(file.name, events)
        if found is not None and len(found.updates) >= FULL_BOOK:
            tapes.append(found)
    return tapes


def _is_win(update: Told) -> bool:
    return bool(update["market_type"] == "WIN" and update["pool"] == "EXCHANGE")


def _prices(price: Told) -> tuple[float, ...]:
    told = (price[key] for key in ("last", "back", "lay", "traded"))
    return tuple(np.nan if value is None else value for value in told)


def _at(line: Floats, minutes: Floats) -> Floats:
    """The last row told by each time, (times, 4)."""
    known = np.searchsorted(-line[:, 0], -minutes, side="right") - 1
    found: Floats = np.where(known[:, None] >= 0, line[np.maximum(known, 0), 1:], np.nan)
    return found
