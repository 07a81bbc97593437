"""Alert rules, stepped at every scoring point: facts once, signals once an episode with hysteresis."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models import Scores
from models.movement import DRIFT_LENGTHENING, SIGNAL_HORIZON, STEAM_SHORTENING
from models.value import expected_value
from schemas.identity import MICROS, uuid_of
from schemas.records import Alert, AlertKind, Scratch
from streams.book import TRADED, WIDTH
from streams.explanation import label, verdict_in
from streams.scoring import Point
from streams.state import Noted, RaceState, Signal
from streams.statements import SOURCE
from streams.view import BEFORE_OFF, View
from streams.worth import UNDERROUND, best_offers, quotes_at, takes_bets

RULES_VERSION = "rules-2"
VALUE_SECONDS = 60
HOUR_SECONDS = 3600
LEAST_TRADED = 200.0
"""Money traded on a runner before its signals count."""

LONGEST = 50.0
"""Prices above this jump about too much for steam and drift."""

SHOWN_ALERTS = 10

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rule:
    """A signal that begins at `on` and ends below `off`."""

    kind: AlertKind
    on: float
    off: float
    text: str


VALUE = Rule("VALUE", 0.05, 0.02, "{runner} offers value: {price:.2f} against fair {fair:.2f}")
STEAM = Rule(
    "STEAM", STEAM_SHORTENING, 0.05, "{runner} steams: {change:.0%} shorter in 5 minutes, now {price:.2f}"
)
DRIFT = Rule(
    "DRIFT", DRIFT_LENGTHENING, 0.075, "{runner} drifts: {change:.0%} longer in 5 minutes, now {price:.2f}"
)
FAVOURITE = Rule("NEW_FAVOURITE", 0.01, 0.01, "{runner} is the new favourite at {price:.2f}")
"""Its figure is the lead in win probability over the favourite until then."""


def scratch_alert(event: Scratch, state: RaceState, view: View) -> Alert:
    """The alert of a scratch or reinstatement; its id follows from the event's."""
    at = next((n for n, r in enumerate(view.runners) if r.runner_id == event["runner_id"]), None)
    runner = label(view, at) if at is not None else f"runner {event['runner_id']}"
    out = event["action"] == "SCRATCHED"
    factor = event["reduction_factor"]
    reduction = f", reduction {factor:g} %" if out and factor else ""
    return {
        "event_id": uuid_of(f"alert:{event['event_id']}"),
        "source": SOURCE,
        "race_id": state.race_id,
        "event_time": event["event_time"],
        "recorded_time": event["recorded_time"],
        "sequence": event["sequence"],
        "kind": "SCRATCH" if out else "RE_ENTRY",
        "rule_version": RULES_VERSION,
        "runner_id": event["runner_id"],
        "number": view.runners[at].number if at is not None else None,
        "name": view.runners[at].name if at is not None else None,
        "headline": f"{runner} scratched{reduction}" if out else f"{runner} back in the race",
        "value": factor,
        "threshold": None,
        "episode": 0,
        "detail": "",
        "favourite": False,
        "expires_at": view.scheduled_off or event["event_time"] + HOUR_SECONDS * MICROS,
    }


def step_signals(points: list[Point], scores: Scores, rows: list[int]) -> list[tuple[int, Alert]]:
    """Step all signal rules over consecutive points of one view; `rows` are theirs in `scores`.

    Returns alerts with the position of their point, in order. The race's memory of its signals is updated.
    """
    view = points[0].view
    if view.stage not in BEFORE_OFF or view.book is None:
        return []
    win, price = scores.win[rows], scores.price[rows]
    fired = list(_favourite(win, price, points))
    # Without an older bar nothing has moved; a market alone, read by itself, is not dearer than what it says.
    moved = points[-1].past[SIGNAL_HORIZON] is not None
    offered = takes_bets(view) and bool(points[0].offers or verdict_in(view).label)
    if moved or offered:
        quotes = np.frombuffer(b"".join(p.rows for p in points)).reshape(len(points), -1, WIDTH)[:, view.rows]
        liquid = (np.array(view.rows) >= 0) & (quotes[:, :, TRADED] >= LEAST_TRADED)
        if offered:
            edge, best = _edge(win, points)
            whole = scores.overround[rows][:, None] >= UNDERROUND
            fired += _signal(VALUE, edge * (liquid & whole), best, win, points)
        if moved:
            log_move = np.nan_to_num(scores.movement[rows][:, :, SIGNAL_HORIZON])
            change = np.expm1(log_move) * (liquid & (price <= LONGEST))
            fired += [
                *_signal(STEAM, -change, price, win, points),
                *_signal(DRIFT, change, price, win, points),
            ]
    return sorted(fired, key=lambda item: item[0])


def _edge(win: Floats, points: list[Point]) -> tuple[Floats, Floats]:
    """Expected value of the best offers of `streams.worth`, 0.0 where there is none, and their prices."""
    best = [best_offers(point.view, quotes_at(point)) for point in points]
    prices, kept = np.array([each.prices for each in best]), np.array([each.kept for each in best])
    value: Floats = expected_value(win, kept)
    return np.where(prices > 1.0, value, 0.0), prices


def _signal(
    rule: Rule, value: Floats, price: Floats, win: Floats, points: list[Point]
) -> Iterator[tuple[int, Alert]]:
    view, signals = points[0].view, points[0].race.state.signals
    highest: list[float] = np.max(value, axis=0).tolist()
    for position, column in enumerate(view.columns):
        if column < 0:
            continue
        key = f"{rule.kind}:{view.runners[position].runner_id}"
        signal = signals.get(key)
        if highest[column] < rule.on and (signal is None or not signal.on):
            continue
        signal = signals.setdefault(key, Signal())
        for at, now in enumerate(value[:, column].tolist()):
            if signal.on and now < rule.off:
                signal.on = False
            elif not signal.on and now >= rule.on:
                signal.on, signal.episode = True, signal.episode + 1
                text = rule.text.format(
                    runner=label(view, position),
                    price=price[at, column],
                    fair=1.0 / win[at, column],
                    change=now,
                )
                yield at, _alert(rule, points[at], position, text, now)


def _favourite(win: Floats, price: Floats, points: list[Point]) -> Iterator[tuple[int, Alert]]:
    """A runner that leads the favourite well enough takes its place; the first favourite is no news."""
    view, state = points[0].view, points[0].race.state
    position = {column: at for at, column in reversed(list(enumerate(view.columns)))}
    ids = [view.runners[position[column]].runner_id for column in range(view.interests)]
    if len(ids) < 2:
        return
    for at, top in enumerate(win.argmax(axis=1).tolist()):
        before, leader = state.favourite, ids[top]
        lead = float(win[at, top] - win[at, ids.index(before)]) if before in ids else 1.0
        if leader == before or lead < FAVOURITE.on:
            continue
        state.favourite = leader
        if before is not None:
            signal = state.signals.setdefault(f"{FAVOURITE.kind}:{leader}", Signal())
            signal.episode += 1
            text = FAVOURITE.text.format(runner=label(view, position[top]), price=price[at, top])
            yield at, _alert(FAVOURITE, points[at], position[top], text, lead)


def _alert(rule: Rule, point: Point, position: int, headline: str, value: float) -> Alert:
    kind = rule.kind
    runner = point.view.runners[position]
    race_id = point.race.state.race_id
    episode = point.race.state.signals[f"{kind}:{runner.runner_id}"].episode
    lifetime = VALUE_SECONDS if kind == "VALUE" else HOUR_SECONDS
    return {
        "event_id": uuid_of(f"alert:{RULES_VERSION}:{kind}:{race_id}:{runner.runner_id}:{episode}"),
        "source": SOURCE,
        "race_id": race_id,
        "event_time": point.event_time,
        "recorded_time": point.recorded_time,
        "sequence": point.revision,
        "kind": kind,
        "rule_version": RULES_VERSION,
        "runner_id": runner.runner_id,
        "number": runner.number,
        "name": runner.name,
        "headline": headline,
        "value": value,
        "threshold": rule.on,
        "episode": episode,
        "detail": "",
        "favourite": False,
        "expires_at": point.event_time + lifetime * MICROS,
    }


def remember(state: RaceState, alert: Alert) -> None:
    """Keep the alert among the last ones of the race, newest first."""
    state.alerts.insert(
        0,
        Noted(
            alert["event_id"],
            alert["kind"],
            alert["runner_id"],
            alert["headline"],
            alert["event_time"],
            alert["detail"],
        ),
    )
    del state.alerts[SHOWN_ALERTS:]
