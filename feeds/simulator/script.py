"""What will happen to a race before it is run: scratches, changes of rider, delays, abandonment, going."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feeds.simulator.day import RaceDay, Slot, generator
from feeds.simulator.field import GOINGS, Declared
from feeds.simulator.population import RIDERS
from schemas.identity import MICROS, micros

Flags = NDArray[np.bool_]

QUIET_SUSPENSIONS = 20
"""Of a market open for less than this many suspensions nothing out of the ordinary happens."""

REASONS = ("Veterinarian", "Trainer", "Off turf", "Unruly at the gate", "Injured")

SCRATCH_MINUTES, SCRATCH_SPREAD = 600.0, 0.9
"""Median time of a scratch before the off, and its spread in logs: of 13 in the captures."""

LATENESS_SPREAD, LATEST = 0.75, 7.0
"""Lateness of the off is lognormal, at most LATEST times its median: Australia and New Zealand 2024-25."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A runner taken out, by position in the field; times of the suspensions in microseconds since 1970."""

    runner: int
    at: int
    reason: str
    reinstated_at: int | None
    drawn_in: int | None
    """The also-eligible that runs instead."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A runner that gets another rider, or puts blinkers on or off."""

    runner: int
    at: int
    rider: int | None
    """None: it is the equipment that changes."""


@dataclass(frozen=True, slots=True)
class Script:
    """The plot of one race; times in microseconds since 1970."""

    off: int
    """When it goes off, or would have."""
    scheduled_off: int
    """The announced off after any delay."""
    delay_at: int | None
    abandoned_at: int | None
    withdrawals: tuple[Withdrawal, ...]
    switches: tuple[Switch, ...]
    """By time."""
    going_at: int | None
    wetness: int
    """Of the going after any change."""
    dead_heat: bool
    objection: bool
    """The result is official only after the stewards have looked into it."""
    disqualification: bool

    @property
    def betting_ends(self) -> int:
        """When no price is stated any more: at the off, or when the race is abandoned."""
        return self.off if self.abandoned_at is None else self.abandoned_at


@dataclass(frozen=True, slots=True)
class _Draw:
    """Random moments of a race's open time."""

    rng: np.random.Generator
    day: RaceDay
    slot: Slot

    @property
    def window(self) -> int:
        return self.slot.scheduled_off - self.slot.opens

    def happens(self, chance: float) -> bool:
        eventful = self.window >= QUIET_SUSPENSIONS * self.day.suspension_seconds * MICROS
        return bool(self.rng.random() < chance) and eventful

    def moment(self, first: float, last: float) -> int:
        return self.slot.opens + _whole(self.window * self.rng.uniform(first, last))

    def scratch(self) -> int:
        """Lognormal time before the off, cut to what is open and not yet about to start."""
        minutes = self.window * self.day.compression / (60 * MICROS)
        low, high = 0.05, 0.85
        before = SCRATCH_MINUTES * self.rng.lognormal(0.0, SCRATCH_SPREAD, 64) / minutes
        fits = before[(before > low) & (before < high)]
        part = float(fits[0]) if len(fits) else float(self.rng.uniform(0.4, high))
        return self.slot.scheduled_off - _whole(self.window * part)


def write(day: RaceDay, slot: Slot, field: Declared) -> Script:
    """Draw what happens to a race."""
    rng, chances = generator(day.seed, slot.index, 2), day.chances
    draw = _Draw(rng, day, slot)
    abandoned_at = draw.moment(0.3, 0.95) if draw.happens(chances.abandoned) else None
    quiet = abandoned_at is not None
    delay_at = draw.moment(0.8, 0.95) if draw.happens(chances.delay) and not quiet else None
    delay = _whole(day.delay_seconds * MICROS * rng.uniform(0.3, 1.0)) if delay_at is not None else 0
    going_at = draw.moment(0.1, 0.7) if draw.happens(chances.going_change) and not quiet else None
    scheduled_off = slot.scheduled_off + delay
    late = day.late_seconds * MICROS * min(float(rng.lognormal(0.0, LATENESS_SPREAD)), LATEST)
    withdrawals = () if quiet else _withdrawals(draw, field)
    out = {each.runner for each in withdrawals}
    return Script(
        off=scheduled_off + _whole(late),
        scheduled_off=scheduled_off,
        delay_at=delay_at,
        abandoned_at=abandoned_at,
        withdrawals=withdrawals,
        switches=() if quiet else _switches(draw, field, out),
        going_at=going_at,
        wetness=min(field.wetness + 1, len(GOINGS[field.surface]) - 1) if going_at else field.wetness,
        dead_heat=bool(rng.random() < chances.dead_heat),
        objection=(objection := draw.happens(chances.objection)),
        disqualification=bool(rng.random() < chances.upheld) and objection,
    )


def _withdrawals(draw: _Draw, field: Declared) -> tuple[Withdrawal, ...]:
    """Scratches, by time; the first race of a day may be certain to have one."""
    day, chances = draw.day, draw.day.chances
    if draw.slot.index == 0 and day.opening_scratch_seconds is not None:
        at = micros(day.start) + round(day.opening_scratch_seconds * MICROS)
        return _withdrawn(draw, field, [at], re_entry=False)
    if not draw.happens(chances.scratch):
        return ()
    re_entry = draw.happens(chances.re_entry)
    twice = draw.happens(chances.second_scratch) and not re_entry
    times = sorted(draw.scratch() for _ in range(2 if twice else 1))
    apart = round(2 * day.suspension_seconds * MICROS)
    if twice and times[1] - times[0] < apart:
        times = times[:1]
    return _withdrawn(draw, field, times, re_entry)


def _withdrawn(draw: _Draw, field: Declared, times: list[int], re_entry: bool) -> tuple[Withdrawal, ...]:
    """Scratches of runners that are in and not coupled; at least two runners are left."""
    rng = draw.rng
    single = [n for n, i in enumerate(field.interests) if field.interests.count(i) == 1]
    candidates = [n for n in single if field.eligible[n]]
    picked = rng.permutation(candidates)[: min(len(times), int(field.eligible.sum()) - 2)].tolist()
    spare = None if re_entry or field.eligible.all() else len(field.entries) - 1
    back = round(3 * draw.day.suspension_seconds * MICROS) if re_entry else None
    return tuple(
        Withdrawal(
            runner=runner,
            at=at,
            reason=REASONS[int(rng.integers(len(REASONS)))],
            reinstated_at=None if back is None else at + back,
            drawn_in=spare if n == 0 else None,
        )
        for n, (runner, at) in enumerate(zip(picked, times, strict=False))
    )


def _switches(draw: _Draw, field: Declared, out: set[int]) -> tuple[Switch, ...]:
    """At most one change of rider and one of equipment, of runners that stay in."""
    chances, rng = draw.day.chances, draw.rng
    stay = [n for n in range(len(field.entries)) if n not in out]
    free = [rider for rider in range(RIDERS) if rider not in field.starters.riders]
    found = []
    if draw.happens(chances.rider_change):
        found.append(Switch(int(rng.choice(stay)), draw.moment(0.2, 0.85), int(rng.choice(free))))
    if draw.happens(chances.equipment_change):
        found.append(Switch(int(rng.choice(stay)), draw.moment(0.1, 0.6), None))
    return tuple(sorted(found, key=lambda switch: switch.at))


def _whole(time: float) -> int:
    """Microseconds rounded to whole milliseconds, as feeds publish."""
    return round(time / 1000.0) * 1000
