"""What a simulated day is asked to be, and when and where its races are run."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count

import numpy as np

from feeds.simulator.venues import Venue, venue
from schemas.identity import MICROS, instant, micros, numbered_race
from schemas.tracks import local_date

DEMO_TRACKS = ("BEL", "ASCO", "FLEM", "SAR", "HKHV", "CURR")


@dataclass(frozen=True, slots=True)
class Chances:
    """How likely it is, race by race, that something out of the ordinary happens; 0 to 1."""

    scratch: float = 0.4
    second_scratch: float = 0.15
    """Of races with a scratch."""
    re_entry: float = 0.12
    """Of races with a scratch: the runner is put back shortly after."""
    delay: float = 0.12
    abandoned: float = 0.01
    going_change: float = 0.1
    dead_heat: float = 0.02
    disqualification: float = 0.04


@dataclass(frozen=True, slots=True)
class RaceDay:
    """One day. All durations are seconds of the day's own clock; `start` is aware and in UTC.

    Raises ValueError where the day cannot be: a naive start, a negative seed, no tracks, no time.
    """

    seed: int
    start: datetime
    races: int | None
    """None: races without end."""
    tracks: tuple[str, ...]
    """Codes of the tracks that take turns."""
    early_offs: tuple[float, ...]
    """Announced offs of the first races, after the start; later races follow by `gap_seconds`."""
    gap_seconds: float
    gap_spread: float
    """How far a gap may be from `gap_seconds`, as a part of it."""
    open_seconds: float
    """How long before its announced off a market opens."""
    opening_rate: float
    """Odds updates a second of one market when it opens; at the off it has risen by `closing_rate`."""
    closing_rate: float
    rush_seconds: float
    """Within this time of the off the updates become e times as many."""
    price_spread: float
    """Standard deviation, in log-odds, of a price when the market opens from the one at the off."""
    late_seconds: float
    """How long after its announced off a race may go off."""
    delay_seconds: float
    """The longest delay announced."""
    suspension_seconds: float
    """How long betting is suspended at a scratch."""
    tote_seconds: float
    """How often a tote pool states its prices."""
    in_play_seconds: float
    """How often prices are stated once the race is run."""
    run_seconds: float | None
    """How long a race takes on the day's clock; None: as long as the winner's time."""
    official_seconds: float
    """How long after the unofficial result it is official."""
    opening_scratch_seconds: float | None = None
    """When, after the start, the first race loses a runner for certain."""
    chances: Chances = Chances()

    def __post_init__(self) -> None:
        if self.start.utcoffset() != timedelta(0):
            raise ValueError("the start of a race day must be an aware time in UTC")
        if self.seed < 0 or (self.races is not None and self.races < 0):
            raise ValueError("seed and number of races must not be negative")
        if not self.tracks or not self.early_offs or self.early_offs[0] <= 0:
            raise ValueError("a race day needs tracks and a first off after its start")
        if min(self.gap_seconds * (1.0 - self.gap_spread), self.open_seconds, self.rush_seconds) <= 0:
            raise ValueError("gap, opening and rush must last longer than no time")
        if (self.opening_scratch_seconds or 0.0) >= self.early_offs[0]:
            raise ValueError("the first race cannot lose a runner after its off")
        if min(self.tote_seconds, self.in_play_seconds, self.suspension_seconds) <= 0:
            raise ValueError("prices cannot be stated all the time, nor suspensions last no time")


@dataclass(frozen=True, slots=True)
class Slot:
    """Place and time of one race; `opens` and `scheduled_off` in microseconds since 1970."""

    index: int
    venue: Venue
    race_id: str
    race_date: str
    race_number: int
    opens: int
    scheduled_off: int


def demo(seed: int, start: datetime) -> RaceDay:
    """A compressed day without end: five races open at once, the first off after half a minute."""
    return RaceDay(
        seed=seed,
        start=start,
        races=None,
        tracks=DEMO_TRACKS,
        early_offs=(30.0, 150.0, 240.0, 350.0, 460.0),
        gap_seconds=120.0,
        gap_spread=0.25,
        open_seconds=480.0,
        opening_rate=2.5,
        closing_rate=5.0,
        rush_seconds=30.0,
        price_spread=0.35,
        late_seconds=2.0,
        delay_seconds=90.0,
        suspension_seconds=3.0,
        tote_seconds=5.0,
        in_play_seconds=1.0,
        run_seconds=11.0,
        official_seconds=8.0,
        opening_scratch_seconds=12.0,
    )


def real(seed: int, start: datetime) -> RaceDay:
    """A day as long as a real one: 8 races at one track, the first off 4 hours after the start."""
    track = DEMO_TRACKS[int(generator(seed, 0, 0).integers(len(DEMO_TRACKS)))]
    return RaceDay(
        seed=seed,
        start=start,
        races=8,
        tracks=(track,),
        early_offs=(14_400.0,),
        gap_seconds=1_800.0,
        gap_spread=0.0,
        open_seconds=14_400.0,
        opening_rate=0.1,
        closing_rate=15.0,
        rush_seconds=600.0,
        price_spread=0.4,
        late_seconds=90.0,
        delay_seconds=900.0,
        suspension_seconds=90.0,
        tote_seconds=30.0,
        in_play_seconds=0.5,
        run_seconds=None,
        official_seconds=360.0,
    )


def generator(*key: int) -> np.random.Generator:
    """Random numbers that are the same for the same key: seed, race and purpose."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))


def slots(day: RaceDay) -> Iterator[Slot]:
    """Races by announced off, without end where the day has none. A track's numbers start anew each day."""
    start, off = micros(day.start), 0
    last: dict[str, tuple[date, int]] = {}
    for index in count() if day.races is None else range(day.races):
        off = _off(day, index, start, off)
        at = venue(day.tracks[index % len(day.tracks)])
        code, today = at.track.code, local_date(at.track, instant(off))
        known_date, number = last.get(code, (today, 0))
        number = number + 1 if known_date == today else 1
        last[code] = today, number
        opens = max(start, off - round(day.open_seconds * MICROS))
        yield Slot(index, at, numbered_race(code, today, number), today.isoformat(), number, opens, off)


def _off(day: RaceDay, index: int, start: int, before: int) -> int:
    if index < len(day.early_offs):
        return start + round(day.early_offs[index] * MICROS)
    gap = day.gap_seconds * (1.0 + day.gap_spread * generator(day.seed, index, 0).uniform(-1.0, 1.0))
    return before + round(gap) * MICROS
