"""The guide's book: lines of every horse and what people are worth, learnt from runs told and results."""

from collections.abc import Iterable
from math import isfinite, isnan, nan
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from models.breeding import Family, Relatives
from models.form.facts import RaceFacts, RaceFinish, Runner, RunnerFinish
from models.guide.lines import KEPT, Line, completed, is_to_come, line_of, standing
from models.guide.values import COLUMN, values_of
from models.guide.works import KEPT as MOST_WORKS
from models.guide.works import Work, work_of
from models.synergy import Together
from schemas.records import HorseProfile, PastPerformance, Workout

PEOPLE_DOUBT = 40.0
"""Runs' worth of an average rider, trainer or sire."""

LEARNING_DAYS = 365
"""After so long of results, a horse of which no run is known is taken to have had none."""

FIRST_FIT, FIT_GROWTH = 200, 1.25
"""Runs against the odds after which priors are fitted first, and by how many times more again."""

LEANS_DAYS = 400
"""Days for which it is kept whom a day favoured."""

SIRE = COLUMN["sire"]


class Tally(Struct):
    """What somebody's runs came to beyond what their horses' earlier runs promised."""

    runs: int = 0
    surplus: float = 0.0


class Lean(Struct, frozen=True):
    """Whom a meeting's day favoured, in log-odds between one end and the other, by all its races so far."""

    day: int
    draw: float
    """Below 0 low draws."""
    draw_doubt: float
    early: float
    """Below 0 those in front."""
    early_doubt: float


class Around(NamedTuple):
    """The runs of a horse known before and after one of its runs."""

    before: Line | None
    after: Line | None


class GuideBook(Struct):
    """A store that only grows; the same told in the same order gives the same book."""

    lines: dict[str, list[Line]] = field(default_factory=dict)
    """By horse, the latest first, one a day at most."""
    sires: dict[str, str] = field(default_factory=dict)
    works: dict[str, list[Work]] = field(default_factory=dict)
    """By horse, the latest first."""
    people: dict[str, Tally] = field(default_factory=dict)
    """By `kind|name`."""
    families: dict[str, Family] = field(default_factory=dict)
    """By horse, of those with a profile."""
    together: Together = field(default_factory=Together)
    relatives: Relatives = field(default_factory=Relatives)
    counted: int = 0
    """Runs counted for people and relatives."""
    next_fit: int = FIRST_FIT
    """How many of them there have to be for the next fit of priors."""
    since: int = 0
    """Day of the first result learnt."""
    leans: dict[str, list[Lean]] = field(default_factory=dict)
    """By track and surface, the latest day last."""

    def tell(self, run: PastPerformance) -> bool:
        """Take in a past performance, or what it adds to a result's line; False if all of it is known."""
        horse_id, line = run["horse_id"], line_of(run)
        if line is None:
            return False
        family = self.families.get(horse_id, Family())
        line = replace(line, relatives=family.keys)
        around = self._add(horse_id, line)
        if around is None:
            return self._complete(horse_id, line)
        self._count(horse_id, line, run["trainer_name"] or "")
        self._count_wins(line, around, run["track_code"] or "", family)
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
        horse_id = profile["horse_id"]
        known = self.families.get(horse_id, Family())
        family = Family(
            (profile["sire_name"] or known.sire).upper(),
            (profile["dam_name"] or known.dam).upper(),
            (profile["dam_sire_name"] or known.dam_sire).upper(),
            profile["year_born"] or known.born,
        )
        if family == known:
            return False
        self.families[horse_id] = family
        if family.sire:
            self.sires[horse_id] = family.sire
        self._count_told(horse_id, family.without(known))
        return True

    def family_of(self, runner: Runner) -> Family:
        """A runner's breeding by its card, and where that is silent by its profile."""
        told = self.families.get(runner.horse_id, Family())
        born = int(runner.year_born) if isfinite(runner.year_born) else told.born
        sire = runner.sire or told.sire or self.sires.get(runner.horse_id, "")
        return Family(sire, runner.dam or told.dam, runner.dam_sire or told.dam_sire, born)

    def learn(self, facts: RaceFacts, finish: RaceFinish) -> None:
        """Take in an official result, a line for each horse that ran; none of a day that was to come."""
        runners = {runner.runner_id: runner for runner in facts.runners}
        ran = [each for each in finish.runners if each.runner_id in runners]
        day = facts.race_date.toordinal()
        if is_to_come(day, finish.recorded_time):
            return
        self.since = min(self.since or day, day)
        whole = sum(1.0 / each.odds for each in ran) if len(ran) == len(finish.runners) else nan
        # Who has a known sire may be known by what it did later: then none of the race counts for sires.
        families = [self.family_of(runners[each.runner_id]) for each in ran]
        if not all(family.sire for family in families):
            families = [Family()] * len(ran)
        draws = standing([runners[each.runner_id].post_position for each in ran])
        listed = any(runner.equipment for runner in facts.runners)
        for each, family, draw in zip(ran, families, draws, strict=True):
            runner = runners[each.runner_id]
            debut = runner.horse_id not in self.lines and day - self.since >= LEARNING_DAYS
            share = _known(1.0 / each.odds / whole)
            line = replace(
                _line(facts, runner, each), runners=len(ran), share=share, debut=debut, relatives=family.keys,
                gear=runner.equipment if listed else None, draw=_known(draw),
            )  # fmt: skip
            around = self._add(runner.horse_id, line)
            if around is not None:
                self._count(runner.horse_id, line, runner.trainer)
                self._count_wins(line, around, facts.track_code, family)

    def lean(self, key: str, told: Lean) -> None:
        """Take in whom a day of the meeting `key` has favoured until now."""
        days = self.leans.setdefault(key, [])
        if days and days[-1].day == told.day:
            days.pop()
        days.append(told)
        while days[0].day < told.day - LEANS_DAYS:
            days.pop(0)

    def lean_on(self, line: Line) -> Lean | None:
        """Whom the day of a run favoured where it was run; None where that is not known."""
        days = self.leans.get(f"{line.track}|{line.surface}", ())
        return next((lean for lean in reversed(days) if lean.day == line.day), None)

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

    def _add(self, horse_id: str, line: Line) -> Around | None:
        """Put in a line; None where one of its day is known, or it is older than those kept."""
        known = self.lines.setdefault(horse_id, [])
        if any(each.day == line.day for each in known):
            return None
        known.append(line)
        known.sort(key=lambda each: -each.day)
        at = known.index(line)
        # The run before it counts still where that is dropped now: the run after was counted by it.
        around = Around(known[at + 1] if at + 1 < len(known) else None, known[at - 1] if at > 0 else None)
        del known[KEPT:]
        return around if at < KEPT else None

    def _complete(self, horse_id: str, told: Line) -> bool:
        known = self.lines[horse_id]
        for at, line in enumerate(known):
            if line.day == told.day:
                known[at] = completed(line, told)
                if at > 0:
                    self.together.count_again(known[at - 1], line, known[at])
                return known[at] is not line
        return False

    def _count_told(self, horse_id: str, family: Family) -> None:
        """Count for relatives just made known the runs that were told of a horse before."""
        lines = self.lines.get(horse_id, [])
        for at in reversed(range(len(lines))):
            if not lines[at].learnt:  # of results counts whose sires were all known then
                self.relatives.count(lines[at], family)
                lines[at] = replace(lines[at], relatives=(*lines[at].relatives, *family.keys))

    def _count_wins(self, line: Line, around: Around, track_code: str, family: Family) -> None:
        """Count a run for people and relatives; now and then learn how far they differ."""
        self.together.count(line, around.before, around.after, track_code)
        self.relatives.count(line, family)
        self.counted += 1
        if self.counted >= self.next_fit:
            self.next_fit = int(FIT_GROWTH * self.counted)
            self.together.fit(self.lines.values())
            self.relatives.fit()

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


def _line(facts: RaceFacts, runner: Runner, ran: RunnerFinish) -> Line:
    return Line(
        day=facts.race_date.toordinal(),
        track=facts.track_code,
        furlongs=_known(facts.distance_furlongs),
        surface=facts.surface,
        going=facts.going or None,
        position=_whole(ran.position),
        runners=None,
        lengths=_known(ran.lengths_behind),
        price=_known(ran.odds),
        early=ran.positions[0] if ran.positions else None,
        rider=runner.jockey or None,
        geared=bool(runner.equipment),
        weight=_known(runner.weight_lbs),
        comments=ran.comments or None,
        trainer=runner.trainer or None,
        learnt=True,
        race_class=facts.race_class or None,
        purse=_known(facts.purse),
    )


def _known(value: float) -> float | None:
    return None if isnan(value) else value


def _whole(value: float) -> int | None:
    return None if isnan(value) else int(value)
