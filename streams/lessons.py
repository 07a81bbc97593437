"""Lessons on the market: what was said of a race at some moments before its off, told once it is official."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import cast

import numpy as np

from models.belief import exponent_of, weight_of
from schemas.identity import uuid_of
from schemas.records import LessonMoment, MarketLesson
from streams.beliefs import of_places
from streams.explanation import verdict_in
from streams.scoring import Point, Scored
from streams.state import Moment
from streams.view import View, to_be_run

SOURCE = "hpr"

MARKS = (1, 2, 4, 8, 15, 30, 60)
"""Minutes to the off: between two of them the last moment is remembered."""


def remember(point: Point, scored: Scored | None) -> None:
    """Keep what is said now, where every runner has a price and form judges them all.

    Coupled runners teach nothing: their part of what form adds is not told apart.
    """
    view, minutes = point.view, point.minutes
    belief = verdict_in(view).belief
    if scored is None or belief is None or minutes is None or not _teaches(view):
        return
    prices = np.frombuffer(scored.price).tolist()
    if not all(belief.judged) or not all(prices):
        return
    weight = weight_of(belief, exponent_of(scored.public, prices))
    moments, bucket = point.race.state.moments, bisect_right(MARKS, minutes)
    for nearer in [each for each in moments if each < bucket]:
        del moments[nearer]  # the off was put back: it was not near then
    moments[bucket] = Moment(
        minutes, weight, _running(view), scored.public, belief.residual, verdict_in(view).label
    )


def _teaches(view: View) -> bool:
    return to_be_run(view) and not view.coupled and not of_places(view)


def _running(view: View) -> list[str]:
    """Ids of those still in, in the order of their interests where none are coupled; found once a view."""
    found = view.memo.get("running")
    if found is None:
        pairs = zip(view.runner_ids, view.columns, strict=True)
        found = view.memo["running"] = [id for id, column in pairs if column >= 0]
    return cast("list[str]", found)


def lesson(point: Point) -> MarketLesson | None:
    """What a race that has become official teaches; once, the first official result counts."""
    state, view = point.race.state, point.view
    if not state.moments or view.result_state != "OFFICIAL":
        return None
    kept, state.moments = state.moments, {}
    ran = _running(view)
    won = [float(id in view.winners) for id in ran]
    model = kept[min(kept)].model
    moments = [moment for _, moment in sorted(kept.items(), reverse=True) if moment.model == model]
    told = list(_told(moments, ran))
    if not told or not any(won):
        return None
    return {
        "event_id": uuid_of(f"lesson:{state.race_id}:{point.digest.hex()}"),
        "source": SOURCE,
        "race_id": state.race_id,
        "event_time": point.event_time,
        "recorded_time": point.recorded_time,
        "sequence": point.revision,
        "model": model,
        "runner_ids": ran,
        "won": [share / sum(won) for share in won],
        "moments": told,
    }


def _told(moments: list[Moment], ran: list[str]) -> Iterator[LessonMoment]:
    """Moments at which all who ran were known, without those that were scratched later."""
    for moment in moments:
        at = {id: n for n, id in enumerate(moment.runner_ids)}
        if all(id in at for id in ran):
            yield {
                "minutes": moment.minutes,
                "market_weight": moment.market_weight,
                "public": [moment.public[at[id]] for id in ran],
                "form": [moment.form[at[id]] for id in ran],
            }
