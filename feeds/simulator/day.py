"""What a simulated day is asked to be, and when and where its races are run."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count

import numpy as np

from feeds.simulator.venues import STYLES, Venue, venue
from schemas.errors import SettingsError
from schemas.identity import MICROS, instant, micros, numbered_race
from schemas.tracks import all_tracks, local_date

DEMO_TRACKS = ("BEL", "ASCO", "FLEM", "SAR", "HKHV", "CURR")

SEEDS = 2**32
"""Seeds there are, from 0: one word of a SeedSequence."""


@dataclass(frozen=True, slots=True)
class Chances:
    """How likely it is, race by race, that something out of the ordinary happens; 0 to 1."""

    scratch: float = 0.4
    second_scratch: float = 0.15
    """Of races with a scratch."""
    re_entry: float = 0.12
    """Of races with a scratch: the runner is put back shortly after."""
    rider_change: float = 0.12
    equipment_change: float = 0.08
    delay: float = 0.12
    abandoned: float = 0.01
    going_change: float = 0.1
    dead_heat: float = 0.02
    objection: float = 0.08
    upheld: float = 0.5
    """Of objections: the runner objected to is placed last."""


REAL = Chances(
    scratch=0.2,
    second_scratch=0.15,
    re_entry=0.01,
    rider_change=0.05,
    equipment_change=0.01,
    delay=0.03,
    abandoned=0.004,
    going_change=0.05,
    dead_heat=0.002,
    objection=0.006,
    upheld=0.35,
)
"""As often as in reality: scratches in the last four hours as in Hong Kong and the captures, dead heats for
first and disqualifications as in Great Britain and Ireland; the others are judgement."""


@dataclass(frozen=True, slots=True)
class RaceDay:
    """One day. All durations are seconds of the day's own clock; `start` is aware and in UTC.

    Raises SettingsError for a seed outside 0 to 2**32 - 1, ValueError where the day cannot be: a naive
    start, no tracks, no time.
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
    compression: float
    """How many seconds of a real day pass in one of this: prices, money and spreads live by real time."""
    message_share: float
    """Odds updates of one market, as a part of those of a real one in the same real time."""
    least_rate: float
    """Odds updates a second that a market has at least."""
    late_seconds: float
    """Median lateness of the off."""
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
        check_seed(self.seed)
        if self.races is not None and self.races < 0:
            raise ValueError("the number of races must not be negative")
        if not self.tracks or not self.early_offs or self.early_offs[0] <= 0:
            raise ValueError("a race day needs tracks and a first off after its start")
        if min(self.gap_seconds * (1.0 - self.gap_spread), self.open_seconds, self.compression) <= 0:
            raise ValueError("gap and opening must last longer than no time, and real time must pass")
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
        compression=7.5,
        message_share=0.16,
        least_rate=1.6,
        late_seconds=0.28,
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
        compression=1.0,
        message_share=1.0,
        least_rate=0.0,
        late_seconds=55.0,
        delay_seconds=900.0,
        suspension_seconds=90.0,
        tote_seconds=30.0,
        in_play_seconds=0.5,
        run_seconds=None,
        official_seconds=360.0,
        chances=REAL,
    )


def crowd(day: RaceDay, at_once: int) -> RaceDay:
    """The day without end, about this many races open at any time, at all tracks of simulated racing."""
    gap = day.open_seconds / at_once
    offs = tuple(gap * (n + 1) for n in range(at_once))
    tracks = tuple(track.code for track in all_tracks() if track.country in STYLES)
    return replace(
        day,
        races=None,
        tracks=tracks,
        early_offs=offs,
        gap_seconds=gap,
        gap_spread=0.0,
        opening_scratch_seconds=None,
    )


def check_seed(seed: int) -> None:
    """Raises SettingsError where the seed is none."""
    if not 0 <= seed < SEEDS:
        raise SettingsError(f"seed {seed}: give a whole number from 0 to {SEEDS - 1}")


def generator(seed: int, *purpose: int) -> np.random.Generator:
    """Random numbers that are the same for the same seed and purpose. Raises SettingsError for no seed."""
    check_seed(seed)
    # A SeedSequence takes a short key for the same one with noughts behind it, but for its length.
    key = (1 + len(purpose), seed, *purpose)
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
        return start + round(day.early_offs[index] * 1000.0) * 1000
    gap = day.gap_seconds * (1.0 + day.gap_spread * generator(day.seed, index, 0).uniform(-1.0, 1.0))
    return before + round(gap * 1000.0) * 1000
