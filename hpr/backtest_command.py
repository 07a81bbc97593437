"""hpr backtest: strategies over history, with a report."""

import gc
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from hpr.backtest_models import form_of, words
from hpr.backtest_options import (
    At,
    Bankroll,
    Commission,
    DailyLoss,
    Data,
    Delay,
    End,
    History,
    Journal,
    Models,
    Out,
    Pool,
    PoolSize,
    Races,
    Seed,
    Stake,
    Start,
    Strategies,
    Takeout,
    Walked,
    Where,
    Whose,
)
from hpr.backtest_report import assumptions, reports_of, show, write
from hpr.backtest_strategies import Usual, entrants_of, pool_of
from hpr.histories import reader
from hpr.journal import tried_on
from hpr.options import AsJson
from schemas.errors import SettingsError
from schemas.records import Event

if TYPE_CHECKING:
    from streams.backtest.bets import Venue
    from streams.backtest.outcome import Entrant, Outcome, Setup
    from streams.backtest.settle import Terms

Days = tuple[date | None, date | None]
VENUES = {"hong-kong": "TOTE", "us": "TOTE", "uk-ire": "STARTING_PRICE", "anz-bsp": "STARTING_PRICE"}
"""Where bets on each history are made, if not on an exchange."""

SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
JOURNAL = Path(".hpr/backtests.jsonl")


def backtest(
    strategy: Strategies,
    *,
    data: Data = None,
    history: Whose = "hong-kong",
    start: Start = None,
    end: End = None,
    model: Models = None,
    at: At = "close",
    pool: Pool = "WIN",
    venue: Where = None,
    stake: Stake = "flat:10",
    bankroll: Bankroll = 100_000.0,
    daily_loss: DailyLoss = None,
    commission: Commission = 0.05,
    delay: Delay = 1.0,
    pool_size: PoolSize = None,
    takeout: Takeout = 0.175,
    walk: Walked = None,
    seed: Seed = 1,
    races: Races = 20,
    out: Out = None,
    journal: Journal = JOURNAL,
    json: AsJson = False,
) -> None:
    """Run strategies over past races, as if betting then, and report what would have become of it.

    Example: hpr backtest favourite random --data data/ --from 2022-09-01 --to 2025-07-16 --out report.html
    """
    from streams.backtest.settle import Terms
    from streams.backtest.staking import stakes_of

    began = time.perf_counter()
    days = (start and start.date(), end and end.date())
    setup = _setup(decisions_of(at), Terms(commission, delay, pool_size, takeout), model, history, days)
    usual = Usual(pool_of(pool), cast("Venue", venue or VENUES.get(history, "EXCHANGE")), seed)
    entrants = entrants_of(strategy, usual, bool(walk), stakes_of(stake, daily_loss), bankroll)
    counts: Counter[str] = Counter()
    # Form is learnt from all races there are, whatever the first day bet on.
    read = (None if setup.form else days[0], days[1])
    told = (
        _simulated(seed, races, days)
        if history == "simulator"
        else _events(history, data or [], read, counts)
    )
    outcome = _run(told, entrants, setup)
    gc.enable()
    outcome.counts["dead letters while reading: see hpr feed"] += counts["DeadLetter"]
    outcome.counts = +outcome.counts
    key = f"{history} {days[0]} {days[1]} {' '.join(sorted(str(path) for path in data or []))}"
    named = [f"{e.name} {at} {stake} {' '.join(sorted(model or []))}".rstrip() for e in entrants]
    granted = assumptions(setup) + (words(setup.form) if setup.form else [])
    reports, walked = reports_of(outcome, tried_on(journal, key, named), granted, walk)
    title = f"Backtest on {history}, {days[0] or 'first'} to {days[1] or 'last day'}"
    if out is not None:
        write(out, reports, title, walked)
    show(reports, outcome, time.perf_counter() - began, json)


def decisions_of(text: str) -> tuple[str | float, ...]:
    """Decisions of "close,change,10m,10s", with or without a minus. Raises SettingsError for other text."""
    found: list[str | float] = []
    for part in (part.strip().lstrip("-") for part in text.split(",")):
        if part in ("close", "change"):
            found.append(part)
            continue
        try:
            found.append(float(part[:-1]) * SECONDS[part[-1:]])
        except (KeyError, ValueError) as error:
            raise SettingsError(f"--at {part}: write close, change, or a time such as 10m or 10s") from error
    return tuple(found)


def _setup(
    decisions: tuple[str | float, ...], terms: "Terms", models: list[str] | None, history: History, days: Days
) -> "Setup":
    from streams.backtest.outcome import Setup
    from streams.scoring import default_scorer

    if not models:
        return Setup(decisions, terms)
    form = form_of(models, history, days[0])
    return Setup(decisions, terms, default_scorer(form), form)


def _events(
    history: History, data: list[Path], days: Days, counts: Counter[str]
) -> Iterator[tuple[str, Event]]:
    from feeds.betfair.recorded import recorded

    if not data:
        raise SettingsError(f"--data: the folder of the {history} records, or --history simulator")
    if history == "betfair":
        for _, named in recorded(data):
            counts.update(name for name, _ in named if name == "DeadLetter")
            yield from named
    elif history != "simulator":
        yield from reader(history)(data, *days, counts)


def _simulated(seed: int, races: int, days: Days) -> Iterator[tuple[str, Event]]:
    from dataclasses import replace

    from feeds import simulator as world

    first = days[0] or date(2026, 1, 1)
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return iter(world.events(replace(world.demo(seed, start), races=races)))


def _run(events: Iterator[tuple[str, Event]], entrants: "list[Entrant]", setup: "Setup") -> "Outcome":
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from streams.backtest.run import run

    if setup.form is None:  # else it runs for long
        gc.freeze()
        gc.disable()
    if not sys.stderr.isatty():
        return run(events, entrants, setup)
    columns = (SpinnerColumn(), TextColumn("{task.completed:,} events"), TimeElapsedColumn())
    with Progress(*columns, transient=True) as progress:
        return run(progress.track(events), entrants, setup)
