"""What will happen to a race before it is run: scratches, re-entries, delays, abandonment, going."""

from dataclasses import dataclass

import numpy as np

from feeds.simulator.card import GOINGS, Declared, Flags, declare
from feeds.simulator.day import RaceDay, Slot, generator
from schemas.identity import MICROS, micros

QUIET_SUSPENSIONS = 20
"""Of a market open for less than this many suspensions nothing out of the ordinary happens."""

REASONS = ("Veterinarian", "Trainer", "Off turf", "Unruly at the gate", "Injured")


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
class Script:
    """The plot of one race; times in microseconds since 1970."""

    off: int
    """When it goes off, or would have."""
    scheduled_off: int
    """The announced off after any delay."""
    delay_at: int | None
    abandoned_at: int | None
    withdrawals: tuple[Withdrawal, ...]
    going_at: int | None
    wetness: int
    """Of the going after any change."""
    dead_heat: bool
    disqualification: bool

    @property
    def betting_ends(self) -> int:
        """When no price is stated any more: at the off, or when the race is abandoned."""
        return self.off if self.abandoned_at is None else self.abandoned_at


@dataclass(frozen=True, slots=True, eq=False)
class Phase:
    """A stretch of open betting on one set of runners; it begins with an image."""

    begins: int
    ends: int
    running: Flags


@dataclass(frozen=True, slots=True)
class Plan:
    """A race that is known to the last but for its prices and its finish."""

    day: RaceDay
    slot: Slot
    field: Declared
    script: Script

    @property
    def runner_ids(self) -> list[str]:
        """In the card's order."""
        return [entry["runner_id"] for entry in self.field.entries]

    def generator(self, purpose: int) -> np.random.Generator:
        """The race's own random numbers for a purpose."""
        return generator(self.day.seed, self.slot.index, purpose)

    def scheduled(self, at: int) -> int:
        """The announced off as it stands at a time."""
        delay_at = self.script.delay_at
        return self.slot.scheduled_off if delay_at is None or at < delay_at else self.script.scheduled_off


def plan(day: RaceDay, slot: Slot) -> Plan:
    """Draw the field of a race and what happens to it."""
    field = declare(day, slot)
    return Plan(day, slot, field, _write(day, slot, field))


def _write(day: RaceDay, slot: Slot, field: Declared) -> Script:
    rng = generator(day.seed, slot.index, 2)
    chances, window = day.chances, slot.scheduled_off - slot.opens
    eventful = window >= QUIET_SUSPENSIONS * day.suspension_seconds * MICROS

    def happens(chance: float) -> bool:
        return bool(rng.random() < chance) and eventful

    def moment(first: float, last: float) -> int:
        return slot.opens + _whole(window * rng.uniform(first, last))

    abandoned_at = moment(0.3, 0.95) if happens(chances.abandoned) else None
    delay_at = moment(0.8, 0.95) if happens(chances.delay) and abandoned_at is None else None
    delay = _whole(day.delay_seconds * MICROS * rng.uniform(0.3, 1.0)) if delay_at is not None else 0
    going_at = moment(0.1, 0.7) if happens(chances.going_change) and abandoned_at is None else None
    scheduled_off = slot.scheduled_off + delay
    withdrawals: tuple[Withdrawal, ...] = ()
    if slot.index == 0 and day.opening_scratch_seconds is not None:
        at = micros(day.start) + round(day.opening_scratch_seconds * MICROS)
        withdrawals = _withdrawals(rng, day, field, [at], re_entry=False)
    elif happens(chances.scratch) and abandoned_at is None:
        re_entry = happens(chances.re_entry)
        times = [moment(0.15, 0.5)] if happens(chances.second_scratch) and not re_entry else []
        times.append(moment(0.2, 0.6) if re_entry else moment(0.6, 0.95))
        withdrawals = _withdrawals(rng, day, field, times, re_entry)
    return Script(
        off=scheduled_off + _whole(day.late_seconds * MICROS * rng.random()),
        scheduled_off=scheduled_off,
        delay_at=delay_at,
        abandoned_at=abandoned_at,
        withdrawals=withdrawals,
        going_at=going_at,
        wetness=min(field.wetness + 1, len(GOINGS[field.surface]) - 1) if going_at else field.wetness,
        dead_heat=bool(rng.random() < chances.dead_heat),
        disqualification=bool(rng.random() < chances.disqualification),
    )


def _withdrawals(
    rng: np.random.Generator, day: RaceDay, field: Declared, times: list[int], re_entry: bool
) -> tuple[Withdrawal, ...]:
    """Scratches of runners that are in and not coupled; at least three runners are left."""
    single = [n for n, i in enumerate(field.interests) if field.interests.count(i) == 1]
    candidates = [n for n in single if field.eligible[n]]
    picked = rng.permutation(candidates)[: min(len(times), int(field.eligible.sum()) - 3)].tolist()
    spare = None if re_entry or field.eligible.all() else len(field.entries) - 1
    back = round(3 * day.suspension_seconds * MICROS) if re_entry else None
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


def changes(this: Plan) -> list[tuple[int, Flags]]:
    """Each change of who runs: its time, and the runners that run from then on."""
    running, found = this.field.eligible, []
    for withdrawal in this.script.withdrawals:
        running = running.copy()
        running[withdrawal.runner] = False
        if withdrawal.drawn_in is not None:
            running[withdrawal.drawn_in] = True
        found.append((withdrawal.at, running))
        if withdrawal.reinstated_at is not None:
            running = running.copy()
            running[withdrawal.runner] = True
            found.append((withdrawal.reinstated_at, running))
    return found


def phases(this: Plan) -> list[Phase]:
    """When betting is open, and on whom: it is suspended at every change of who runs."""
    cuts = changes(this)
    begins = [this.slot.opens, *(at + suspension(this.day) for at, _ in cuts)]
    ends = [*(at for at, _ in cuts), this.script.betting_ends]
    sets = [this.field.eligible, *(after for _, after in cuts)]
    return [Phase(*phase) for phase in zip(begins, ends, sets, strict=True) if phase[0] < phase[1]]


def suspension(day: RaceDay) -> int:
    """How long betting is suspended at a scratch, in microseconds."""
    return round(day.suspension_seconds * MICROS)


def _whole(time: float) -> int:
    """Microseconds rounded to whole milliseconds, as feeds publish."""
    return round(time / 1000.0) * 1000
