"""Exotic bets as readers get them: the likeliest combinations of a race, and picks over several; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

import numpy as np
from typing_extensions import TypedDict

from gateway.contract import Freshness
from gateway.problems import ProblemError
from models.exotics import coupled
from models.layout import Floats
from models.likeliest import MOST_RUNNERS, POOLS, Combination, likeliest, selections
from models.places import DISCOUNTED
from schemas.identity import iso
from schemas.records import RaceView, RunnerView


class Bet(TypedDict):
    """One combination: the interests by place, or in the card's order where the pool asks for none.

    `numbers` are their program numbers, null where the card has none; `runner_ids` who runs for each.
    `fair_dividend` is what a stake of 1 has to pay, stake included, to be worth its probability.
    """

    numbers: list[str | None]
    runner_ids: list[list[str]]
    probability: float
    fair_dividend: float


class RaceExotics(TypedDict):
    """The likeliest combinations of one pool of a race, by its latest prediction.

    `exponents` are those of the places that the combinations were worked out with.
    """

    race_id: str
    revision: int
    prediction_id: str | None
    event_time: str
    freshness: Freshness
    pool: str
    ordered: bool
    places: int
    exponents: list[float]
    combinations: list[Bet]


class Leg(TypedDict):
    """One race of a pick, and the prediction that was taken."""

    race_id: str
    revision: int
    prediction_id: str | None
    event_time: str
    freshness: Freshness


class Pick(TypedDict):
    """The likeliest selections of a winner in each race, in the order that the races were asked for."""

    legs: list[Leg]
    combinations: list[Bet]


@dataclass(frozen=True, slots=True)
class Interests:
    """The betting interests still in, in the card's order: coupled runners are one.

    `names` are what is bet on, `numbers` the program numbers of who runs for each.
    """

    names: list[str | None]
    numbers: list[list[str | None]]
    runner_ids: list[list[str]]
    win: Floats


def interests_of(view: RaceView) -> Interests:
    """The interests of a race with their win probabilities; raises ProblemError where there are none."""
    race_id = view["race_id"]
    if view["status"] == "ABANDONED":
        raise ProblemError(HTTPStatus.CONFLICT, "Abandoned", f"Race {race_id} is abandoned: it has no bets.")
    running = [r for r in view["runners"] if r["status"] == "ACTIVE" and r["win_probability"] is not None]
    if not running:
        detail = f"Race {race_id} has no probabilities yet: ask again once its card and prices are known."
        raise ProblemError(HTTPStatus.CONFLICT, "No probabilities", detail)
    members: dict[str, list[RunnerView]] = {}
    for runner in running:
        members.setdefault(_interest(runner), []).append(runner)
    chances = coupled(
        np.array([r["win_probability"] for r in running], dtype=np.float64), [_interest(r) for r in running]
    )
    return Interests(
        [of[0]["betting_interest"] if len(of) > 1 else of[0]["number"] for of in members.values()],
        [[runner["number"] for runner in of] for of in members.values()],
        [[runner["runner_id"] for runner in of] for of in members.values()],
        np.array([chances[name] for name in members]),
    )


def _interest(runner: RunnerView) -> str:
    """What is bet on with a runner; one that is coupled with none is its own."""
    coupled_as = runner["betting_interest"]
    return f"runner {runner['runner_id']}" if coupled_as is None else f"interest {coupled_as}"


def race_exotics(
    view: RaceView, freshness: Freshness, pool: str, runners: Sequence[str], limit: int
) -> RaceExotics:
    """The likeliest combinations of a race; with `runners`, numbers or ids, those made of them alone.

    Raises ProblemError for a race without probabilities or of too few or too many runners, and for a runner
    that is not in it.
    """
    asked, found = POOLS[pool], interests_of(view)
    if not asked.places <= len(found.win) <= MOST_RUNNERS:
        detail = (
            f"Race {view['race_id']} has {len(found.win)} betting interests; "
            f"a {pool} needs {asked.places} to {MOST_RUNNERS}."
        )
        raise ProblemError(HTTPStatus.CONFLICT, "No such bet", detail)
    exponents = exponents_of(view)
    among = [_at(found, name, view["race_id"]) for name in runners] if runners else None
    best = likeliest(found.win, asked, limit, exponents, among)
    return {
        **_leg(view, freshness),
        "pool": pool,
        "ordered": asked.ordered,
        "places": asked.places,
        "exponents": list(exponents),
        "combinations": [_bet(each, [found] * asked.places) for each in best],
    }


def race_pick(views: Sequence[RaceView], freshness: Sequence[Freshness], limit: int) -> Pick:
    """The likeliest selections of a winner in each of several races; raises ProblemError as above."""
    legs = [interests_of(view) for view in views]
    return {
        "legs": [_leg(view, fresh) for view, fresh in zip(views, freshness, strict=True)],
        "combinations": [_bet(each, legs) for each in selections([leg.win for leg in legs], limit)],
    }


def exponents_of(view: RaceView) -> tuple[float, ...]:
    """Exponents and bends of the places by the model that scored the race, or the usual ones."""
    told = tuple(view["exponents"])
    return told if len(told) == len(DISCOUNTED) else DISCOUNTED


def _leg(view: RaceView, freshness: Freshness) -> Leg:
    return {
        "race_id": view["race_id"],
        "revision": view["revision"],
        "prediction_id": view["prediction_id"],
        "event_time": iso(view["event_time"]),
        "freshness": freshness,
    }


def _bet(found: Combination, interests: Sequence[Interests]) -> Bet:
    pairs = list(zip(interests, found.members, strict=True))
    return {
        "numbers": [each.names[at] for each, at in pairs],
        "runner_ids": [each.runner_ids[at] for each, at in pairs],
        "probability": found.chance,
        "fair_dividend": 1.0 / found.chance,
    }


def _at(found: Interests, name: str, race_id: str) -> int:
    """Which interest a runner's id or number, or an interest's, means."""
    rows = zip(found.names, found.numbers, found.runner_ids, strict=True)
    for at, (interest, numbers, ids) in enumerate(rows):
        if name == interest or name in ids or name in numbers:
            return at
    detail = f"runners: {name!r} is no number or id of a runner still in race {race_id}."
    raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "No such runner", detail)
