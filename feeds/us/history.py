"""Reads North American records: events in the order in which they could be known."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from itertools import groupby
from pathlib import Path

from feeds.order import Batch, Named, in_order
from feeds.tables import Row, letter
from feeds.telling import ONE_DAY
from feeds.us import chart_files, chart_rows
from feeds.us.cards import Card, card_events, entry_of, profile_event, run_events, work_events
from feeds.us.chart import Chart
from feeds.us.chart_events import chart_events
from feeds.us.chart_files import Told
from feeds.us.files import FIELDS, Found, Source, find, lines_of, table_of
from feeds.us.past_runs import at
from feeds.us.words import MOST_RACES, day_of, horse_id_of, track_of, whole
from schemas.errors import FeedError
from schemas.identity import micros

SOURCE = "us"
FIRST_DAY = date(1900, 1, 1)
"""Before all days that can be."""

Days = tuple[date, date]


def read(
    paths: Path | Sequence[Path],
    start: date | None = None,
    end: date | None = None,
    counts: Counter[str] | None = None,
) -> Iterator[Named]:
    """Events of all races from `start` to `end` (local days, both included), by recorded time.

    A card's past races and works come with it, however old. They are all held until the last file of past
    performances is read, for they reach back; of charts a card is held at a time, of rows a table. What is
    told twice counts once; what cannot be understood is a DeadLetter. Raises FeedError where the paths hold
    no such records.
    """
    counts = Counter() if counts is None else counts
    found = find([paths] if isinstance(paths, Path) else paths, counts)
    days = (start or date.min, end or date.max)
    yield from in_order(_batches(found, days, counts), counts)


def _batches(found: Found, days: Days, counts: Counter[str]) -> Iterator[Batch]:
    yield Batch(0, [letter(SOURCE, Row(name, {}), reason) for name, reason in found.broken])
    past = _Past(days, counts)
    for source in found.past:
        yield Batch(0, past.events(source))
    for day, races, rejected in _charted(found, counts):
        wanted = races if days[0] <= day <= days[1] else []
        counts["races"] += len(wanted)
        events = [named for chart in wanted for named in chart_events(chart)]
        yield Batch(_earliest(day), [*rejected, *events])


def _earliest(day: date) -> int:
    """No card of that day is known before, wherever it is run."""
    return micros(datetime.combine(day - ONE_DAY, time(0), UTC)) if day > FIRST_DAY else 0


class _Past:
    """Past-performance files, of which several tell the same: each race, run and work counts once."""

    def __init__(self, days: Days, counts: Counter[str]) -> None:
        self._days, self._counts = days, counts
        self._seen: set[str] = set()

    def events(self, source: Source) -> list[Named]:
        """All that a file tells and the ones before did not."""
        found: list[Named] = []
        cards: dict[str, Card] = {}
        for told in lines_of(source):
            try:
                card, new = self._card(cards, told)
            except ValueError as failure:
                found.append(_rejected(told, f"not a line of past performances: {failure}"))
                continue
            if new:
                found += self._of_horse(card, told)
        for card in cards.values():
            try:
                found += self._new(card_events(card))
                self._counts["races"] += 1
            except ValueError as failure:
                found.append(_rejected(Told(source.name, card.lines[0]), f"{card.race_id}: {failure}"))
        return found

    def _card(self, cards: dict[str, Card], told: Told) -> tuple[Card, bool]:
        """The race that a line belongs to, with the line in it; whether it is of the days asked for."""
        line = told.whole(FIELDS, FIELDS)
        track, day, race_number = track_of(at(line, 1)), day_of(at(line, 2)), whole(at(line, 3), MOST_RACES)
        if race_number is None:
            raise ValueError("the race has no number")
        card = Card(track, day, race_number)
        if not self._days[0] <= day <= self._days[1]:
            return card, False
        entry_of(line, day)  # says here, and not when the card is made, which line is wrong
        runner = f"{card.race_id}:{horse_id_of(at(line, 45))}"
        if runner in self._seen:
            self._counts["repeated runners"] += 1
            return card, False
        self._seen.add(runner)
        card = cards.setdefault(card.race_id, card)
        card.lines.append(line)
        return card, True

    def _of_horse(self, card: Card, told: Told) -> Iterator[Named]:
        """Profile, past races and works of the horse of a line."""
        yield from self._new([profile_event(card, told.cells)])
        for kind, events in (("past race", run_events), ("work", work_events)):
            for n, event in events(told.cells):
                if isinstance(event, ValueError):
                    yield _rejected(
                        told, f"not a {kind} (the {n + 1}. of the line): {event}", f":{kind} {n + 1}"
                    )
                else:
                    yield from self._new([event])

    def _new(self, events: Iterable[Named]) -> Iterator[Named]:
        for named in events:
            if named[1]["event_id"] in self._seen:
                self._counts[f"{named[0]} told again"] += 1
                continue
            self._seen.add(named[1]["event_id"])
            yield named


def _rejected(told: Told, reason: str, part: str = "") -> Named:
    return letter(SOURCE, Row(told.origin + part, {}, ",".join(told.cells).encode()), reason)


Charted = tuple[date, list[Chart], list[Named]]
"""The charts of a day, and what was rejected on the way."""


def _charted(found: Found, counts: Counter[str]) -> Iterator[Charted]:
    """Charts of tables and files by their day; a card's files are read when it is their turn."""
    days: list[tuple[date, int, Charted | dict[str, Source]]] = []
    for source in found.rows:
        days += ((each[0], len(days), each) for each in _of_rows(source, counts))
    for name, parts in sorted(found.charts.items()):
        if "1" in parts and "2" in parts:
            days.append((_day_of(parts["1"]), len(days), parts))
        else:
            missing = ".1, of races," if "1" not in parts else ".2, of starters,"
            reason = (
                f"the chart {Path(name).name} lacks its file {missing} without which the others say nothing"
            )
            yield FIRST_DAY, [], [letter(SOURCE, Row(Path(name).name, {}), reason)]
    for day, _, each in sorted(days, key=lambda entry: entry[:2]):
        yield each if isinstance(each, tuple) else _of_files(day, each)


def _of_rows(source: Source, counts: Counter[str]) -> Iterator[Charted]:
    try:
        track = chart_rows.track_of_file(source.name)
    except FeedError as error:
        yield FIRST_DAY, [], [letter(SOURCE, Row(source.name, {}), str(error))]
        return
    races, rejected, repeated = chart_rows.charts(track, table_of(source))
    counts["repeated lines"] += repeated
    yield FIRST_DAY, [], [letter(SOURCE, row, reason) for row, reason in rejected]
    for day, group in groupby(races, lambda chart: chart.day):
        yield day, list(group), []


def _day_of(races: Source) -> date:
    """The day of a card's files; of one that says none the first there is, so that it is told at once."""
    for each in lines_of(races):
        try:
            return day_of(each.cells[1])
        except (ValueError, IndexError):
            break
    return FIRST_DAY


def _of_files(day: date, parts: dict[str, Source]) -> Charted:
    races, wrong = chart_files.charts({part: list(lines_of(source)) for part, source in parts.items()})
    return day, races, [_rejected(line, reason) for line, reason in wrong]
