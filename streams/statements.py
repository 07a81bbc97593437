"""Statements: what a scoring point says, whether that is news, and why it changed."""

from functools import lru_cache
from math import nan
from typing import NamedTuple

import numpy as np

from models import relative, trend
from models.movement import HORIZONS_MINUTES
from schemas.identity import uuid_of
from schemas.records import Prediction, Reason, RunnerPrediction
from streams.book import BACK, TRADED, WIDTH
from streams.scoring import Point, Scored
from streams.state import Said
from streams.view import View

OUT = -1.0
"""In a Said, the figure of a runner that is out of the race."""

NEWS = 0.005
"""Win probability that a runner has to move before the reasons name it."""

MOST_MOVERS = 3
UNKNOWN_MOVES = [nan] * len(HORIZONS_MINUTES)
SOURCE = "hpr"


class Statement(NamedTuple):
    """A point that says something new, with what was said before."""

    point: Point
    said: Said
    before: Said | None


def said_at(point: Point, scored: Scored | None, models: str) -> Said:
    """What the point says, runner by runner in the order of the card."""
    view = point.view
    if scored is None:
        out = [OUT] * len(view.columns)
        return Said(
            point.digest, view.runner_ids, view.stage, view.statuses, out, out, b"", b"", view.columns,
            0.0, 0.0, models,
        )  # fmt: skip
    return Said(
        point.digest, view.runner_ids, view.stage, view.statuses, _spread(scored.win, view),
        _spread(scored.place, view), scored.price, scored.movement, view.columns, scored.overround,
        scored.confidence, models,
    )  # fmt: skip


def _spread(chances: list[float], view: View) -> list[float]:
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
        or said.models != before.models
        or said.runner_ids != before.runner_ids
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
    return found + _movers(said, before, was, view)


def _movers(said: Said, before: Said, was: dict[str, int], view: View) -> list[Reason]:
    moved = []
    for at, id in enumerate(said.runner_ids):
        if id in was and said.win[at] >= 0.0 and before.win[was[id]] >= 0.0:
            moved.append((abs(said.win[at] - before.win[was[id]]), at, was[id]))
    was_price, now_price = prices(before), prices(said)
    moved.sort(key=lambda move: (-move[0], move[1]))
    return [
        _reason(
            "PRICE",
            f"{label(view, at)} {was_price[old]:.2f} to {now_price[at]:.2f}: "
            f"{before.win[old]:.1%} to {said.win[at]:.1%}",
            said.runner_ids[at],
            before.win[old],
            said.win[at],
        )
        for size, at, old in moved[:MOST_MOVERS]
        if size >= NEWS
    ]


def _reason(
    kind: str,
    text: str,
    runner_id: str | None = None,
    before: float | None = None,
    after: float | None = None,
) -> Reason:
    return {"kind": kind, "runner_id": runner_id, "before": before, "after": after, "text": text}


def label(view: View, position: int) -> str:
    """A runner in words: number and name as far as known."""
    runner = view.runners[position]
    known = " ".join(part for part in (runner.number, runner.name) if part)
    return known or f"runner {runner.runner_id}"


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
        "lineage": [
            {"topic": key.rpartition(":")[0], "partition": int(key.rpartition(":")[2]),
             "first_offset": first, "last_offset": last}
            for key, (first, last) in sorted(state.spans.items())
        ],
    }  # fmt: skip


def _runners(point: Point, said: Said) -> list[RunnerPrediction]:
    view = point.view
    return [
        {
            "runner_id": runner.runner_id,
            "number": runner.number,
            "name": runner.name,
            "status": runner.status,
            "win_probability": win if win >= 0.0 else None,
            "place_probability": place if win >= 0.0 else None,
            "fair_odds": 1.0 / win if win > 0.0 else None,
            "price": price if price > 0.0 else None,
            "trend": trend(move[1]),
            "best_price": best if best > 0.0 else None,
            "traded": traded if traded > 0.0 else None,
            "movement_5m": relative(move[1]),
        }
        for runner, win, place, price, move, (best, traded) in zip(
            view.runners, said.win, said.place, prices(said), moves(said), _offered(point), strict=True
        )
    ]


def _offered(point: Point) -> list[tuple[float, float]]:
    """Best price in any win market and money traded of each runner; 0.0 where there is none."""
    view = point.view
    quotes = np.frombuffer(point.rows).tolist()
    offers = point.offers or (0.0,) * view.interests
    back, traded = (
        [quotes[row * WIDTH + what] if row >= 0 else 0.0 for row in view.rows] for what in (BACK, TRADED)
    )
    if view.book is not None and view.book.market_type != "WIN":
        back = [0.0] * view.interests
    return [
        (max(back[column], offers[column]), traded[column]) if column >= 0 else (0.0, 0.0)
        for column in view.columns
    ]


TURNS = {
    ("ACTIVE", "SCRATCHED"): ("SCRATCH", "scratched"),
    ("ALSO_ELIGIBLE", "SCRATCHED"): ("SCRATCH", "scratched"),
    ("SCRATCHED", "ACTIVE"): ("RE_ENTRY", "back in"),
    ("ALSO_ELIGIBLE", "ACTIVE"): ("FIELD", "draws in"),
}
"""What it is called when a runner's status turns from one to another."""
