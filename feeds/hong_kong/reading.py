"""The files of Hong Kong's history, opened and joined a day at a time."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import groupby

from feeds.hong_kong import details, meetings
from feeds.hong_kong.files import Sources, by_day, meeting_files
from feeds.hong_kong.join import joined
from feeds.hong_kong.names import Names
from feeds.hong_kong.race import Race, RaceKey, Runner
from feeds.hong_kong.words import horse_of
from feeds.order import Named
from feeds.tables import Row, letter, rows

SOURCE = "hong-kong"
MISFITS = (ValueError, KeyError, TypeError)
"""What parsing raises on lines that do not fit."""

BESIDE = ("sectional_times", "commentary", "dividends")
"""Tables that add to the races of the results."""

Counts = Counter[str]
Runners = dict[tuple[RaceKey, str], Runner]
Days = tuple[date, date]
ALL_DAYS = (date.min, date.max)


class Reading:
    """The files, opened; lines that were rejected wait to be told."""

    def __init__(self, sources: Sources, counts: Counts) -> None:
        self._sources, self._counts = sources, counts
        self._rejected: list[Named] = []
        self.names = Names()
        self._learn()

    def rejected(self) -> list[Named]:
        """Dead letters since the last call."""
        found, self._rejected = self._rejected, []
        return found

    def _reject(self, row: Row, reason: str) -> None:
        self._rejected.append(letter(SOURCE, row, reason))

    def _learn(self) -> None:
        """The first reading: who is who. What does not fit is told in the second."""
        english: dict[tuple[RaceKey, str], tuple[str | None, str | None]] = {}
        for _, part in self._parts(telling=False):
            try:
                key, runners = meetings.who(part)
            except MISFITS:
                continue
            for runner in runners:
                self.names.meet(runner, key.day)
                english[key, runner.brand] = runner.jockey, runner.trainer
        for row in self._table("results"):
            try:
                key, runner = details.key_of(row.cells), details.who(row.cells)
            except MISFITS:
                continue
            self.names.meet_chinese(runner, key.day)
            jockey, trainer = english.get((key, runner.brand), (None, None))
            self.names.translate(runner.jockey, jockey)
            self.names.translate(runner.trainer, trainer)
        for row in self._table("horse_profiles"):
            try:
                if row.error or not self.names.take_profile(row.cells):
                    self._counts["profiles of horses that did not run"] += 1
            except MISFITS as error:
                self._reject(row, f"not a profile: {error!r}")

    def _table(self, name: str) -> Iterator[Row]:
        path = self._sources.tables.get(name)
        return rows(path) if path else iter(())

    def _parts(self, telling: bool) -> Iterator[tuple[Row, bytes]]:
        """The races of the meetings' files as bytes; `telling` rejects files that are none."""
        for file in meeting_files(self._sources.meetings):
            try:
                parts = [] if file.error else meetings.split(file.data)
                if file.error and telling:
                    self._reject(file, file.error)
            except MISFITS as error:
                if telling:
                    self._reject(file, f"not a meeting: {error}")
                continue
            yield from ((file, part) for part in parts)

    def _meeting_races(self, wanted: Days) -> Iterator[Race]:
        for file, part in self._parts(telling=True):
            try:
                if wanted[0] <= meetings.day_of(part) <= wanted[1]:
                    yield meetings.parse(part)
            except MISFITS as error:
                self._reject(Row(file.origin, {}, part), meetings.decode_error(error))

    def days(self, wanted: Days = ALL_DAYS) -> Iterator[tuple[date, list[Race]]]:
        """Each day's races, joined, by track and number, of the days from one to another."""
        meeting_days = _grouped(self._meeting_races(wanted))
        detail_days = self._detail_days(wanted)
        mine, theirs = next(meeting_days, None), next(detail_days, None)
        while mine or theirs:
            day = min(d[0] for d in (mine, theirs) if d)
            told = mine[1] if mine and mine[0] == day else {}
            more = theirs[1] if theirs and theirs[0] == day else {}
            races = [joined(told.get(key), more.get(key), self.names) for key in sorted({*told, *more})]
            self._counts["races"] += len(races)
            self._counts["races without a meeting"] += len(more.keys() - told.keys())
            yield day, races
            mine = next(meeting_days, None) if told else mine
            theirs = next(detail_days, None) if more else theirs

    def _detail_days(self, wanted: Days) -> Iterator[tuple[date, dict[RaceKey, Race]]]:
        first, last = (day.isoformat() for day in wanted)
        others = {name: _Beside(by_day(self._table(name))) for name in BESIDE}
        for day, lines in by_day(self._table("results")):
            if not first <= day <= last:
                continue
            for table in others.values():
                table.skip_to(first)
            races = self._races(lines)
            if races:
                for name, table in others.items():
                    self._add(name, table.up_to(day), races)
                yield date.fromisoformat(day), races
        for name, table in others.items():
            self._add(name, table.up_to(last), {})

    def _races(self, lines: list[Row]) -> dict[RaceKey, Race]:
        found: dict[RaceKey, Race] = {}
        for row in details.distinct(lines):
            try:
                if row.error:
                    raise ValueError(row.error)
                key = details.key_of(row.cells)
                race = found.get(key) or details.race_of(row.cells)
                runner = details.runner_of(row.cells)
                if any(r.brand == runner.brand for r in race.runners):
                    raise ValueError(f"{runner.brand} is told twice in this race, and differently")
            except MISFITS as error:
                self._reject(row, f"not a line of results: {error!r}")
                continue
            race.runners.append(runner)
            found[key] = race
        self._counts["repeated lines of results"] += len(lines) - sum(len(r.runners) for r in found.values())
        return found

    def _add(self, name: str, lines: list[Row], races: dict[RaceKey, Race]) -> None:
        runners = {(key, runner.brand): runner for key, race in races.items() for runner in race.runners}
        for row in details.distinct(lines):
            try:
                if row.error:
                    raise ValueError(row.error)
                if not _add_line(name, row.cells, races, runners):
                    self._counts[f"lines of {name} without a result"] += 1
            except MISFITS as error:
                self._reject(row, f"not a line of {name}: {error!r}")


def _add_line(name: str, cells: dict[str, str], races: dict[RaceKey, Race], runners: Runners) -> bool:
    key = details.key_of(cells)
    if name == "dividends":
        if race := races.get(key):
            race.dividends += details.dividends_of(cells)
        return race is not None
    named = horse_of(cells["horse_name"])
    runner = runners.get((key, named[1])) if named else None
    if runner and name == "commentary":
        runner.gear = None if cells["gear"].strip("- ") == "" else cells["gear"]
        runner.comment = cells["commentary"].strip("- ") or None
    elif runner:
        runner.sections = details.sections_of(cells)
    return runner is not None


class _Beside:
    """A table read along with the results: the lines up to a day, those of days without results too."""

    def __init__(self, days: Iterator[tuple[str, list[Row]]]) -> None:
        self._days = days
        self._next = next(days, None)

    def skip_to(self, day: str) -> None:
        """Pass over the days before one."""
        while self._next and self._next[0] < day:
            self._next = next(self._days, None)

    def up_to(self, day: str) -> list[Row]:
        found: list[Row] = []
        while self._next and self._next[0] <= day:
            found += self._next[1]
            self._next = next(self._days, None)
        return found


def _grouped(races: Iterator[Race]) -> Iterator[tuple[date, dict[RaceKey, Race]]]:
    """Races in the order of the files, by day."""
    for day, group in groupby(races, lambda race: race.key.day):
        yield day, {race.key: race for race in group}
