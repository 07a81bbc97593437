"""The candidate in the shadow: what it would say, and what both models came to once a race is official."""

import numpy as np

from models.trial import log_loss
from schemas.identity import uuid_of
from schemas.records import ModelSnapshot
from streams.beliefs import Library, of_places, together, verdict_of
from streams.explanation import verdict_in
from streams.market_weight import factors
from streams.scoring import Point, Scored
from streams.state import Believed, RaceState, Said
from streams.statements import spread
from streams.view import View, to_be_run

SOURCE = "hpr"


def shade(point: Point, scored: Scored | None, said: Said, library: Library) -> None:
    """Say what the candidate says too, by its chances made as the champion's are, and remember both."""
    view = point.view
    if scored is not None and "CANDIDATE" in view.pins:
        verdict = verdict_of(view, library, "CANDIDATE")
        if (belief := verdict.by_interest) is not None:
            prices = np.frombuffer(scored.price).tolist()
            at_moment = factors(view, point.minutes, verdict.label)
            chances = together(belief, scored.public, prices, of_places(view), at_moment)
            said.shadow, said.shadow_model = spread(chances, view), verdict.label
    _remember(point.race.state, view, said)


def _priced(price: bytes) -> bool:
    return bool(np.any(np.frombuffer(price) > 0.0))


def _remember(state: RaceState, view: View, said: Said) -> None:
    """Keep what both said, for as long as the race is to be run: the last of it is what they are judged by.

    What only one of them had a belief of says nothing of the two.
    """
    if not to_be_run(view):
        return
    if not said.shadow or not verdict_in(view).label:
        state.believed = None
        return
    pins = view.pins
    champion, candidate = pins["CHAMPION"], pins["CANDIDATE"]
    state.believed = Believed(
        model=champion["model"],
        versions=(champion["version"], candidate["version"]),
        numbers=(champion["sequence"], candidate["sequence"]),
        runner_ids=said.runner_ids,
        champion=said.win,
        candidate=said.shadow,
        public=said.public if _priced(said.price) else [],
    )


def compared(point: Point) -> ModelSnapshot | None:
    """How both did in a race that has become official; once, the first official result counts."""
    state, view = point.race.state, point.view
    believed = state.believed
    if believed is None or view.result_state != "OFFICIAL":
        return None
    state.believed = None
    losses = [
        log_loss(_running(believed.runner_ids, chances), view.winners)
        for chances in (believed.champion, believed.candidate, believed.public)
    ]
    champion, candidate, public = losses
    if champion is None or candidate is None:
        return None
    (version, other), (number, other_number) = believed.versions, believed.numbers
    return {
        "event_id": uuid_of(f"trial:{state.race_id}:{number}:{version}:{other_number}:{other}"),
        "source": SOURCE,
        "race_id": state.race_id,
        "event_time": point.event_time,
        "recorded_time": point.recorded_time,
        "sequence": point.revision,
        "model": believed.model,
        "champion": version,
        "candidate": other,
        "races": 1,
        "log_loss_champion": champion,
        "log_loss_candidate": candidate,
        "evidence": 0.0,
        "champion_number": number,
        "candidate_number": other_number,
        "log_loss_public": public,
    }


def _running(runner_ids: list[str], chances: list[float]) -> dict[str, float]:
    """Chances of the runners that were in; of none where there are no chances."""
    return {id: chance for id, chance in zip(runner_ids, chances, strict=False) if chance >= 0.0}
