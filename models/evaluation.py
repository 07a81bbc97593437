"""Judges what is believed out of sample: walk-forward by season, against the public, with paired tests."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import pairwise

import numpy as np

from models import exotics, places, value
from models.combination import fit_combined
from models.layout import Flags, Floats
from models.losses import paired_z, winner_loss
from models.performance import Beliefs
from models.softmax import softmax, spread
from models.table import Table
from models.training import fit_beliefs, fit_places, fits_asked
from models.windows import Done, Fits, known_before

BINS = (0.0, 0.02, 0.04, 0.06, 0.08, 0.11, 0.14, 0.18, 0.24, 0.32, 1.0)
PLACE_BINS = (0.0, 0.08, 0.14, 0.2, 0.26, 0.32, 0.4, 0.48, 0.58, 0.7, 1.0)
POOLS = {"exacta": (2, True), "quinella": (2, False), "tierce": (3, True), "trio": (3, False)}
FULL_FIELD = 7  # runners from which three places are paid, else two

Row = dict[str, str | float | int]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Season:
    """One test season: the races that count, and win probabilities (rows,) by model."""

    name: str
    table: Table
    win: Mapping[str, Floats]
    exponents: tuple[float, ...]
    left_out: tuple[str, ...] = ()
    """Groups of features that were left out of all fits."""


def seasons(first: date, last: date) -> list[tuple[date, date]]:
    """Twelve months at a time from the first of a month to the end of a month, half-open.

    >>> seasons(date(2022, 9, 1), date(2024, 8, 1))[1]
    (datetime.date(2023, 9, 1), datetime.date(2024, 9, 1))
    """
    end = _months_on(last, 1)
    found = []
    while first < end:
        found.append((first, min(_months_on(first, 12), end)))
        first = _months_on(first, 12)
    return found


def walk(
    table: Table,
    first: date,
    last: date,
    *,
    seed: int,
    trees: bool = True,
    say: Say = lambda _: None,
    done: Done = lambda: None,
) -> Iterator[Season]:
    """Each season judged by what was fitted on the races before its first day.

    Without `trees` only the public and what is combined with it are fitted, form alone is not. A season
    with too few races before it, or without a race that counts, is left out. `done` is called as often as
    `fits_of_walk` says.
    """
    fits = Fits(table, seed, done=done)
    for name, day, test in _tests(table, first, last):
        say(name)
        if trees:
            beliefs = fit_beliefs(fits, day, partial(_say, say, name))
            if beliefs is not None:
                yield Season(name, test, win_of(beliefs, test), beliefs.exponents, beliefs.left_out)
        elif (found := fit_combined(fits, day)) is not None:
            combined, left_out = found
            public, exponents = fit_places(table.where(known_before(table, day)))
            win = {
                "public": public.win(test.log_share, test.start),
                "combined": combined.win(test.features, test.log_share, test.start),
            }
            yield Season(name, test, win, exponents, left_out)


def fits_of_walk(table: Table, first: date, last: date, *, trees: bool = True) -> int:
    """How many fits `walk` asks for."""
    return sum(fits_asked(table, day, trees) for _, day, _ in _tests(table, first, last))


def _tests(table: Table, first: date, last: date) -> Iterator[tuple[str, float, Table]]:
    """Name, first day and races that count of each season that has any."""
    for start, end in seasons(first, last):
        day = float(start.toordinal())
        test = table.where((table.day >= day) & (table.day < end.toordinal()) & table.sample())
        if len(test):
            yield _name(start, end), day, test


def win_of(beliefs: Beliefs, table: Table) -> dict[str, Floats]:
    """Win probabilities of each model, (rows,)."""
    features, start, share = table.features, table.start, table.log_share
    return {
        "public": beliefs.public.win(share, start),
        "fundamental": beliefs.fundamental.win(features, start),
        "combined": beliefs.combined.win(features, share, start),
        "net": softmax(beliefs.fundamental.net.score(features, start), start),
        "boosted": softmax(beliefs.fundamental.boosted.score(features), start),
    }


def rows(judged: Sequence[Season]) -> list[Row]:
    """R2, log-loss a race, and difference in R2 from the public with its paired z, by season and pooled.

    R2 = 1 - L / L(1/N), with L the log-loss of the winners and N the runners; z is that of the mean paired
    difference of the races' log-losses. Source: Bolton and Chapman (1986); Diebold and Mariano (1995).
    """
    found: list[Row] = []
    names = list(judged[0].win) if judged else []
    samples = [(season.name, [season]) for season in judged]
    if len(judged) > 1:
        samples.append(("pooled", list(judged)))
    for sample, held in samples:
        even = np.concatenate([np.log(season.table.runners) for season in held])
        public = np.concatenate([winner_loss(season.win["public"], season.table) for season in held])
        for name in names:
            loss = np.concatenate([winner_loss(season.win[name], season.table) for season in held])
            found.append(
                {
                    "model": name,
                    "sample": sample,
                    "races": len(loss),
                    "r2": round(1.0 - float(loss.sum() / even.sum()), 5),
                    "log_loss": round(float(loss.mean()), 5),
                    "delta_r2": round(float((public.sum() - loss.sum()) / even.sum()), 5),
                    "z": round(paired_z(public - loss), 2),
                }
            )
    return found


def calibration(judged: Sequence[Season], model: str) -> list[Row]:
    """What was said and what came in ten bins of win and of place probability, in percentage points."""
    win = np.concatenate([season.win[model] for season in judged])
    won = np.concatenate([season.table.position == 1.0 for season in judged])
    found = _bins("win", model, win, won, BINS)
    placed = [_places(season, model) for season in judged]
    said = np.concatenate([each[0] for each in placed])
    came = np.concatenate([each[1] for each in placed])
    return [*found, *_bins("place", model, said, came, PLACE_BINS)]


def calibration_errors(bins: Sequence[Row]) -> list[Row]:
    """Of `calibration`, by kind: mean error over the runners and the largest of a bin, in points."""
    found: list[Row] = []
    for kind in dict.fromkeys(row["kind"] for row in bins):
        held = [row for row in bins if row["kind"] == kind]
        runners = np.array([row["runners"] for row in held], dtype=np.float64)
        errors = np.abs(np.array([row["error"] for row in held], dtype=np.float64))
        found.append(
            {
                "kind": kind,
                "model": held[0]["model"],
                "mean_error": round(float((errors * runners).sum() / runners.sum()), 2),
                "largest_error": round(float(errors.max()), 2),
            }
        )
    return found


def money(judged: Sequence[Season], model: str) -> list[Row]:
    """How bets that a model calls worth their price fared, and its longshots' chances, said and come."""
    win, public = (np.concatenate([s.win[name] for s in judged]) for name in (model, "public"))
    odds = np.concatenate([season.table.odds for season in judged])
    won = np.concatenate([season.table.position == 1.0 for season in judged])
    chosen = value.longshots(win, public, odds)
    long = _bins("longshot", model, win[chosen], won[chosen], (0.0, 0.03, 0.06, 0.1, 1.0))
    return [{"model": model, **row} for row in value.fared(win, odds, won)] + long


def exotic_rows(judged: Sequence[Season], model: str = "public") -> list[Row]:
    """Log-loss a race of what came in each pool by discounted and by plain Harville, and its paired z."""
    found: list[Row] = []
    for pool, (count, ordered) in POOLS.items():
        chance = exotics.order_log_chance if ordered else exotics.set_log_chance
        plain, discounted = [], []
        for season in judged:
            said = (season.win[model], season.table.position, season.table.start, count)
            plain.append(chance(*said, places.HARVILLE))
            discounted.append(chance(*said, season.exponents))
        before, after = np.concatenate(plain), np.concatenate(discounted)
        known = np.isfinite(before)
        gain = (after - before)[known]
        found.append(
            {
                "pool": pool,
                "races": int(known.sum()),
                "harville_log_loss": round(-float(before[known].mean()), 5),
                "discounted_log_loss": round(-float(after[known].mean()), 5),
                "gain": round(float(gain.mean()), 5),
                "z": round(paired_z(gain), 2),
            }
        )
    return found


def _bins(kind: str, model: str, said: Floats, came: Flags, edges: Sequence[float]) -> list[Row]:
    found: list[Row] = []
    for low, high in pairwise(edges):
        held = (said >= low) & (said < high)
        if not held.any():
            continue
        mean, share, count = float(said[held].mean()), float(came[held].mean()), int(held.sum())
        error = float(np.sqrt(max(mean * (1.0 - mean), 1e-9) / count))
        found.append(
            {
                "kind": kind,
                "model": model,
                "from": low,
                "to": high,
                "runners": count,
                "said": round(100.0 * mean, 2),
                "came": round(100.0 * share, 2),
                "error": round(100.0 * (share - mean), 2),
                "z": round(float((share - mean) / error), 2),
            }
        )
    return found


def _places(season: Season, model: str) -> tuple[Floats, Flags]:
    """Place probability of each runner, and whether it was placed."""
    table = season.table
    said = np.empty(len(table.position))
    paid = np.where(table.runners >= FULL_FIELD, 3, 2)
    for start, runners, count in zip(table.start, table.runners, paid, strict=True):
        part = slice(start, start + runners)
        said[part] = places.finish_within(season.win[model][None, part], int(count), season.exponents)[0]
    return said, table.position <= spread(paid.astype(np.float64), table.start, len(said))


def _say(say: Say, season: str, what: str) -> None:
    say(f"{season}: {what}")


def _name(start: date, end: date) -> str:
    return f"{start:%Y-%m}..{_months_on(end, -1):%Y-%m}"


def _months_on(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)
