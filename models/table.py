"""Races side by side as arrays, for training and evaluation: features before, finish and odds after."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from models.form.assembly import PastRace
from models.form.book import FormBook
from models.form.facts import RaceFinish
from models.form.features import features
from models.layout import Flags, Floats
from models.softmax import Starts, sizes, spread, sums

FEWEST_RUNNERS = 4
USUAL_BOOK = (1.10, 1.36)  # sum of the inverse odds of a race that was priced and reported whole


@dataclass(frozen=True, slots=True)
class Table:
    """Races one after the other; arrays of a race (races,), of a runner (rows,).

    `day` is an ordinal, `start` the first row of a race, `features` (rows, FEATURES), `position` NaN of one
    that did not finish, `odds` decimal, NaN unknown, `runner_id` and `race_id` names.
    """

    race_id: NDArray[np.str_]
    day: Floats
    start: Starts
    runner_id: NDArray[np.str_]
    features: Floats
    position: Floats
    odds: Floats

    def __len__(self) -> int:
        """Number of races."""
        return len(self.start)

    @property
    def runners(self) -> NDArray[np.intp]:
        """Runners of each race, (races,)."""
        return sizes(self.start, len(self.position))

    @property
    def log_share(self) -> Floats:
        """Log of the public's share, normalised inverse odds, (rows,); NaN in a race not priced whole."""
        inverse = 1.0 / np.where(self.odds > 1.0, self.odds, np.nan)
        share: Floats = np.log(inverse / spread(sums(inverse, self.start), self.start, len(inverse)))
        return share

    def sample(self) -> Flags:
        """Races that count in figures: one winner, at least 4 runners, a book from 1.10 to 1.36, (races,)."""
        winners = sums((self.position == 1.0).astype(np.float64), self.start)
        with np.errstate(invalid="ignore"):
            book = sums(1.0 / np.where(self.odds > 1.0, self.odds, np.nan), self.start)
            usual = (book > USUAL_BOOK[0]) & (book < USUAL_BOOK[1])
        counted: Flags = (winners == 1.0) & (self.runners >= FEWEST_RUNNERS) & usual
        return counted

    def where(self, races: Flags) -> "Table":
        """The table of these races alone."""
        rows = np.repeat(races, self.runners)
        start = np.concatenate([[0], np.cumsum(self.runners[races])[:-1]]).astype(np.intp)
        return Table(
            self.race_id[races],
            self.day[races],
            start if races.any() else start[:0],
            self.runner_id[rows],
            self.features[rows],
            self.position[rows],
            self.odds[rows],
        )

    def digest(self) -> str:
        """SHA-256 over all arrays: the hash of the data that a model is trained on."""
        found = sha256()
        for array in (self.day, self.start, self.features, self.position, self.odds):
            found.update(np.ascontiguousarray(array).tobytes())
        for names in (self.race_id, self.runner_id):
            found.update("\n".join(names.tolist()).encode())
        return found.hexdigest()


def joined(tables: Sequence[Table]) -> Table:
    """Tables one after the other."""
    rows = np.cumsum([0, *(len(table.position) for table in tables)])
    return Table(
        race_id=np.concatenate([table.race_id for table in tables]),
        day=np.concatenate([table.day for table in tables]),
        start=np.concatenate([table.start + row for table, row in zip(tables, rows, strict=False)]),
        runner_id=np.concatenate([table.runner_id for table in tables]),
        features=np.concatenate([table.features for table in tables]),
        position=np.concatenate([table.position for table in tables]),
        odds=np.concatenate([table.odds for table in tables]),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One race of a table."""

    race_id: str
    day: float
    runner_id: tuple[str, ...]
    features: Floats
    position: Floats
    odds: Floats


def tabulate(
    races: Iterable[PastRace], book: FormBook | None = None, seen: Callable[[PastRace], None] | None = None
) -> Table:
    """Fold races, in the order of their days, through the form book, each looked at before its day is learnt.

    Races of fewer than two runners, or without any finisher, are learnt but not tabulated. `seen` is called
    with each race, for a progress bar.
    """
    rows = list(_rows(races, FormBook() if book is None else book, seen))
    counts = [len(row.position) for row in rows]
    start = np.concatenate([[0], np.cumsum(counts)[:-1]]) if rows else np.zeros(0)
    return Table(
        race_id=np.array([row.race_id for row in rows], dtype=np.str_),
        day=np.array([row.day for row in rows], dtype=np.float64),
        start=start.astype(np.intp),
        runner_id=np.array([name for row in rows for name in row.runner_id], dtype=np.str_),
        features=np.concatenate([row.features for row in rows]) if rows else np.zeros((0, 0)),
        position=np.concatenate([row.position for row in rows]) if rows else np.zeros(0),
        odds=np.concatenate([row.odds for row in rows]) if rows else np.zeros(0),
    )


def _rows(
    races: Iterable[PastRace], book: FormBook, seen: Callable[[PastRace], None] | None
) -> Iterator[Row]:
    for day, group in groupby(races, key=lambda race: race.facts.race_date):
        held = list(group)
        book.settle(day, min((race.facts.moment for race in held if race.facts.moment), default=None))
        for race in held:
            row = row_of(race, book)
            if len(row.position) > 1 and not np.isnan(row.position).all():
                yield row
            if seen is not None:
                seen(race)
        for race in held:
            book.learn(race.facts, race.finish)


def row_of(race: PastRace, book: FormBook) -> Row:
    """What is believed and what came of one race, over those that ran."""
    active = np.array(
        [runner.runner_id not in race.scratched for runner in race.facts.runners], dtype=np.bool_
    )
    ran = [runner.runner_id for runner, runs in zip(race.facts.runners, active, strict=True) if runs]
    position, odds = _ended(race.finish, ran)
    found = features(race.facts, book.look(race.facts), active) if ran else np.zeros((0, 0))
    return Row(race.facts.race_id, float(race.facts.race_date.toordinal()), tuple(ran), found, position, odds)


def _ended(finish: RaceFinish, runners: list[str]) -> tuple[Floats, Floats]:
    by_id = {each.runner_id: (each.position, each.odds) for each in finish.runners}
    ended = np.array([by_id.get(name, (np.nan, np.nan)) for name in runners], dtype=np.float64).reshape(-1, 2)
    return ended[:, 0].copy(), ended[:, 1].copy()
