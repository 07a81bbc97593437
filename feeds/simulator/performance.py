"""The true model: how well each runner will run, in log-odds; true chances are its softmax."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feeds.simulator.population import ABILITY, EARLY, GEAR, MUD, STAMINA, TURF, Population, maturity

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]

TRIP_MEAN, TRIP_SPREAD = 7.4, 0.2
"""Furlongs that suit the middle horse, and the spread of that in logs."""

TRIP_COST = 6.0
MUD_GAIN = 0.11
TURF_GAIN = 0.15
PACE_GAIN = 0.16
GEAR_GAIN = 0.2
DRAW_GAIN = 0.12
COST_A_POUND = 0.025
"""What each does to ability, whose standard deviation over all horses is 1."""

TAIL = 0.3
"""How much farther the worst are behind the field than the best before it: fitted to starting prices."""

LENGTHS_PER_ABILITY = 2.2
"""Lengths that a unit of log-odds is worth at the finish."""


@dataclass(frozen=True, slots=True, eq=False)
class Starters:
    """Runners of one race or of many, (…, runners); what belongs to the race is (…, 1)."""

    horses: Numbers
    riders: Numbers
    form: Floats
    years: Floats
    """Age with its fraction."""
    weights: Floats
    """Pounds."""
    draw: Floats
    """Starting place, from -0.5 on the rail to 0.5."""
    geared: Flags
    """Runs in blinkers."""
    furlongs: Floats
    turf: Floats
    """1 on turf, -1 on dirt, 0 between."""
    wetness: Floats
    """Steps of the going from the driest."""
    draw_bias: Floats


def strengths(horses: Population, runners: Starters, sharpness: float) -> Floats:
    """Log-odds up to a constant of the race, (…, runners).

    `sharpness` is how much a country's racing makes of ability. With Gumbel noise of scale 1 added,
    chances of winning are exactly the softmax of these (Yellott 1977).
    """
    traits = horses.traits[runners.horses]
    early = traits[..., EARLY]
    # A lone leader has it easy; many who want the lead tire each other.
    pressure = np.maximum(early - 0.5, 0.0).mean(axis=-1, keepdims=True) / 0.2 - 1.0
    able = (
        traits[..., ABILITY]
        + maturity(runners.years)
        + runners.form
        + horses.rider_skill[runners.riders]
        + horses.trainer_skill[horses.trainer[runners.horses]]
        - TRIP_COST * (np.log(runners.furlongs / TRIP_MEAN) - TRIP_SPREAD * traits[..., STAMINA]) ** 2
        + MUD_GAIN * runners.wetness * traits[..., MUD]
        + TURF_GAIN * runners.turf * traits[..., TURF]
        - PACE_GAIN * early * pressure
        + GEAR_GAIN * runners.geared * traits[..., GEAR]
        + runners.draw_bias * runners.draw
        - COST_A_POUND * (runners.weights - runners.weights.mean(axis=-1, keepdims=True))
    )
    better = able - able.mean(axis=-1, keepdims=True)
    log_odds: Floats = sharpness * -np.expm1(-TAIL * better) / TAIL
    return log_odds


def softmax(log_odds: Floats, running: Flags) -> Floats:
    """Chances that sum to 1 over those that run; 0.0 for the others. (…, runners)."""
    weights: Floats = np.where(running, np.exp(np.where(running, log_odds, 0.0)), 0.0)
    chances: Floats = weights / weights.sum(axis=-1, keepdims=True)
    return chances
