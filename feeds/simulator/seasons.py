"""Past seasons: rounds of races in which every horse that is old enough runs, by the true model without a
draw bias."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feeds.simulator.day import generator
from feeds.simulator.field import BLINKERS, TURFNESS, distance, shares, weights
from feeds.simulator.market import CLOSING_ERROR, EXCHANGE_BIAS
from feeds.simulator.performance import LENGTHS_PER_ABILITY, Starters, softmax, strengths
from feeds.simulator.population import RIDERS, ROUND_DAYS, ROUNDS, STAMINA, Population, deal, maturity, trip
from feeds.simulator.venues import SMALLEST, STYLES, Style

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

YOUNGEST = 2.0
"""Years at which horses begin to race."""

DEAL_DOUBT = 0.25
"""How far from the order of ratings horses meet, in the unit of ability."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Past runs, the oldest first and together by race; every array is by run."""

    race: Numbers
    days_ago: Numbers
    """Before the start of the race day."""
    horse: Numbers
    rider: Numbers
    furlongs: Floats
    turf: Floats
    """1 on turf, -1 on dirt, 0 between."""
    wetness: Numbers
    weight: Floats
    """Pounds."""
    draw: Floats
    geared: NDArray[np.bool_]
    runners: Numbers
    position: Numbers
    lengths_behind: Floats
    market: Floats
    """The market's chance at the off."""
    chance: Floats
    """The true chance: nobody in the simulated world knows it."""


def season_round(seed: int, horses: Population, at: int) -> History:
    """The races of a round, from 0 for the earliest: nearly every horse that is old enough runs once."""
    rng, style = generator(seed, *horses.country.encode(), 13, at), STYLES[horses.country]
    count = SMALLEST + int(rng.choice(len(style.starters), p=shares(style.starters)))
    ago = (ROUNDS - at - 1) * ROUND_DAYS
    years = horses.years - ago / 365.0
    # As the handicapper rated then: today's form is not known yet.
    then = maturity(years) + horses.form[:, at] - maturity(horses.years) - horses.form[:, ROUNDS]
    rating = horses.rating + then + rng.normal(0.0, DEAL_DOUBT, len(then))
    dealt = deal(rating, horses.age, horses.sex, horses.traits)
    dealt = dealt[years[dealt] >= YOUNGEST]
    runners = dealt[: len(dealt) // count * count].reshape(-1, count)
    starters = _entered(
        rng, style=style, horses=horses, runners=runners, rating=rating, form=horses.form[:, at], years=years
    )
    days = ago + 1 + rng.integers(ROUND_DAYS, size=len(runners))
    order = np.argsort(-days, kind="stable")
    return _run(rng, horses=horses, sharpness=style.sharpness, starters=starters, days=days, order=order)


def _entered(
    rng: np.random.Generator,
    *,
    style: Style,
    horses: Population,
    runners: Numbers,
    rating: Floats,
    form: Floats,
    years: Floats,
) -> Starters:
    races, count = runners.shape
    surfaces = np.array([TURFNESS[surface] for surface in style.surfaces])
    trips = np.median(trip(horses.traits[runners, STAMINA]), axis=1).astype(np.int64)
    furlongs = np.array([distance(rng, style, each) for each in trips.tolist()])
    riders = np.argsort(rng.random((races, RIDERS)), axis=1, kind="stable")[:, :count]
    posts = np.argsort(rng.random(runners.shape), axis=1, kind="stable")
    return Starters(
        horses=runners,
        riders=riders,
        form=form[runners],
        years=years[runners],
        weights=weights(rating[runners], style),
        draw=posts / max(count - 1, 1) - 0.5,
        geared=rng.random(runners.shape) < BLINKERS,
        furlongs=furlongs[:, None],
        turf=surfaces[rng.integers(len(surfaces), size=races)][:, None],
        wetness=rng.choice(4, (races, 1), p=style.wet).astype(np.float64),
        draw_bias=np.zeros((races, 1)),
    )


def _run(
    rng: np.random.Generator,
    *,
    horses: Population,
    sharpness: float,
    starters: Starters,
    days: Numbers,
    order: Numbers,
) -> History:
    """Run the races and write them down in an order."""
    able = strengths(horses, starters, sharpness)
    everyone = np.ones(able.shape, dtype=np.bool_)
    performance = able + rng.gumbel(size=able.shape)
    ranks = np.argsort(np.argsort(-performance, axis=1, kind="stable"), axis=1, kind="stable")
    behind = np.round(LENGTHS_PER_ABILITY * (performance.max(axis=1, keepdims=True) - performance), 2)
    believed = EXCHANGE_BIAS * able + rng.normal(0.0, CLOSING_ERROR, able.shape)

    def column(values: NDArray[Any]) -> NDArray[Any]:
        return np.broadcast_to(values, able.shape)[order].ravel()

    return History(
        race=column(np.argsort(order, kind="stable")[:, None]),
        days_ago=column(days[:, None]),
        horse=column(starters.horses),
        rider=column(starters.riders),
        furlongs=column(starters.furlongs),
        turf=column(starters.turf),
        wetness=column(starters.wetness.astype(np.int64)),
        weight=column(starters.weights),
        draw=column(starters.draw),
        geared=column(starters.geared),
        runners=column(np.full((1, 1), able.shape[1])),
        position=column(ranks + 1),
        lengths_behind=column(behind),
        market=column(softmax(believed, everyone)),
        chance=column(softmax(able, everyone)),
    )
