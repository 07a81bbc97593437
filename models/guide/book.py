"""The guide's book: lines of every horse and what people are worth, learnt from runs told and results."""

from collections.abc import Iterable
from math import isnan

from msgspec import Struct, field

from models.form.facts import RaceFacts, RaceFinish
from models.guide.lines import KEPT, Line, line_of
from models.guide.values import COLUMN, values_of
from models.guide.works import KEPT as MOST_WORKS
from models.guide.works import Work, work_of
from schemas.records import HorseProfile, PastPerformance, Workout

PEOPLE_DOUBT = 40.0
"""Runs' worth of an average rider, trainer or sire."""


SIRE = COLUMN["sire"]


class Tally(Struct):
    """What somebody's runs came to beyond what their horses' earlier runs promised."""

    runs: int = 0
    surplus: float = 0.0


class GuideBook(Struct):
    """A store that only grows; the same told in the same order gives the same book."""

    lines: dict[str, list[Line]] = field(default_factory=dict)
    """By horse, the latest first, one a day at most."""
    sires: dict[str, str] = field(default_factory=dict)
    works: dict[str, list[Work]] = field(default_factory=dict)
    """By horse, the latest first."""
    people: dict[str, Tally] = field(default_factory=dict)
    """By `kind|name`."""

    def tell(self, run: PastPerformance) -> bool:
        """Take in a past performance; False if it is known."""
        line = line_of(run)
        if line is None or not self._add(run["horse_id"], line):
            return False
        self._count(run["horse_id"], line, run["trainer_name"] or "")
        return True

    def work(self, event: Workout) -> bool:
        """Take in a morning work; False if it is known, or older than those kept."""
        work = work_of(event)
        known = self.works.setdefault(event["horse_id"], []) if work is not None else []
        if work is None or work in known:
            return False
        known.append(work)
        known.sort(key=lambda each: -each.day)
        del known[MOST_WORKS:]
        return work in known

    def works_before(self, horse_id: str, day: int) -> list[Work]:
        """The horse's works of earlier days, the latest first."""
        return [work for work in self.works.get(horse_id, ()) if work.day < day]

    def introduce(self, profile: HorseProfile) -> bool:
        """Take in what is known of a horse for good; False if it is known."""
        sire = (profile["sire_name"] or "").upper()
        if not sire or self.sires.get(profile["horse_id"]) == sire:
            return False
        self.sires[profile["horse_id"]] = sire
        return True

    def learn(self, facts: RaceFacts, finish: RaceFinish) -> None:
        """Take in an official result, a line for each horse that ran."""
        runners = {runner.runner_id: runner for runner in facts.runners}
        ran = [each for each in finish.runners if each.runner_id in runners]
        for each in ran:
            runner = runners[each.runner_id]
            line = Line(
                day=facts.race_date.toordinal(),
                track=facts.track_code,
                furlongs=_known(facts.distance_furlongs),
                surface=facts.surface,
                going=facts.going or None,
                position=_whole(each.position),
                runners=len(ran),
                lengths=_known(each.lengths_behind),
                price=_known(each.odds),
                early=each.positions[0] if each.positions else None,
                rider=runner.jockey or None,
                geared=bool(runner.equipment),
                weight=_known(runner.weight_lbs),
                comments=each.comments or None,
            )
            if self._add(runner.horse_id, line):
                self._count(runner.horse_id, line, runner.trainer)

    def before(self, horse_id: str, day: int) -> list[Line]:
        """The horse's lines of earlier days, the latest first."""
        return [line for line in self.lines.get(horse_id, ()) if line.day < day]

    def look(self, facts: RaceFacts) -> list[list[float]]:
        """Values of each runner of the card, (runners, COLUMNS), NaN where nothing is known."""
        day = facts.race_date.toordinal()
        rows = []
        for runner in facts.runners:
            lines = self.before(runner.horse_id, day)
            values = values_of(runner, facts, lines, self.worth)
            sire = runner.sire or self.sires.get(runner.horse_id, "")
            values[SIRE] = self.worth("sire", sire)
            rows.append(values)
        return rows

    def worth(self, kind: str, name: str) -> float:
        """What somebody adds to a figure, drawn towards nothing where runs are few."""
        tally = self.people.get(f"{kind}|{name}")
        return tally.surplus / (tally.runs + PEOPLE_DOUBT) if tally is not None and name else 0.0

    def runs_of(self, kind: str, name: str) -> int:
        """How many runs that rests on."""
        tally = self.people.get(f"{kind}|{name}")
        return tally.runs if tally is not None else 0

    def _add(self, horse_id: str, line: Line) -> bool:
        known = self.lines.setdefault(horse_id, [])
        if any(each.day == line.day for each in known):
            return False
        known.append(line)
        known.sort(key=lambda each: -each.day)
        del known[KEPT:]
        return line in known

    def _count(self, horse_id: str, line: Line, trainer: str) -> None:
        """Credit rider, trainer and sire with what this run came to beyond the horse's mean figure."""
        figures = [figure for each in self.lines[horse_id] if (figure := each.figure) is not None]
        if line.figure is None or not figures:
            return
        surplus = line.figure - sum(figures) / len(figures)
        for kind, name, worth in self._credited(horse_id, line, trainer, surplus):
            if name:
                tally = self.people.setdefault(f"{kind}|{name}", Tally())
                tally.runs += 1
                tally.surplus += worth

    def _credited(
        self, horse_id: str, line: Line, trainer: str, surplus: float
    ) -> Iterable[tuple[str, str, float]]:
        # A rider changes from run to run; trainer and sire stay, so the figure itself is theirs.
        yield "rider", line.rider or "", surplus
        yield "trainer", trainer, line.figure or 0.0
        yield "sire", self.sires.get(horse_id, ""), line.figure or 0.0


def _known(value: float) -> float | None:
    return None if isnan(value) else value


def _whole(value: float) -> int | None:
    return None if isnan(value) else int(value)
