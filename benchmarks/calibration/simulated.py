"""The simulator's races as the moments want them: results with closing prices, and tapes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from benchmarks.calibration.results import Race
from benchmarks.calibration.tapes import Tape, Told, tape
from feeds.simulator import RaceDay, real
from feeds.simulator.day import Slot, slots
from feeds.simulator.finish import run
from feeds.simulator.market import closing
from feeds.simulator.plan import plan, starters
from feeds.simulator.race import statements

START = datetime(2026, 7, 16, 9, 0, tzinfo=UTC)
TRACKS = {"AU": ("FLEM",), "GB": ("ASCO", "CURR"), "HK": ("HKST", "HKHV"), "US": ("BEL", "SAR")}
MIXED = ("BEL", "ASCO", "FLEM", "SAR", "HKHV", "CURR")
TAPE_MINUTES = 61.0


def day(seed: int, races: int, tracks: Sequence[str]) -> RaceDay:
    """A real day with many races one minute apart at these tracks; markets open for the last hour."""
    opens = TAPE_MINUTES * 60.0
    return replace(
        real(seed, START),
        races=races,
        tracks=tuple(tracks),
        early_offs=(opens,),
        open_seconds=opens,
        gap_seconds=60.0,
    )


def simulated_races(seed: int, country: str, races: int) -> list[Race]:
    """Races of a country, with the exchange's starting prices."""
    found = []
    for slot in slots(this_day := day(seed, races, TRACKS[country])):
        this = plan(this_day, slot)
        ran = starters(this)
        won = run(this, ran).positions[ran] == 1
        odds = np.clip(1.0 / closing(this)[ran], 1.01, 1000.0)
        if this.script.abandoned_at is None and won.sum() == 1:
            order = np.argsort(odds, kind="stable")
            found.append(Race(odds[order], int(np.flatnonzero(won[order])[0])))
    return found


def simulated_tapes(seed: int, races: int) -> list[Tape]:
    """Win markets of races in all the countries."""
    this_day = day(seed, races, MIXED)
    tapes = (tape(slot.race_id, _told(this_day, slot)) for slot in slots(this_day))
    return [each for each in tapes if each is not None]


def _told(this_day: RaceDay, slot: Slot) -> Iterator[tuple[str, Told]]:
    """The race's events as far as a tape needs them."""
    for time, _, name, body in statements(this_day, slot):
        yield name, {"event_time": time, **body}
