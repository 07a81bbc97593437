"""A race that is known to the last but for its prices and its finish, and what follows from its script."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feeds.simulator.day import RaceDay, Slot, generator
from feeds.simulator.entries import BLINKERS_SIGN
from feeds.simulator.field import Declared, Flags, Floats, declare
from feeds.simulator.names import rider
from feeds.simulator.script import Script, Switch, write
from schemas.identity import MICROS
from schemas.records import Entry


@dataclass(frozen=True, slots=True)
class Plan:
    """A race as it will go."""

    day: RaceDay
    slot: Slot
    field: Declared
    script: Script

    @property
    def runner_ids(self) -> list[str]:
        """In the card's order."""
        return [entry["runner_id"] for entry in self.field.entries]

    def generator(self, *purpose: int) -> np.random.Generator:
        """The race's own random numbers for a purpose."""
        return generator(self.day.seed, self.slot.index, *purpose)

    def scheduled(self, at: int) -> int:
        """The announced off as it stands at a time."""
        delay_at = self.script.delay_at
        return self.slot.scheduled_off if delay_at is None or at < delay_at else self.script.scheduled_off

    def minutes(self, times: NDArray[np.int64]) -> Floats:
        """Real minutes left to the off at times."""
        left: Floats = np.maximum((self.script.off - times) * (self.day.compression / (60 * MICROS)), 0.0)
        return left


@dataclass(frozen=True, slots=True, eq=False)
class Phase:
    """A stretch of open betting on one set of runners; it begins with an image."""

    begins: int
    ends: int
    running: Flags


def plan(day: RaceDay, slot: Slot) -> Plan:
    """Draw the field of a race and what happens to it."""
    field = declare(day, slot)
    return Plan(day, slot, field, write(day, slot, field))


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


def starters(this: Plan) -> Flags:
    """Who runs at the off."""
    return [this.field.eligible, *(running for _, running in changes(this))][-1]


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


def truths(this: Plan) -> list[tuple[int, Floats]]:
    """The true log-odds, (runners,), and from when they hold: going, riders and equipment change them."""
    field, script = this.field, this.script
    wetness, riders, geared = field.wetness, field.starters.riders, field.starters.geared
    found = [(this.slot.opens, field.strengths(wetness, riders, geared))]
    news: list[tuple[int, Switch | None]] = [(switch.at, switch) for switch in script.switches]
    if script.going_at is not None:
        news.append((script.going_at, None))
    for at, switch in sorted(news, key=lambda item: item[0]):
        if switch is None:
            wetness = script.wetness
        elif switch.rider is None:
            geared = geared ^ (np.arange(len(geared)) == switch.runner)
        else:
            riders = np.where(np.arange(len(riders)) == switch.runner, switch.rider, riders)
        found.append((at, field.strengths(wetness, riders, geared)))
    return found


def entries_at(this: Plan, time: int) -> list[Entry]:
    """The card's entries as they stand at a time; an also-eligible is in once its race is bet again."""
    entries: list[Entry] = [{**entry} for entry in this.field.entries]
    for withdrawal in this.script.withdrawals:
        if withdrawal.drawn_in is not None and time >= drawn_in_at(this, withdrawal.at):
            entries[withdrawal.drawn_in]["also_eligible"] = False
    for switch in this.script.switches:
        if time < switch.at:
            continue
        entry = entries[switch.runner]
        if switch.rider is not None:
            entry["jockey_name"] = rider(switch.rider)
        else:
            entry["equipment"] = None if entry["equipment"] else BLINKERS_SIGN
    return entries


def drawn_in_at(this: Plan, scratched_at: int) -> int:
    """When an also-eligible is in for a runner scratched."""
    return min(scratched_at + suspension(this.day), this.script.betting_ends)
