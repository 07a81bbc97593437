"""Figures of a backtest: what was won and lost, how sure that is, and how good the probabilities were."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from streams.backtest.bets import Ticket
from streams.backtest.ledger import Ledger
from streams.backtest.outcome import Outcome, Sample

RESAMPLES = 2_000
INTERVAL = (2.5, 97.5)
SEED = 20_240_229
FEWEST_BETS = 300
FEWEST_DAYS = 30
BINS = 10
SMALLEST_CHANCE = 1e-12
ODDS_BANDS = ((2.0, "under 2"), (4.0, "2 to 4"), (8.0, "4 to 8"), (16.0, "8 to 16"), (32.0, "16 to 32"))
LONGEST_ODDS = "32 and more"
FIELDS = ((7, "up to 7"), (10, "8 to 10"), (12, "11 and 12"), (99, "13 and more"))
BANDS = [name for _, name in (*ODDS_BANDS, (0, LONGEST_ODDS), *FIELDS)]


@dataclass(frozen=True, slots=True)
class Group:
    """Bets that have something in common. `roi` is profit for 1 staked, None where nothing was."""

    name: str
    bets: int
    won: int
    staked: float
    profit: float
    roi: float | None


@dataclass(frozen=True, slots=True)
class Bin:
    """Runners whose probability was in one band: its mean, and the share that won, with standard error."""

    count: int
    predicted: float
    observed: float
    error: float


@dataclass(frozen=True, slots=True)
class Belief:
    """How good the probabilities were at one decision. Log-loss is in nats a race."""

    decision: str
    races: int
    log_loss: float
    market_log_loss: float | None
    form_log_loss: float | None
    """Of form alone, where a model spoke of every race."""

    bins: list[Bin]


@dataclass(slots=True)
class Report:
    """A strategy's figures. Money is in the currency of its bets."""

    name: str
    bets: int
    won: int
    void: int
    lapsed: int
    turnover: float
    profit: float
    commission: float
    roi: float | None
    roi_interval: tuple[float, float] | None
    profit_interval: tuple[float, float] | None
    strike_rate: float | None
    drawdown: float
    """Largest fall of the profit from its highest point before."""
    closing_line_value: float | None
    """Mean of price over closing price, minus 1, of bets whose price is another than the closing one."""
    days: int
    first_day: str | None
    last_day: str | None
    equity: list[tuple[str, float]]
    """Profit so far at the end of each day."""
    groups: dict[str, list[Group]]
    beliefs: list[Belief]
    notes: list[str] = field(default_factory=list)
    """What a reader has to know, the gravest first."""
    counts: dict[str, int] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)


def report_of(ledger: Ledger, outcome: Outcome, tried: int = 1, terms: Sequence[str] = ()) -> Report:
    """Figures of one strategy. `tried` counts the strategies run on these data, `terms` what is assumed."""
    tickets = sorted(ledger.tickets, key=lambda t: (t.settled_at, t.decided_at))
    done = [t for t in tickets if t.state in ("WON", "LOST")]
    turnover, profit = sum(t.matched for t in done), sum(t.profit for t in done)
    intervals = bootstrap(done)
    days = sorted({t.day for t in done})
    values = [t.price / t.closing_price - 1.0 for t in done if _comparable(t) and t.price and t.closing_price]
    report = Report(
        name=ledger.name,
        bets=len(done),
        won=sum(t.state == "WON" for t in done),
        void=sum(t.state == "VOID" for t in tickets),
        lapsed=sum(t.state == "LAPSED" for t in tickets),
        turnover=turnover,
        profit=profit,
        commission=sum(t.commission for t in done),
        roi=profit / turnover if turnover else None,
        roi_interval=intervals[0] if intervals else None,
        profit_interval=intervals[1] if intervals else None,
        strike_rate=sum(t.state == "WON" for t in done) / len(done) if done else None,
        drawdown=drawdown([t.profit for t in done]),
        closing_line_value=float(np.mean(values)) if values else None,
        days=len(days),
        first_day=days[0] if days else None,
        last_day=days[-1] if days else None,
        equity=_equity(done),
        groups=_groups(done),
        beliefs=beliefs(outcome.samples),
        counts={**outcome.counts, **Counter(t.note for t in tickets if t.note)},
    )
    report.notes = _notes(report, outcome, tried, terms)
    return report


def bootstrap(tickets: Sequence[Ticket]) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """95 % intervals of return and profit: days are drawn with replacement, for bets of a day hang together.

    None with fewer than two days. Efron (1979), "Bootstrap methods", percentile intervals.
    """
    by_day: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for ticket in tickets:
        by_day[ticket.day][0] += ticket.profit
        by_day[ticket.day][1] += ticket.matched
    if len(by_day) < 2:
        return None
    sums = np.array(list(by_day.values()))
    drawn = np.random.default_rng(SEED).integers(0, len(sums), (RESAMPLES, len(sums)))
    profit, staked = sums[drawn, 0].sum(axis=1), sums[drawn, 1].sum(axis=1)
    roi = np.percentile(profit / np.maximum(staked, 1e-9), INTERVAL).tolist()
    money = np.percentile(profit, INTERVAL).tolist()
    return (roi[0], roi[1]), (money[0], money[1])


def drawdown(profits: Iterable[float]) -> float:
    """The largest fall of a running sum from its highest point before.

    >>> drawdown([5, -2, -4, 10, -1])
    6.0
    """
    total = highest = worst = 0.0
    for profit in profits:
        total += profit
        highest = max(highest, total)
        worst = max(worst, highest - total)
    return worst


def beliefs(samples: Sequence[Sample]) -> list[Belief]:
    """How good the probabilities were, by decision."""
    by_decision: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_decision[sample.decision].append(sample)
    return [_belief(decision, found) for decision, found in by_decision.items()]


def _belief(decision: str, samples: list[Sample]) -> Belief:
    win = np.array([p for s in samples for p in s.win])
    won = np.array([w for s in samples for w in s.won])
    loss = float(np.mean([_loss(s.win, s.won) for s in samples]))
    market, form = (_loss_of(samples, of) for of in ("public", "form"))
    return Belief(decision, len(samples), loss, market, form, bins(win, won))


def _loss_of(samples: list[Sample], of: Literal["public", "form"]) -> float | None:
    """Log-loss of one part of what was believed; None where a race lacks it."""
    if not all(sum(getattr(sample, of)) > 0.0 for sample in samples):
        return None
    return float(np.mean([_loss(getattr(sample, of), sample.won) for sample in samples]))


def _loss(chances: Sequence[float], won: Sequence[float]) -> float:
    return -sum(w * float(np.log(max(p, SMALLEST_CHANCE))) for p, w in zip(chances, won, strict=True) if w)


def bins(predicted: Any, observed: Any) -> list[Bin]:
    """Bands of as many runners each, from the least likely to the most."""
    order = np.argsort(predicted, kind="stable")
    return [
        Bin(
            len(rows),
            float(predicted[rows].mean()),
            float(observed[rows].mean()),
            float(np.sqrt(max(predicted[rows].mean() * (1.0 - predicted[rows].mean()), 0.0) / len(rows))),
        )
        for rows in np.array_split(order, min(BINS, max(1, len(order))))
        if len(rows)
    ]


def _comparable(ticket: Ticket) -> bool:
    return (
        ticket.bet.pool == "WIN" and ticket.bet.venue in ("EXCHANGE", "FIXED") and ticket.decision != "close"
    )


def _equity(tickets: Sequence[Ticket]) -> list[tuple[str, float]]:
    total, found = 0.0, {}
    for ticket in tickets:
        total += ticket.profit
        found[ticket.day] = total
    return list(found.items())


def _groups(tickets: Sequence[Ticket]) -> dict[str, list[Group]]:
    keys: dict[str, Callable[[Ticket], str]] = {
        "pool": lambda t: t.bet.pool,
        "track": lambda t: t.track,
        "class": lambda t: t.race_class or "not told",
        "field size": lambda t: next(name for most, name in FIELDS if t.field_size <= most),
        "odds": lambda t: _band(t.seen_price),
        "time before the off": lambda t: t.decision,
        "year": lambda t: t.day[:4],
    }
    return {what: _group(tickets, key) for what, key in keys.items()}


def _group(tickets: Sequence[Ticket], key: Callable[[Ticket], str]) -> list[Group]:
    found: defaultdict[str, list[Ticket]] = defaultdict(list)
    for ticket in tickets:
        found[key(ticket)].append(ticket)
    return [_sum(name, found[name]) for name in sorted(found, key=_place)]


def _place(name: str) -> tuple[int, str]:
    """Bands in their order, everything else by name."""
    return (BANDS.index(name), "") if name in BANDS else (len(BANDS), name)


def _sum(name: str, tickets: Sequence[Ticket]) -> Group:
    staked, profit = sum(t.matched for t in tickets), sum(t.profit for t in tickets)
    won = sum(t.state == "WON" for t in tickets)
    return Group(name, len(tickets), won, staked, profit, profit / staked if staked else None)


def _band(odds: float | None) -> str:
    if odds is None:
        return "no single price"
    return next((name for most, name in ODDS_BANDS if odds < most), LONGEST_ODDS)


def _notes(report: Report, outcome: Outcome, tried: int, terms: Sequence[str]) -> list[str]:
    notes = []
    if outcome.final_only:
        notes.append(
            f"These prices could not be seen when betting: of {outcome.final_only} of {outcome.races} races "
            "only the final odds are known, and they are final after the last bet is taken."
        )
    if report.bets < FEWEST_BETS or report.days < FEWEST_DAYS:
        notes.append(
            f"The sample is too small to say anything: {report.bets} bets on {report.days} days "
            f"(at least {FEWEST_BETS} on {FEWEST_DAYS})."
        )
    elif report.roi_interval and report.roi_interval[0] < 0.0 < report.roi_interval[1]:
        notes.append("The interval of the return holds zero: this result is what chance alone can do.")
    if tried > 1:
        lucky = max(1, round(tried * 0.025))
        notes.append(
            f"{tried} strategies were tried on these data. The best of them looks good by chance: "
            f"of that many without any skill about {lucky} lie above their 97.5 % bound."
        )
    notes += [f"{count} {what}." for what, count in sorted(report.counts.items())]
    return [*notes, *terms]
