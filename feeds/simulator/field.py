"""The field of a race: who runs, under what conditions, and how able each runner is in them."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from feeds.simulator.day import RaceDay, Slot, generator
from feeds.simulator.entries import declared_entries, interest_of, program_numbers
from feeds.simulator.performance import DRAW_GAIN, Starters, strengths
from feeds.simulator.population import (
    FEMALE,
    RIDERS,
    ROUNDS,
    STAMINA,
    STRING,
    STRINGS,
    Population,
    population,
    trip,
)
from feeds.simulator.venues import SMALLEST, Style
from schemas.records import Entry, Surface

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]

COUPLED = 0.2
ALSO_ELIGIBLE = 0.35
"""Shares of US races with a coupled entry, and with a runner that waits for a scratch."""

BLINKERS = 0.15
"""Share of runners that wear them; in the British and Irish results 14 % wear blinkers or cheekpieces."""

STRING_STRIDE = 389
"""Neighbouring races are of different classes; coprime with STRINGS: no horse runs twice in STRINGS races."""

POUNDS_A_RATING = 6.0
GOINGS = {
    "DIRT": ("FAST", "GOOD", "MUDDY", "SLOPPY"),
    "TURF": ("FIRM", "GOOD", "YIELDING", "SOFT"),
    "SYNTHETIC": ("FAST", "STANDARD", "SLOW", "SLOW"),
    "UNKNOWN": ("GOOD", "GOOD", "SOFT", "SOFT"),
}
"""Goings of a surface from the driest to the wettest."""

TURFNESS = {"DIRT": -1.0, "TURF": 1.0, "SYNTHETIC": 0.0, "UNKNOWN": 0.0}
WEATHERS = ("Sunny", "Cloudy", "Showers", "Rain")


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """A race as declared; arrays and lists are by runner, in the card's order."""

    entries: tuple[Entry, ...]
    horses: Population
    starters: Starters
    sharpness: float
    interests: list[int]
    """Number of the betting interest, from 0; coupled runners share one."""
    distance_furlongs: float
    surface: Surface
    wetness: int
    """Where the going lies in GOINGS, and the weather in WEATHERS."""
    temperature_fahrenheit: float
    purse_usd: float
    race_class: str
    restrictions: str
    places: int

    @property
    def eligible(self) -> Flags:
        """Runners that run unless scratched."""
        return np.array([not entry["also_eligible"] for entry in self.entries])

    @property
    def ability(self) -> Floats:
        """Log-odds as declared, up to a constant: true chances are its softmax over those that run."""
        return self.strengths(self.wetness, self.starters.riders, self.starters.geared)

    def strengths(self, wetness: int, riders: Numbers, geared: Flags) -> Floats:
        """Log-odds on another going, with other riders or equipment."""
        wet = np.array([float(wetness)])
        changed = replace(self.starters, wetness=wet, riders=riders, geared=geared)
        return strengths(self.horses, changed, self.sharpness)


def declare(day: RaceDay, slot: Slot) -> Declared:
    """Draw the field of a race."""
    rng, style = generator(day.seed, slot.index, 1), slot.venue.style
    horses = population(day.seed, slot.venue.track.country)
    string = _string(day, slot)
    runners = SMALLEST + int(rng.choice(len(style.starters), p=shares(style.starters)))
    spare = int(style.tote and runners < STRING and rng.random() < ALSO_ELIGIBLE)
    count = runners + spare
    chosen = horses.strings[string][rng.permutation(STRING)[:count]]
    surface = style.surfaces[int(rng.integers(len(style.surfaces)))]
    wetness = int(rng.choice(4, p=style.wet))
    furlongs = distance(rng, style, int(np.median(trip(horses.traits[chosen, STAMINA]))))
    starters = _starters(
        rng,
        day=day,
        slot=slot,
        horses=horses,
        chosen=chosen,
        furlongs=furlongs,
        surface=surface,
        wetness=wetness,
    )
    numbers = program_numbers(count, coupled=style.tote and rng.random() < COUPLED)
    entries = declared_entries(
        rng, seed=day.seed, style=style, horses=horses, starters=starters, numbers=numbers
    )
    if spare:
        entries[-1]["also_eligible"] = True
    bets = list(dict.fromkeys(interest_of(number) for number in numbers))
    level = int(horses.levels[string]) * len(style.classes) // STRINGS
    return Declared(
        entries=tuple(entries),
        horses=horses,
        starters=starters,
        sharpness=style.sharpness,
        interests=[bets.index(interest_of(number)) for number in numbers],
        distance_furlongs=furlongs,
        surface=surface,
        wetness=wetness,
        temperature_fahrenheit=float(rng.integers(48, 88)),
        purse_usd=round(style.purse * 1.7 ** (level - 1) * float(rng.lognormal(0.0, 0.2)), -2),
        race_class=style.classes[level],
        restrictions=restrictions(horses, chosen),
        places=_places(style, runners),
    )


def shares(thousandths: tuple[int, ...]) -> Floats:
    """Parts of 1."""
    counted: Floats = np.array(thousandths) / sum(thousandths)
    return counted


def _string(day: RaceDay, slot: Slot) -> int:
    """The string that a race is for: each gets its turn before any has another."""
    return (slot.index * STRING_STRIDE + int(generator(day.seed).integers(STRINGS))) % STRINGS


def restrictions(horses: Population, runners: Numbers) -> str:
    """Ages and sexes that may run, as racing writes them."""
    youngest, oldest = int(horses.age[runners].min()), int(horses.age[runners].max())
    if youngest == oldest <= 3:
        return f"{youngest}yo"
    return f"{youngest}yo+ F&M" if (horses.sex[runners] == FEMALE).all() else f"{youngest}yo+"


def distance(rng: np.random.Generator, style: Style, trip: int) -> float:
    """A distance for sprinters (0), milers (1) or stayers (2), in furlongs."""
    offered = np.array_split(np.array(style.distances), 3)[trip]
    return float(offered[int(rng.integers(len(offered)))])


def _starters(
    rng: np.random.Generator,
    *,
    day: RaceDay,
    slot: Slot,
    horses: Population,
    chosen: Numbers,
    furlongs: float,
    surface: Surface,
    wetness: int,
) -> Starters:
    style, count = slot.venue.style, len(chosen)
    posts = rng.permutation(count)
    course = generator(day.seed, *slot.venue.track.code.encode(), 11)
    return Starters(
        horses=chosen,
        riders=rng.permutation(RIDERS)[:count],
        form=horses.form[chosen, ROUNDS],
        years=horses.years[chosen],
        weights=weights(horses.rating[chosen], style),
        draw=posts / max(count - 1, 1) - 0.5,
        geared=rng.random(count) < BLINKERS,
        furlongs=np.array([furlongs]),
        turf=np.array([TURFNESS[surface]]),
        wetness=np.array([float(wetness)]),
        draw_bias=np.array([float(course.normal(0.0, DRAW_GAIN))]),
    )


def weights(rating: Floats, style: Style) -> Floats:
    """Whole pounds, the more for the better rated; (…, runners)."""
    low, high = style.weights
    below = POUNDS_A_RATING * (rating.max(axis=-1, keepdims=True) - rating)
    carried: Floats = np.maximum(np.round(high - 2.0 - below), float(low))
    return carried


def _places(style: Style, runners: int) -> int:
    """A US place bet pays the first two; elsewhere the usual terms by the number declared."""
    if style.tote:
        return 2
    return 3 if runners >= 8 else 2 if runners >= 5 else 1
