"""hpr backtest: strategies over history, with a report."""

import gc
import importlib.util
import inspect
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, cast

import orjson
import typer

from hpr.journal import tried_on
from hpr.options import AsJson
from schemas.errors import SettingsError
from schemas.records import Event

if TYPE_CHECKING:
    from streams.backtest.bets import Venue
    from streams.backtest.figures import Report
    from streams.backtest.outcome import Entrant, Outcome, Setup
    from streams.backtest.staking import Stakes
    from streams.backtest.strategies import Recipe, Strategy
    from streams.backtest.walk import Walk

History = Literal["hong-kong", "uk-ire", "anz-bsp", "betfair", "simulator"]
Days = tuple[date | None, date | None]
VENUES = {"hong-kong": "TOTE", "uk-ire": "STARTING_PRICE", "anz-bsp": "STARTING_PRICE"}
"""Where bets on each history are made, if not on an exchange."""

SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def backtest(
    strategy: Annotated[
        list[str],
        typer.Argument(help="favourite, random, a rule (.toml), or FILE.py:Class. Several share one run."),
    ],
    *,
    data: Annotated[
        list[Path] | None, typer.Option(help="Folder of records, or captures; the simulator needs none.")
    ] = None,
    history: Annotated[History, typer.Option(help="Whose records they are.")] = "hong-kong",
    start: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of races.")
    ] = None,
    end: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of races.")
    ] = None,
    at: Annotated[
        str,
        typer.Option(help="When to decide: close, change, 10m, 5m, 1m, 10s before the off; comma separated."),
    ] = "close",
    pool: Annotated[str, typer.Option(help="Pool that favourite and random bet on.")] = "WIN",
    venue: Annotated[
        Literal["TOTE", "FIXED", "STARTING_PRICE", "EXCHANGE"] | None,
        typer.Option(help="Where they bet; what the records are of if left out."),
    ] = None,
    stake: Annotated[str, typer.Option(help="flat:10, proportional:0.01 or kelly:0.25.")] = "flat:10",
    bankroll: Annotated[float, typer.Option(min=0.01, help="Money to begin with.")] = 100_000.0,
    daily_loss: Annotated[
        float | None, typer.Option(min=0.01, help="Money that may be lost in a day.")
    ] = None,
    commission: Annotated[float, typer.Option(min=0, max=0.5, help="Commission of the exchange.")] = 0.05,
    delay: Annotated[float, typer.Option(min=0, help="Seconds until an exchange order is placed.")] = 1.0,
    pool_size: Annotated[
        float | None, typer.Option(min=1, help="Money in a pool, so that own stakes move dividends.")
    ] = None,
    takeout: Annotated[
        float, typer.Option(min=0, max=0.5, help="The pool's takeout, with --pool-size.")
    ] = 0.175,
    walk: Annotated[
        Literal["year", "month", "day"] | None,
        typer.Option(help="Walk forward over the grid of a rule, by period."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the strategy random, and of the simulator.")] = 1,
    races: Annotated[int, typer.Option(min=1, help="Races that the simulator runs.")] = 20,
    out: Annotated[Path | None, typer.Option(help="The report: .html, and .json beside it.")] = None,
    journal: Annotated[
        Path, typer.Option(help="File that counts the strategies tried on the same races.")
    ] = Path(".hpr/backtests.jsonl"),
    json: AsJson = False,
) -> None:
    """Run strategies over past races, as if betting then, and report what would have become of it.

    Example: hpr backtest favourite random --data data/ --from 2022-09-01 --to 2025-07-16 --out report.html
    """
    from streams.backtest.outcome import Setup
    from streams.backtest.settle import Terms
    from streams.backtest.staking import stakes_of

    began = time.perf_counter()
    setup = Setup(decisions_of(at), Terms(commission, delay, pool_size, takeout))
    chosen = venue or VENUES.get(history, "EXCHANGE")
    usual = Usual(pool, cast("Venue", chosen), seed)
    entrants = _entrants(strategy, usual, bool(walk), stakes_of(stake, daily_loss), bankroll)
    days = (start and start.date(), end and end.date())
    gc.freeze()
    gc.disable()
    counts: Counter[str] = Counter()
    events = (
        _events(history, data or [], days, counts)
        if history != "simulator"
        else _simulated(seed, races, days)
    )
    outcome = _run(events, entrants, setup)
    gc.enable()
    outcome.counts["dead letters while reading: see hpr feed"] += counts["DeadLetter"]
    outcome.counts = +outcome.counts
    key = f"{history} {days[0]} {days[1]} {' '.join(sorted(str(path) for path in data or []))}"
    tried = tried_on(journal, key, [f"{e.name} {at} {stake}" for e in entrants])
    reports, walked = _reports(outcome, tried, _assumptions(setup), walk)
    title = f"Backtest on {history}, {days[0] or 'first'} to {days[1] or 'last day'}"
    if out is not None:
        _write(out, reports, title, walked)
    _print(reports, outcome, time.perf_counter() - began, json)


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


def _entrants(
    names: list[str], usual: "Usual", grid: bool, stakes: "Stakes", bankroll: float
) -> "list[Entrant]":
    from streams.backtest.outcome import Entrant
    from streams.backtest.strategies import Recipe
    from streams.backtest.walk import MOST_POINTS, points

    found: list[tuple[str, Strategy]] = []
    for name in names:
        loaded = _load(name, usual)
        if not isinstance(loaded, Recipe):
            found.append((name, loaded))
            continue
        tried = points(dict(loaded.grid)) if grid else [{}]
        if len(tried) > MOST_POINTS:
            raise SettingsError(f"{name}: a grid of {len(tried)} points: at most {MOST_POINTS}")
        for point in tried:
            label = ", ".join(f"{key} {value:g}" for key, value in point.items())
            found.append((f"{loaded.name} ({label})" if label else loaded.name, loaded.rule(**point)))
    return [Entrant(name, each, stakes, bankroll) for name, each in found]


class Usual(NamedTuple):
    """What the strategies that come with the project bet on."""

    pool: str
    venue: "Venue"
    seed: int


def _load(name: str, usual: Usual) -> "Strategy | Recipe":
    from streams.backtest.strategies import Blind, Favourite, recipe_of

    if name == "favourite":
        return Favourite(usual.pool, usual.venue)
    if name == "random":
        return Blind(usual.seed, usual.pool, usual.venue)
    path, _, wanted = name.partition(":")
    if not Path(path).is_file():
        raise SettingsError(f"{name}: no such strategy: favourite, random, a .toml rule, or FILE.py:Class")
    if Path(path).suffix == ".toml":
        try:
            told = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path} is no TOML: {error}") from error
        return recipe_of({"venue": usual.venue, **told}, Path(path).stem)
    return _loaded(Path(path), wanted)


def _loaded(path: Path, wanted: str) -> "Strategy":
    """An instance of a class in a Python file: the one named, or the only one that has on_race."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise SettingsError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
        kinds = {
            name: kind
            for name, kind in inspect.getmembers(module, inspect.isclass)
            if hasattr(kind, "on_race") and kind.__module__ == path.stem
        }
        kind = kinds[wanted] if wanted else next(iter(kinds.values()))
        made = cast("Strategy", kind())
    except (KeyError, StopIteration) as error:
        raise SettingsError(f"{path} has no class {wanted or ''} with on_race(board, prediction)") from error
    except Exception as error:
        raise SettingsError(f"{path} does not load: {error!r}") from error
    return made


def _events(
    history: History, data: list[Path], days: Days, counts: Counter[str]
) -> Iterator[tuple[str, Event]]:
    from feeds import anz_bsp, hong_kong, uk_ire
    from feeds.betfair.recorded import recorded

    if not data:
        raise SettingsError(f"--data: the folder of the {history} records, or --history simulator")
    if history == "betfair":
        for _, named in recorded(data):
            counts.update(name for name, _ in named if name == "DeadLetter")
            yield from named
        return
    if len(data) != 1:
        raise SettingsError(f"--data: one folder of {history} records, not {len(data)}")
    read = {"hong-kong": hong_kong.read, "uk-ire": uk_ire.read, "anz-bsp": anz_bsp.read}[history]
    yield from read(data[0], *days, counts)


def _simulated(seed: int, races: int, days: Days) -> Iterator[tuple[str, Event]]:
    from dataclasses import replace

    from feeds import simulator as world

    first = days[0] or date(2026, 1, 1)
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return iter(world.events(replace(world.demo(seed, start), races=races)))


def _run(events: Iterator[tuple[str, Event]], entrants: "list[Entrant]", setup: "Setup") -> "Outcome":
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from streams.backtest.run import run

    if not sys.stderr.isatty():
        return run(events, entrants, setup)
    columns = (SpinnerColumn(), TextColumn("{task.completed:,} events"), TimeElapsedColumn())
    with Progress(*columns, transient=True) as progress:
        return run(progress.track(events), entrants, setup)


def _assumptions(setup: "Setup") -> list[str]:
    terms = setup.terms
    size = (
        "Own stakes are taken as too small to move a dividend; --pool-size says otherwise."
        if terms.pool_size is None
        else f"Pools are taken to hold {terms.pool_size:,.0f}, with a takeout of {terms.takeout:.1%}."
    )
    return [
        size,
        "Bets on runners taken out are paid back; so are those of pools without a dividend.",
        f"Exchange orders wait {terms.delay_seconds:g} s, lapse at the off, and pay "
        f"{terms.commission:.1%} commission of what each wins.",
        "It helps a person decide; it never bets, and never promises.",
    ]


def _reports(
    outcome: "Outcome", tried: int, terms: list[str], walked_by: str | None
) -> "tuple[list[Report], Walk | None]":
    from streams.backtest.figures import report_of
    from streams.backtest.walk import walk

    if walked_by is None:
        return [report_of(ledger, outcome, tried, terms) for ledger in outcome.ledgers], None
    walked = walk(outcome.ledgers, {"year": 4, "month": 7, "day": 10}[walked_by])
    return [report_of(walked.ledger, outcome, tried, terms)], walked


def _write(out: Path, reports: "list[Report]", title: str, walked: "Walk | None") -> None:
    from streams.backtest.page import page

    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page(reports, title, walked), encoding="utf-8")
    told: dict[str, Any] = {"title": title, "strategies": [report.told() for report in reports]}
    if walked is not None:
        told["walk"] = {"points": walked.points, "choices": [choice._asdict() for choice in walked.choices],
                        "hindsight": walked.hindsight, "hindsight_roi": walked.hindsight_roi}  # fmt: skip
    out.with_suffix(".json").write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))


def _print(reports: "list[Report]", outcome: "Outcome", seconds: float, json: bool) -> None:
    if json:
        figures = {
            "races": outcome.races,
            "seconds": round(seconds, 1),
            "strategies": [r.told() for r in reports],
        }
        typer.echo(orjson.dumps(figures).decode())
        return
    if reports and reports[0].notes:
        typer.echo(reports[0].notes[0])
    typer.echo(f"{outcome.races} races, {seconds:.1f} s")
    for report in reports:
        sure = report.roi_interval
        text = f", 95 % {sure[0]:+.1%} to {sure[1]:+.1%}" if sure else ""
        back = "no bets settled" if report.roi is None else f"return {report.roi:+.2%}{text}"
        won = f"{report.strike_rate:.1%} won, " if report.strike_rate is not None else ""
        typer.echo(f"{report.name}: {report.bets} bets, {won}turnover {report.turnover:,.0f}, {back}")
