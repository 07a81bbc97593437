"""What is said of a race before it is run: its card and its conditions."""

from collections.abc import Sequence
from typing import Any

from feeds.simulator.day import Slot
from feeds.simulator.field import GOINGS, WEATHERS, Declared
from schemas.defaults import defaults
from schemas.records import Entry, RaceCard


def card_body(slot: Slot, field: Declared, scheduled_off: int, entries: Sequence[Entry]) -> dict[str, Any]:
    """Body of a RaceCard with these entries."""
    at = slot.venue.track
    return {
        **defaults(RaceCard),
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
        "entries": list(entries),
    }


def conditions_body(field: Declared, wetness: int) -> dict[str, Any]:
    """Body of Conditions."""
    return {
        "track_condition": GOINGS[field.surface][wetness],
        "surface": field.surface,
        "weather_condition": WEATHERS[wetness],
        "temperature_fahrenheit": field.temperature_fahrenheit,
    }
