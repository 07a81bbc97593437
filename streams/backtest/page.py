"""The report as one page of HTML that needs nothing else."""

from collections.abc import Sequence
from html import escape

from streams.backtest import charts
from streams.backtest.figures import Belief, Group, Report
from streams.backtest.walk import Walk

STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#d8dee6;--paper:#fff;--mark:#1769aa;
  --warn:#8a4b00}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebf2;--soft:#9aa7b8;--line:#333d4a;--paper:#12171e;
  --mark:#6cb4ee;--warn:#f0b060}
}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:860px;
  margin:0 auto;padding:1.2rem}
h1{font-size:1.5rem;margin:.2rem 0}
h2{font-size:1.15rem;margin:2rem 0 .4rem;border-bottom:1px solid var(--line)}
h3{font-size:1rem}
.first{color:var(--warn);font-weight:600;border-left:4px solid var(--warn);padding-left:.7rem;
  margin:.3rem 0 1rem}
table{border-collapse:collapse;width:100%;margin:.4rem 0 1rem;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:.2rem .5rem;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left}
th{color:var(--soft);font-weight:500}
svg{width:100%;height:auto}
svg.square{max-width:340px}
svg text{font:11px system-ui,sans-serif;fill:var(--soft)}
.line{fill:none;stroke:var(--mark);stroke-width:2}
.grid{stroke:var(--line)}
.zero{stroke:var(--soft);stroke-dasharray:4 3}
.error{stroke:var(--soft)}
circle{fill:var(--mark)}
ul{padding-left:1.2rem;color:var(--soft)}
"""

HEAD = ("given", "won", "standard error", "runners")


def page(reports: Sequence[Report], title: str, walked: Walk | None = None) -> str:
    """The page of the reports of one run. Its first line is the gravest thing to know."""
    first = next((report.notes[0] for report in reports if report.notes), "")
    parts = [
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<style>{STYLE}</style></head><body>",
        f'<p class="first">{escape(first)}</p>' if first else "",
        f"<h1>{escape(title)}</h1>",
        _summary(reports),
        *(_section(report) for report in reports),
        _walk(walked) if walked else "",
        _beliefs(reports[0].beliefs) if reports else "",
        "</body></html>",
    ]
    return "\n".join(filter(None, parts))


def _summary(reports: Sequence[Report]) -> str:
    head = ("strategy", "bets", "won", "turnover", "profit", "return", "95 % of the return", "drawdown")
    rows = [
        (r.name, f"{r.bets:,}", _share(r.strike_rate), _money(r.turnover), _money(r.profit), _share(r.roi),
         _interval(r.roi_interval), _money(r.drawdown))
        for r in reports
    ]  # fmt: skip
    return _table(head, rows)


def _section(report: Report) -> str:
    span = (
        f"{report.first_day} to {report.last_day}, {report.days} days" if report.days else "no settled bets"
    )
    facts = [
        ("profit, 95 % by race days", _money_interval(report.profit_interval)),
        ("void, not matched", f"{report.void:,}, {report.lapsed:,}"),
        ("commission", _money(report.commission)),
        ("closing-line value", _share(report.closing_line_value)),
    ]
    notes = "".join(f"<li>{escape(note)}</li>" for note in report.notes)
    groups = "".join(_group(what, found) for what, found in report.groups.items() if found)
    return (
        f"<h2>{escape(report.name)}</h2><p>{span}</p>{charts.equity(report.equity)}"
        f"<ul>{notes}</ul>{_table(('figure', 'value'), facts)}{groups}"
    )


def _group(what: str, groups: Sequence[Group]) -> str:
    head = (what, "bets", "won", "staked", "profit", "return")
    rows = [
        (g.name, f"{g.bets:,}", f"{g.won:,}", _money(g.staked), _money(g.profit), _share(g.roi))
        for g in groups
    ]
    return f"<h3>By {escape(what)}</h3>{_table(head, rows)}"


def _walk(walked: Walk) -> str:
    rows = [
        (
            c.period,
            c.name,
            _share(c.before),
            f"{c.bets:,}",
            _money(c.profit),
            _share(c.profit / c.staked if c.staked else None),
        )
        for c in walked.choices
    ]
    return (
        f"<h2>Walking forward</h2><p>{walked.points} settings were tried. Each period is bet with the one "
        f"that was best before it. The best in hindsight was {escape(walked.hindsight)} "
        f"with {_share(walked.hindsight_roi)}: "
        f"that figure is chosen after the fact and is no forecast.</p>"
        + _table(("period", "chosen", "return before", "bets", "profit", "return"), rows)
    )


def _beliefs(beliefs: Sequence[Belief]) -> str:
    parts = ["<h2>How good the probabilities were</h2>"]
    for belief in beliefs:
        market = f"{belief.market_log_loss:.4f}" if belief.market_log_loss is not None else "no prices"
        form = f", form alone {belief.form_log_loss:.4f}" if belief.form_log_loss is not None else ""
        rows = [
            (f"{b.predicted:.1%}", f"{b.observed:.1%}", f"{b.error:.1%}", f"{b.count:,}") for b in belief.bins
        ]
        parts.append(
            f"<h3>At {escape(belief.decision)}, {belief.races:,} races</h3>"
            f"<p>Log-loss a race {belief.log_loss:.4f}, the market alone {market}{form}.</p>"
            f"{charts.reliability(belief.bins)}{_table(HEAD, rows)}"
        )
    return "".join(parts)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _money(value: float) -> str:
    return f"{value:,.2f}"


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:+.1%}" if value < 0 else f"{value:.1%}"


def _interval(value: tuple[float, float] | None) -> str:
    return "none" if value is None else f"{value[0]:+.1%} to {value[1]:+.1%}"


def _money_interval(value: tuple[float, float] | None) -> str:
    return "none" if value is None else f"{value[0]:,.0f} to {value[1]:,.0f}"
