"""The field of a race: who runs, how able each runner is, and what the card says of it all."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feeds.simulator import names
from feeds.simulator.day import RaceDay, Slot, generator
from feeds.simulator.venues import Style
from schemas.records import Entry, Surface

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ABILITY_SPREAD = 1.05
"""Standard deviation of ability in log-odds: favourites win about a third of races of ten."""

COUPLED = 0.2
ALSO_ELIGIBLE = 0.35
"""Shares of US races with a coupled entry, and with a runner that waits for a scratch."""

GOINGS = {
    "DIRT": ("FAST", "GOOD", "MUDDY", "SLOPPY"),
    "TURF": ("FIRM", "GOOD", "YIELDING", "SOFT"),
    "SYNTHETIC": ("FAST", "STANDARD", "SLOW", "SLOW"),
    "UNKNOWN": ("GOOD", "GOOD", "SOFT", "SOFT"),
}
"""Goings of a surface from the driest to the wettest."""

WEATHERS = ("Sunny", "Cloudy", "Showers", "Rain")


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """A race as declared; arrays and lists are by runner, in the card's order."""

    entries: tuple[Entry, ...]
    ability: Floats
    """Log-odds, up to a constant: true chances are its softmax over those that run."""
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


def declare(day: RaceDay, slot: Slot) -> Declared:
    """Draw the field of a race."""
    rng = generator(day.seed, slot.index, 1)
    style = slot.venue.style
    runners = int(rng.integers(style.runners[0], style.runners[1] + 1))
    spare = int(style.tote and rng.random() < ALSO_ELIGIBLE)
    ability = rng.normal(0.0, ABILITY_SPREAD, runners + spare)
    numbers = _numbers(runners + spare, coupled=style.tote and rng.random() < COUPLED)
    entries = _entries(rng, day, slot, numbers, ability)
    if spare:
        entries[-1]["also_eligible"] = True
    bets = list(dict.fromkeys(_interest(number) for number in numbers))
    return Declared(
        entries=tuple(entries),
        ability=ability,
        interests=[bets.index(_interest(number)) for number in numbers],
        distance_furlongs=float(rng.choice(style.distances)),
        surface=style.surfaces[int(rng.integers(len(style.surfaces)))],
        wetness=int(rng.choice(4, p=(0.45, 0.35, 0.12, 0.08))),
        temperature_fahrenheit=float(rng.integers(48, 88)),
        purse_usd=round(style.purse * float(rng.lognormal(0.0, 0.4)), -3),
        race_class=style.classes[int(rng.integers(len(style.classes)))],
        restrictions=("3yo+", "3yo", "2yo", "4yo+ F&M")[int(rng.integers(4))],
        places=_places(style, runners),
    )


def _places(style: Style, runners: int) -> int:
    """A US place bet pays the first two; elsewhere the usual terms by the number declared."""
    if style.tote:
        return 2
    return 3 if runners >= 8 else 2 if runners >= 5 else 1


def _numbers(count: int, coupled: bool) -> list[str]:
    """Program numbers; the second of a coupled entry has the first one's number and an A."""
    return ["1", "1A", *(str(n) for n in range(2, count))] if coupled else [str(n + 1) for n in range(count)]


def _interest(number: str) -> str:
    return number.rstrip("A")


def _entries(
    rng: np.random.Generator, day: RaceDay, slot: Slot, numbers: list[str], ability: Floats
) -> list[Entry]:
    style, count = slot.venue.style, len(numbers)
    shift = int(generator(day.seed).integers(names.HORSES))
    posts, riders = rng.permutation(count) + 1, rng.permutation(names.PEOPLE)
    trainers = rng.integers(names.PEOPLE, size=count)
    weights = rng.integers(style.weights[0], style.weights[1] + 1, size=count)
    forecast = np.exp(0.8 * ability + rng.normal(0.0, 0.25, count))
    lines = np.clip(forecast.sum() / (1.2 * forecast), 1.4, 51.0)
    equipped = rng.random(count) < 0.2
    return [
        {
            "runner_id": horse_id,
            "horse_id": horse_id,
            "horse_name": horse_name,
            "program_number": number,
            "post_position": int(posts[n]),
            "betting_interest": _interest(number) if style.tote else None,
            "also_eligible": False,
            "jockey_name": names.rider(int(riders[n])),
            "trainer_name": names.trainer(int(trainers[n])),
            "morning_line_odds": round(float(lines[n]), 1),
            "medications": "L" if style.tote else None,
            "equipment": "b" if equipped[n] else None,
            "weight_carried_lbs": float(weights[n]),
        }
        for n, number in enumerate(numbers)
        for horse_id, horse_name in [names.horse(slot.index, n, shift)]
    ]


def card_body(slot: Slot, field: Declared, scheduled_off: int, drawn_in: int | None) -> dict[str, Any]:
    """Body of a RaceCard; the runner at position `drawn_in` is no longer also-eligible."""
    at = slot.venue.track
    entries: list[Entry] = [
        {**entry, "also_eligible": entry["also_eligible"] and n != drawn_in}
        for n, entry in enumerate(field.entries)
    ]
    return {
        "market_id": None,
        "track_code": at.code,
        "track_name": at.name,
        "country": at.country,
        "time_zone": at.time_zone,
        "race_date": slot.race_date,
        "race_number": slot.race_number,
        "race_name": f"{at.name} Race {slot.race_number}: {field.race_class}",
        "scheduled_off": scheduled_off,
        "distance_furlongs": field.distance_furlongs,
        "surface": field.surface,
        "race_type": "Flat",
        "race_class_details": field.race_class,
        "purse_usd": field.purse_usd,
        "age_sex_restrictions": field.restrictions,
        "number_of_runners": sum(not entry["also_eligible"] for entry in entries),
        "places_paid": field.places,
        "entries": entries,
    }


def conditions_body(field: Declared, wetness: int) -> dict[str, Any]:
    """Body of Conditions."""
    return {
        "track_condition": GOINGS[field.surface][wetness],
        "surface": field.surface,
        "weather_condition": WEATHERS[wetness],
        "temperature_fahrenheit": field.temperature_fahrenheit,
    }
