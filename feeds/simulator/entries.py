"""Entries of a card: program numbers, names, riders and the morning line."""

from functools import cache

import numpy as np

from feeds.simulator import names
from feeds.simulator.day import generator
from feeds.simulator.performance import Starters, strengths
from feeds.simulator.population import Population
from feeds.simulator.venues import Style
from schemas.defaults import defaults
from schemas.records import Entry

LINE_DOUBT, LINE_CAUTION = 0.5, 0.75
"""Standard deviation of what the morning line gets wrong, in log-odds, and what it makes of differences."""

BLINKERS_SIGN = "b"


def program_numbers(count: int, coupled: bool) -> list[str]:
    """Program numbers; the second of a coupled entry has the first one's number and an A."""
    return ["1", "1A", *(str(n) for n in range(2, count))] if coupled else [str(n + 1) for n in range(count)]


def interest_of(number: str) -> str:
    """Betting interest of a program number: coupled runners share one."""
    return number.rstrip("A")


def horse_id(country: str, horse: int) -> str:
    """Id of a simulated horse: sim-GB-00042."""
    return f"sim-{country}-{horse:05d}"


@cache
def name_shift(seed: int, country: str) -> int:
    """What makes a seed's and country's names another's."""
    return int(generator(seed, *country.encode(), 12).integers(names.NAMES))


def declared_entries(
    rng: np.random.Generator,
    *,
    seed: int,
    style: Style,
    horses: Population,
    starters: Starters,
    numbers: list[str],
) -> list[Entry]:
    """The entries in the order of the starters, none of them also-eligible."""
    count = len(numbers)
    shift = name_shift(seed, horses.country)
    able = strengths(horses, starters, style.sharpness)
    forecast = np.exp(LINE_CAUTION * (able + rng.normal(0.0, LINE_DOUBT, count)))
    lines = np.round(np.clip(forecast.sum() / (1.2 * forecast), 1.4, 51.0), 1).tolist()
    posts = np.round((starters.draw + 0.5) * max(count - 1, 1)).astype(np.int64) + 1
    ids = [horse_id(horses.country, horse) for horse in starters.horses.tolist()]
    return [
        {
            **defaults(Entry),
            "runner_id": ids[n],
            "horse_id": ids[n],
            "horse_name": names.horse(int(starters.horses[n]), shift),
            "program_number": number,
            "post_position": int(posts[n]),
            "betting_interest": interest_of(number) if style.tote else None,
            "also_eligible": False,
            "jockey_name": names.rider(int(starters.riders[n])),
            "trainer_name": names.trainer(int(horses.trainer[starters.horses[n]])),
            "morning_line_odds": lines[n],
            "medications": "L" if style.tote else None,
            "equipment": BLINKERS_SIGN if starters.geared[n] else None,
            "weight_carried_lbs": float(starters.weights[n]),
        }
        for n, number in enumerate(numbers)
    ]
