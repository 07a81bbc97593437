"""How a race ends: the order of finish, drawn from the true abilities, and what the judge says of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feeds.simulator.field import Declared, Flags, Floats
from feeds.simulator.performance import LENGTHS_PER_ABILITY
from feeds.simulator.plan import Plan, truths
from schemas.defaults import defaults
from schemas.records import Dividend, Finisher, ResultState

Positions = NDArray[np.int64]

SECONDS_PER_LENGTH = 0.17
NOSE = 0.05
"""The least by which one horse beats another, in lengths."""


@dataclass(frozen=True, slots=True, eq=False)
class Finish:
    """Who finished where; arrays are by runner of the field, 0 for those that did not run."""

    positions: Positions
    """As they passed the post, from 1; equal in a dead heat."""
    official: Positions
    """After any disqualification, which puts a runner last."""
    disqualified: int | None
    lengths_behind: Floats
    seconds: Floats
    winning_time_seconds: float


def run(this: Plan, running: Flags) -> Finish:
    """Run a race: true log-odds plus Gumbel noise give the Plackett-Luce order (Yellott 1977)."""
    rng, script = this.generator(6), this.script
    performance = np.where(running, truths(this)[-1][1] + rng.gumbel(size=len(running)), -np.inf)
    order = np.argsort(-performance, kind="stable")[: int(running.sum())]
    gaps = -np.diff(performance[order]) * LENGTHS_PER_ABILITY
    gaps = np.maximum(np.round(gaps / NOSE) * NOSE, NOSE)
    if script.dead_heat:
        gaps[0] = 0.0
    behind = np.concatenate(([0.0], np.round(np.cumsum(gaps), 2)))
    ranks = 1 + np.searchsorted(behind, behind, side="left")
    time = _winning_time(rng, this)
    positions = np.zeros(len(running), dtype=np.int64)
    positions[order] = ranks
    lengths, seconds = np.zeros(len(running)), np.zeros(len(running))
    lengths[order] = behind
    seconds[order] = np.round(time + behind * SECONDS_PER_LENGTH, 2)
    out = int(order[int(rng.integers(min(2, len(order) - 1)))]) if script.disqualification else None
    return Finish(positions, _placed_last(positions, out), out, lengths, seconds, time)


def _winning_time(rng: np.random.Generator, this: Plan) -> float:
    """Seconds: about 12 a furlong, more over longer distances and on wetter going."""
    furlongs = this.field.distance_furlongs
    seconds = furlongs * (11.4 + 0.08 * furlongs) * (1.0 + 0.012 * this.script.wetness)
    return round(seconds * float(rng.lognormal(0.0, 0.006)), 2)


def _placed_last(positions: Positions, out: int | None) -> Positions:
    """Positions with one runner put last and those behind it moved up."""
    if out is None:
        return positions
    official = positions.copy()
    official[positions > positions[out]] -= 1
    official[out] = int((positions > 0).sum())
    return official


def result_body(
    field: Declared, finish: Finish, starting: Floats, state: ResultState, dividends: list[Dividend]
) -> dict[str, Any]:
    """Body of a Result: unofficial as they passed the post, official as the stewards leave it."""
    official = state == "OFFICIAL"
    positions = finish.official if official else finish.positions
    order = np.argsort(positions, kind="stable")
    finishers: list[Finisher] = [
        {
            **defaults(Finisher),
            "runner_id": field.entries[n]["runner_id"],
            "finish_position": int(positions[n]),
            "placed": bool(positions[n] <= field.places),
            "disqualified": official and n == finish.disqualified,
            "starting_price": float(starting[n]),
            "official_finish_time_seconds": float(finish.seconds[n]),
            "lengths_behind_winner": float(finish.lengths_behind[n]),
        }
        for n in order.tolist()
        if positions[n] > 0
    ]
    return {
        "market_id": None,
        "state": state,
        "winning_time_seconds": finish.winning_time_seconds,
        "finishers": finishers,
        "dividends": dividends,
    }
