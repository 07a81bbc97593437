"""Statements: what a scoring point says, whether that is news, and why it changed."""

from collections.abc import Iterator
from functools import lru_cache
from math import inf, log, nan
from typing import NamedTuple

import numpy as np
from msgspec import Struct

from models import relative, trend
from models.movement import HORIZONS_MINUTES
from schemas.identity import uuid_of
from schemas.records import Prediction, Reason, RunnerPrediction
from streams.book import TRADED, WIDTH
from streams.changes import changes
from streams.declared import declared
from streams.explanation import (
    by_form,
    exponents_in,
    label,
    labels,
    leader,
    pace_words,
    told,
    verdict_in,
)
from streams.market_weight import weight_of
from streams.meeting import lean_of
from streams.scoring import Point, Scored
from streams.state import Said
from streams.view import View
from streams.worth import Believed, quotes_at, shown_prices, worth

OUT = -1.0
"""In a Said, the figure of a runner that is out of the race."""

NEWS = 0.005
"""Win probability that a runner has to move before the reasons name it beside others."""

MOST_MOVERS = 3
MOST_DIGITS = 7
UNKNOWN_MOVES = [nan] * len(HORIZONS_MINUTES)
SOURCE = "hpr"


class Statement(Struct, frozen=True, gc=False):
    """A point that says something new, with what was said before."""

    point: Point
    said: Said
    before: Said | None


def said_at(point: Point, scored: Scored | None, models: str) -> Said:
    """What the point says, runner by runner in the order of the card."""
    view = point.view
    going = view.conditions.get("track_condition")
    if scored is None:
        out = [OUT] * len(view.columns)
        return Said(
            point.digest, view.runner_ids, view.stage, view.statuses, out, out, b"", b"", view.columns,
            0.0, 0.0, models, public=out, going=going, declared=declared(view), names=labels(view),
        )  # fmt: skip
    verdict, ahead, win = verdict_in(view), leader(view), spread(scored.win, view)
    public = win if scored.public is scored.win else spread(scored.public, view)
    best, projected = shown_prices(view, quotes_at(point))
    return Said(
        point.digest, view.runner_ids, view.stage, view.statuses, win,
        spread(scored.place, view), scored.price, scored.movement, view.columns, scored.overround,
        scored.confidence, f"{models},{verdict.label}" if verdict.label else models,
        public=public, basis=verdict.basis, form_id=verdict.form_id, going=going,
        leader=ahead.runner_id if ahead else None, fundamental=by_form(view),
        lean_id=lean_of(view).id, weight=weight_of(view, verdict.label).terms, times=lean_of(view).times,
        declared=declared(view), best=best, projected=projected, names=labels(view),
    )  # fmt: skip


def told_by(said: Said, before: Said | None) -> Said:
    """The same with what was declared when its form was told: that of before where form is the same."""
    same = before is not None and before.form_id == said.form_id
    said.informed = before.informed if before is not None and same else said.declared
    return said


def spread(chances: list[float], view: View) -> list[float]:
    """Chances of the interests to their runners; coupled runners share one equally."""
    # A column of -1, a runner that is out, picks what stands last.
    spread = list(view.pick([*chances, OUT]))
    return (
        [chance * share for chance, share in zip(spread, view.shares, strict=True)]
        if view.coupled
        else spread
    )


def prices(said: Said) -> list[float]:
    """Consensus price of each runner; 0.0 where there is none."""
    by_interest = np.frombuffer(said.price).tolist()
    return [by_interest[column] if column >= 0 else 0.0 for column in said.columns]


def moves(said: Said) -> list[list[float]]:
    """Log moves of each runner's price over 1, 5 and 30 minutes; NaN where unknown."""
    by_interest = np.frombuffer(said.movement).reshape(-1, len(HORIZONS_MINUTES)).tolist()
    return [by_interest[column] if column >= 0 else UNKNOWN_MOVES for column in said.columns]


@lru_cache(maxsize=256)
def model_versions(models: str) -> dict[str, str]:
    """Model versions by name of their text in a Said."""
    return dict(pair.split("=", 1) for pair in models.split(","))


def is_news(said: Said, before: Said | None) -> bool:
    """Whether a point says anything else than the one before it. Run sizes play no part in it."""
    return (
        before is None
        or said.win != before.win
        or said.place != before.place
        or said.statuses != before.statuses
        or said.stage != before.stage
        or said.best != before.best
        or said.projected != before.projected
        or said.models != before.models
        or said.basis != before.basis
        or said.runner_ids != before.runner_ids
        or said.shadow_model != before.shadow_model
    )


def prediction_id(race_id: str, said: Said) -> str:
    """UUIDv5 of race, model versions and the set of events folded."""
    return uuid_of(f"prediction:{race_id}:{said.models}:{said.digest.hex()}")


def reasons(statement: Statement) -> list[Reason]:
    """Why the statement differs from the one before: a function of the two."""
    said, before, view = statement.said, statement.before, statement.point.view
    if before is None:
        return [_reason("FIRST", "first seen")]
    found = []
    if said.stage != before.stage:
        found.append(_reason("STATUS", said.stage.lower().replace("_", " ")))
    was = dict(zip(before.runner_ids, range(len(before.runner_ids)), strict=True))
    for at, runner in enumerate(view.runners):
        old = before.statuses[was[runner.runner_id]] if runner.runner_id in was else None
        if old is None:
            found.append(_reason("FIELD", f"{label(view, at)} joins the field", runner.runner_id))
        elif old != runner.status:
            kind, words = TURNS.get((old, runner.status), ("FIELD", runner.status.lower().replace("_", " ")))
            found.append(_reason(kind, f"{label(view, at)} {words}", runner.runner_id))
    found += _leavers(said, before)
    found += [_reason(kind, text, runner_id) for kind, text, runner_id in changes(view, said, before)]
    found += _movers(said, before, view, alone=not found)
    return found or list(_otherwise(said, before, view))


def _leavers(said: Said, before: Said) -> Iterator[Reason]:
    """Runners that the card does not name any more."""
    left = set(before.runner_ids).difference(said.runner_ids)
    for at, id in enumerate(before.runner_ids) if left else ():
        if id in left:
            # A state stored by an earlier release has no names.
            name = before.names[at] if before.names else f"runner {id}"
            yield _reason("FIELD", f"{name} is not on the card any more", id)


def _otherwise(said: Said, before: Said, view: View) -> Iterator[Reason]:
    """What is new where no runner's chance to win, status or form is."""
    if said.place != before.place:
        yield _reason("FIELD", f"{view.places} place{'s' * (view.places != 1)} paid")
    yield from _offered(said, before)
    if said.shadow_model != before.shadow_model:
        tried = (
            f"{said.shadow_model} is tried beside it" if said.shadow_model else "no candidate is tried now"
        )
        yield _reason("MODEL", tried)


def _offered(said: Said, before: Said) -> Iterator[Reason]:
    """Best and projected prices that are others than before, the largest change first."""
    found: list[tuple[float, int, str]] = []
    rows = zip(_by_runner(before, before.best), _by_runner(before, before.projected), strict=True)
    known = dict(zip(before.runner_ids, rows, strict=True))
    now = zip(_by_runner(said, said.best), _by_runner(said, said.projected), strict=True)
    for at, (id, (best, projected)) in enumerate(zip(said.runner_ids, now, strict=True)):
        was_best, was_projected = known.get(id, (0.0, 0.0))
        if best != was_best:
            found.append((_size(was_best, best), at, _best_words(said.names[at], was_best, best)))
        if projected != was_projected:
            words = _projected_words(said.names[at], was_projected, projected)
            found.append((_size(was_projected, projected), at, words))
    found.sort(key=lambda change: (-change[0], change[1]))
    for _, at, words in found[:MOST_MOVERS]:
        yield _reason("PRICE", words, said.runner_ids[at])


def _by_runner(said: Said, figures: list[float]) -> list[float]:
    return figures or [0.0] * len(said.runner_ids)


def _size(was: float, now: float) -> float:
    """How far a price moved; one that comes or goes is the largest move."""
    return abs(log(now / was)) if was and now else inf


def _best_words(name: str, was: float, now: float) -> str:
    if was and now:
        return f"best price of {name} {between(was, now, '.{}f', 2)}"
    return f"best price of {name} {now:.2f}, none before" if now else f"no price of {name}, was {was:.2f}"


def _projected_words(name: str, was: float, now: float) -> str:
    if was and now:
        return f"projected close of {name} {between(was, now, '.{}f', 2)}"
    if now:
        return f"{name} first projected to close at {now:.2f}"
    return f"{name} no longer projected to close, was {was:.2f}"


class _Move(NamedTuple):
    """A runner whose chance to win is another than before."""

    size: float
    at: int
    old: int
    """Its position before."""


def _movers(said: Said, before: Said, view: View, alone: bool) -> list[Reason]:
    """Whose chance moved most: those that moved by NEWS, or where nothing else is said the one that moved."""
    was = dict(zip(before.runner_ids, range(len(before.runner_ids)), strict=True))
    moved = [
        _Move(abs(said.win[at] - before.win[was[id]]), at, was[id])
        for at, id in enumerate(said.runner_ids)
        if id in was and said.win[at] >= 0.0 and before.win[was[id]] >= 0.0
    ]
    moved.sort(key=lambda move: (-move.size, move.at))
    named = [move for move in moved[:MOST_MOVERS] if move.size >= NEWS]
    if not named and alone:
        named = [move for move in moved[:1] if move.size > 0.0]
    was_price, now_price = prices(before), prices(said)
    by_form = said.price == before.price or (
        (said.models, said.form_id, said.going) != (before.models, before.form_id, before.going)
    )
    found = []
    for _, at, old in named:
        stood = was_price[old] == now_price[at]
        by = _of_others(said, before, was, view) if stood and alone and len(named) == 1 else ""
        price = "" if stood else f" {_priced(was_price[old], now_price[at])}"
        chance = between(before.win[old], said.win[at], ".{}%", 1)
        text = f"{label(view, at)}{price}: {chance}{by}"
        kind = "FORM" if by_form and stood else "PRICE"
        found.append(_reason(kind, text, said.runner_ids[at], before.win[old], said.win[at]))
    return found


def _priced(was: float, now: float) -> str:
    """The move of a price, 0.0 where there is none."""
    if was and now:
        return between(was, now, ".{}f", 2)
    return f"first priced, {now:.2f}" if now else f"no longer priced, was {was:.2f}"


def _of_others(said: Said, before: Said, was: dict[str, int], view: View) -> str:
    """What moved a chance whose own price stood still: the price that moved most, or the clock."""
    was_price, now_price = prices(before), prices(said)
    shifts = [
        (abs(log(now / old)), at, old, now)
        for at, id in enumerate(said.runner_ids)
        if id in was and (old := was_price[was[id]]) > 0.0 and (now := now_price[at]) > 0.0
    ]
    size, at, old, now = max(shifts, default=(0.0, 0, 0.0, 0.0))
    if size > 0.0:
        return f", by the price of {label(view, at)}, {between(old, now, '.{}f', 2)}"
    return ", as the off comes nearer" if any(said.weight) else ""


def between(was: float, now: float, form: str, digits: int) -> str:
    """From one figure to another, with as many digits as it takes to tell them apart.

    >>> between(6.0, 6.1, ".{}f", 2), between(0.16401, 0.16403, ".{}%", 1)
    ('6.00 to 6.10', '16.401% to 16.403%')
    """
    for precise in range(digits, MOST_DIGITS):
        old, new = format(was, form.format(precise)), format(now, form.format(precise))
        if old != new:
            return f"{old} to {new}"
    return f"{format(now, form.format(digits))}, a trace {'more' if now > was else 'less'}"


def _reason(
    kind: str,
    text: str,
    runner_id: str | None = None,
    before: float | None = None,
    after: float | None = None,
) -> Reason:
    return {"kind": kind, "runner_id": runner_id, "before": before, "after": after, "text": text}


def prediction(statement: Statement) -> Prediction:
    """The statement as an event."""
    point, said = statement.point, statement.said
    state, view = point.race.state, point.view
    why = reasons(statement)
    said.why = [reason["text"] for reason in why]
    id = prediction_id(state.race_id, said)
    scored = view.interests > 0
    return {
        "event_id": id,
        "source": SOURCE,
        "race_id": state.race_id,
        "event_time": point.event_time,
        "recorded_time": point.recorded_time,
        "sequence": point.revision,
        "revision": point.revision,
        "status": view.stage,
        "model_versions": model_versions(said.models),
        "changed_from": prediction_id(state.race_id, statement.before) if statement.before else None,
        "why": why,
        "places_paid": view.places,
        "overround": said.overround if scored else None,
        "confidence": said.confidence if scored else None,
        "runners": _runners(point, said),
        "basis": said.basis,
        "form_id": said.form_id,
        "pace_words": pace_words(view) if scored else "",
        "shadow_model": said.shadow_model,
        "exponents": list(exponents_in(view)) if scored else [],
        "lineage": [
            {"topic": key.rpartition(":")[0], "partition": int(key.rpartition(":")[2]),
             "first_offset": first, "last_offset": last}
            for key, (first, last) in sorted(state.spans.items())
        ],
    }  # fmt: skip


def _runners(point: Point, said: Said) -> list[RunnerPrediction]:
    view = point.view
    quotes: list[float] = np.frombuffer(point.rows).tolist()
    price = prices(said)
    believed = Believed(said.win, said.public, price, said.overround)
    rows = zip(
        view.runners, said.win, said.place, said.public, said.shadow or [OUT] * len(said.win), price,
        moves(said), worth(view, believed, quotes_at(point)),
        _traded(view, quotes), told(view),
        strict=True,
    )  # fmt: skip
    found: list[RunnerPrediction] = []
    for runner, win, place, public, shadow, price_now, move, bet, traded, told_of in rows:
        runs, change = win >= 0.0, relative(move[1])
        found.append({
            "runner_id": runner.runner_id,
            "number": runner.number,
            "name": runner.name,
            "status": runner.status,
            "win_probability": win if runs else None,
            "place_probability": place if runs else None,
            "fair_odds": 1.0 / win if win > 0.0 else None,
            "price": price_now if price_now > 0.0 else None,
            "trend": trend(change),
            "best_price": bet.best_price,
            "traded": traded if traded > 0.0 else None,
            "movement_5m": change,
            "fundamental_probability": told_of.fundamental if runs else None,
            "public_probability": public if runs else None,
            "combined_probability": win if runs and told_of.fundamental is not None else None,
            "contributions": told_of.contributions,
            "annotations": told_of.annotations,
            "pace": told_of.pace,
            "pace_spread": told_of.pace_spread,
            "pace_spreads": told_of.pace_spreads,
            "shadow_probability": shadow if shadow >= 0.0 else None,
            "expected_value": bet.expected_value,
            "projected_price": bet.projected_price,
            "expected_value_at_close": bet.expected_value_at_close,
            "longshot": bet.longshot,
        })  # fmt: skip
    return found


def _traded(view: View, quotes: list[float]) -> list[float]:
    """Money traded on each runner; 0.0 where there is none."""
    traded = [quotes[row * WIDTH + TRADED] if row >= 0 else 0.0 for row in view.rows]
    return [traded[column] if column >= 0 else 0.0 for column in view.columns]


TURNS = {
    ("ACTIVE", "SCRATCHED"): ("SCRATCH", "scratched"),
    ("ALSO_ELIGIBLE", "SCRATCHED"): ("SCRATCH", "scratched"),
    ("SCRATCHED", "ACTIVE"): ("RE_ENTRY", "back in"),
    ("ALSO_ELIGIBLE", "ACTIVE"): ("FIELD", "draws in"),
}
"""What it is called when a runner's status turns from one to another."""
