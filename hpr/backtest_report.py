"""Reports of hpr backtest: what is taken for granted, the page and its JSON, lines for a terminal."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import typer

if TYPE_CHECKING:
    from streams.backtest.figures import Report
    from streams.backtest.outcome import Outcome, Setup
    from streams.backtest.walk import Walk


def assumptions(setup: "Setup") -> list[str]:
    """What a run takes for granted, in words."""
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


def reports_of(
    outcome: "Outcome", tried: int, terms: list[str], walked_by: str | None
) -> "tuple[list[Report], Walk | None]":
    """A report a strategy, or of a walk over a grid the one of what it chose."""
    from streams.backtest.figures import report_of
    from streams.backtest.walk import walk

    if walked_by is None:
        return [report_of(ledger, outcome, tried, terms) for ledger in outcome.ledgers], None
    walked = walk(outcome.ledgers, {"year": 4, "month": 7, "day": 10}[walked_by])
    return [report_of(walked.ledger, outcome, tried, terms)], walked


def write(out: Path, reports: "list[Report]", title: str, walked: "Walk | None") -> None:
    """The report as a page, and beside it as JSON."""
    from streams.backtest.page import page

    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page(reports, title, walked), encoding="utf-8")
    told: dict[str, Any] = {"title": title, "strategies": [report.told() for report in reports]}
    if walked is not None:
        told["walk"] = {"points": walked.points, "choices": [choice._asdict() for choice in walked.choices],
                        "hindsight": walked.hindsight, "hindsight_roi": walked.hindsight_roi}  # fmt: skip
    out.with_suffix(".json").write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))


def show(reports: "list[Report]", outcome: "Outcome", seconds: float, json: bool) -> None:
    """A line a strategy, or all figures as JSON."""
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
