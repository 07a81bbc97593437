"""The form book: a fold over finished races that says what was known of each runner before the next."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from io import BytesIO
from math import isfinite
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np

from models.breeding import COLUMNS as BREEDING_COLUMNS
from models.breeding import Breeding
from models.form import ability, context, history, people, plackett, track
from models.form.facts import RaceFacts, RaceFinish
from models.layout import Floats
from models.synergy import COLUMNS as SYNERGY_COLUMNS
from models.synergy import Synergy
from schemas.errors import HprError

VERSION = "2"
GROUPS: Mapping[str, tuple[str, ...]] = {
    "ability": ability.COLUMNS,
    "history": history.COLUMNS,
    "context": context.COLUMNS,
    "riders": context.RIDERS,
    "people": people.COLUMNS,
    "synergy": SYNERGY_COLUMNS,
    "gsr": BREEDING_COLUMNS,
    "plackett": plackett.COLUMNS,
    "course": track.COLUMNS,
}
COLUMNS = tuple(name for group in GROUPS.values() for name in group)
AT = {name: at for at, name in enumerate(COLUMNS)}


class LookAheadError(HprError):
    """Form was asked for a moment before something that the book has learnt already."""


class _Late(NamedTuple):
    """The moment up to which the book has learnt: the last day settled, and the last recorded time."""

    day: date
    recorded: int


class FormBook:
    """What finished races say of horses and people.

    `learn` takes finished races as they become known, again when more of one is known: they wait until their
    day is over. `settle` learns all races of the days before a date, day by day, because times are compared
    within a day. `look` reads what the settled days say, and refuses a race of such a day, or one whose
    off is not after all that was learnt: so nothing recorded later than the moment asked for can be read,
    and training, replay and live pass through the same gate.
    """

    def __init__(self) -> None:
        self._until = _Late(date.min, 0)
        self._waiting: dict[str, tuple[RaceFacts, RaceFinish]] = {}
        self._abilities = ability.Abilities()
        self._histories = history.Histories()
        self._people = people.People()
        self._synergy = Synergy()
        self._breeding = Breeding()
        self._ratings = plackett.Ratings()
        self._course = track.Course()

    @property
    def settled(self) -> date:
        """The last day that has been learnt."""
        return self._until.day

    def learn(self, facts: RaceFacts, finish: RaceFinish) -> None:
        """Take a finished race, or more of it; what is not official, or has no runners, teaches nothing.

        Raises LookAheadError where its day has been settled: what came too late is not learnt.
        """
        if facts.race_date <= self._until.day:
            raise LookAheadError(f"{facts.race_id}: its day was learnt already; build the form book again")
        if facts.race_id != finish.race_id:
            raise ValueError(f"facts of {facts.race_id} with the finish of {finish.race_id}")
        started = _starters(facts, finish)
        if finish.official and started.runners:
            self._waiting[facts.race_id] = (started, finish)

    def speed(self, facts: RaceFacts, finish: RaceFinish) -> tuple[float, float] | None:
        """How much faster than par a race was run, % of time, and its variance, by the days settled.

        None where that cannot be said, or the book has learnt from its day or later.
        """
        if facts.race_date <= self._until.day:
            return None
        speed, variance = self._abilities.speed(_starters(facts, finish), finish)
        return (speed, variance) if isfinite(speed) else None

    def settle(self, before: date, known: int | None = None) -> None:
        """Learn the waiting races of all days before this one.

        With `known`, only those that were wholly recorded before that moment (microseconds): a race in
        another time zone may be told of after the first of the next day here, and then waits on.
        """
        due = [
            (facts, finish)
            for facts, finish in self._waiting.values()
            if facts.race_date < before and (known is None or finish.recorded_time < known)
        ]
        for day in sorted({facts.race_date for facts, _ in due}):
            races = sorted((r for r in due if r[0].race_date == day), key=lambda race: race[0].race_id)
            self._learn_day(races)
            recorded = max(self._until.recorded, *(finish.recorded_time for _, finish in races))
            self._until = _Late(max(self._until.day, day), recorded)
        for facts, _ in due:
            del self._waiting[facts.race_id]

    def look(self, facts: RaceFacts) -> Floats:
        """Form before the race, (runners, COLUMNS), NaN where nothing is known; each runner on its own.

        Raises LookAheadError where the book has learnt from that day or later.
        """
        if facts.race_date <= self._until.day:
            raise LookAheadError(
                f"{facts.race_id}: form up to {self._until.day} would tell it its own future"
            )
        if 0 < facts.moment <= self._until.recorded:
            raise LookAheadError(f"{facts.race_id}: the book holds what was recorded after its off")
        rows = self._abilities.find(facts)
        able = self._abilities.look(facts)
        runs = self._histories.recent(rows)
        runs_before, days_off = able[:, _RUNS], able[:, _DAYS_OFF]
        codes = context.riders(runs)
        return np.concatenate(
            [
                able,
                self._histories.look(facts, rows),
                context.look(facts, runs),
                codes,
                self._people.look(facts, codes[:, 0]),
                self._synergy.look(facts, days_off),
                self._breeding.look(facts, runs_before),
                self._ratings.look(facts),
                self._course.look(facts),
            ],
            axis=1,
        )

    def _learn_day(self, races: list[tuple[RaceFacts, RaceFinish]]) -> None:
        before = [self._abilities.look(facts) for facts, _ in races]
        early = [self._histories.look(f, self._abilities.find(f))[:, _EARLY] for f, _ in races]
        runs = self._abilities.learn(races)
        for run, values, expected in zip(runs, before, early, strict=True):
            self._histories.learn(run, self._abilities.find(run.facts))
            self._people.learn(run)
            self._synergy.learn(run, values[:, _DAYS_OFF])
            self._breeding.learn(run, values[:, _RUNS])
            self._ratings.learn(run)
            self._course.learn(run, expected)

    def dump(self) -> bytes:
        """Everything that is settled, as bytes; races that wait must be learnt again after `load`."""
        state = {key: value for part in self._parts() for key, value in part.dump().items()}
        until = np.array([self._until.day.toordinal(), self._until.recorded], dtype=np.int64)
        out = BytesIO()
        np.savez(out, allow_pickle=False, version=np.array(VERSION), until=until, **state)
        return out.getvalue()

    @classmethod
    def load(cls, data: bytes) -> "FormBook":
        """The book that `dump` gave; raises HprError for bytes that are no such book of this version."""
        try:
            with np.load(BytesIO(data), allow_pickle=False) as file:
                state = {name: file[name] for name in file.files}
            if str(state["version"]) != VERSION:
                raise HprError(f"form book of version {state['version']}, not {VERSION}: build it again")
            book = cls()
            book._until = _Late(date.fromordinal(int(state["until"][0])), int(state["until"][1]))
            for part in book._parts():
                part.load(state)
        except (ValueError, KeyError, BadZipFile, EOFError) as error:
            raise HprError(f"no form book, or a damaged one ({error}): build it again") from error
        return book

    def _parts(self) -> tuple["_Part", ...]:
        return (
            self._abilities, self._histories, self._people, self._synergy, self._breeding, self._ratings,
            self._course
        )  # fmt: skip


def _starters(facts: RaceFacts, finish: RaceFinish) -> RaceFacts:
    """Facts with those alone that ran."""
    ran = {each.runner_id for each in finish.runners}
    return replace(facts, runners=tuple(runner for runner in facts.runners if runner.runner_id in ran))


_Part = (
    ability.Abilities
    | history.Histories
    | people.People
    | Synergy
    | Breeding
    | plackett.Ratings
    | track.Course
)
_RUNS, _DAYS_OFF = ability.COLUMNS.index("runs"), ability.COLUMNS.index("days_off")
_EARLY = history.COLUMNS.index("early_kernel")
