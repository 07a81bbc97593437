"""Events of a result chart: a pure function of it."""

from datetime import time
from typing import Any, cast
from zoneinfo import ZoneInfo

from feeds.order import Named
from feeds.telling import Telling, Times, at, final_prices, official, times_of
from feeds.us.chart import Chart, Place, Starter
from schemas.defaults import defaults
from schemas.identity import MICROS, numbered_race, uuid_of
from schemas.records import (
    Call,
    Conditions,
    Entry,
    Event,
    Finisher,
    HorseProfile,
    PastPerformance,
    RaceCard,
    Scratch,
)

SCRATCHED_TIME = time(9, 0)
CONDITIONS_MICROS = 10 * 60 * MICROS
UNTOLD_SECONDS = 150.0
"""Taken for the time of a race that tells none: when its result was known has to be said."""

MARKET = "tote-win"
PLACES_PAID = 2


def chart_events(chart: Chart) -> list[Named]:
    """Everything that is told of a race, by recorded time."""
    zone = ZoneInfo(chart.track.time_zone)
    times = times_of(chart.day, zone, chart.off, chart.seconds or UNTOLD_SECONDS)
    telling = Telling(chart.source, numbered_race(chart.track.code, chart.day, chart.number))
    telling.add("RaceCard", "card", times.card, times.card, _card(chart, times.off))
    out = at(chart.day, SCRATCHED_TIME, zone)
    for starter in chart.starters:
        if starter.scratched:
            body = {**defaults(Scratch), "runner_id": starter.horse_id}
            telling.add("Scratch", f"scratch:{starter.horse_id}", out, out, body)
    before = times.off - CONDITIONS_MICROS
    telling.add("Conditions", "conditions", before, before, _conditions(chart))
    if any(starter.odds for starter in chart.ran):
        telling.add("OddsUpdate", "odds", times.off, times.off, _odds(chart))
    telling.add("Result", "result", times.finish, times.official, _result(chart))
    for starter in chart.ran:
        what = f"run:{starter.horse_id}"
        telling.add("PastPerformance", what, times.finish, times.told, _performance(chart, starter))
    profiles = [_profile(chart, starter, times) for starter in chart.ran if starter.sire]
    return sorted([*telling.events, *profiles], key=lambda named: named[1]["recorded_time"])


def _about(chart: Chart) -> dict[str, Any]:
    """What card and past performances both say of the race."""
    return {
        "track_code": chart.track.code,
        "track_name": chart.track.name,
        "race_date": chart.day.isoformat(),
        "race_number": chart.number,
        "distance_furlongs": chart.furlongs,
        "course": chart.course,
        "race_type": chart.race_type,
        "race_class_details": chart.race_class,
        "purse_usd": chart.purse,
    }


def _card(chart: Chart, off: int) -> dict[str, Any]:
    return {
        **defaults(RaceCard),
        **_about(chart),
        "surface": chart.declared,
        "country": chart.track.country,
        "time_zone": chart.track.time_zone,
        "race_name": chart.name,
        "scheduled_off": off,
        "age_sex_restrictions": chart.ages,
        "number_of_runners": len(chart.starters),
        "places_paid": PLACES_PAID,
        "entries": [_entry(starter) for starter in chart.starters],
    }


def _declared(starter: Starter) -> dict[str, Any]:
    """What entry and past performance both say of the runner."""
    return {
        "runner_id": starter.horse_id,
        "horse_id": starter.horse_id,
        "horse_name": starter.name,
        "program_number": starter.number,
        "post_position": starter.post,
        "jockey_name": starter.jockey,
        "trainer_name": starter.trainer,
        "medications": starter.medications,
        "equipment": starter.equipment,
        "weight_carried_lbs": starter.weight,
        "claiming_price_usd": starter.claiming,
    }


def _entry(starter: Starter) -> dict[str, Any]:
    return {
        **defaults(Entry),
        **_declared(starter),
        "betting_interest": starter.interest,
        "year_born": starter.born,
        "country_bred": starter.country,
        "owner_name": starter.owner,
    }


def _conditions(chart: Chart) -> dict[str, Any]:
    return {
        **defaults(Conditions),
        "track_condition": chart.going,
        "surface": chart.surface,
        "weather_condition": chart.weather,
        "temperature_fahrenheit": chart.temperature,
    }


def _odds(chart: Chart) -> dict[str, Any]:
    return final_prices(MARKET, "TOTE", ((starter.horse_id, starter.odds) for starter in chart.ran))


def _result(chart: Chart) -> dict[str, Any]:
    paid = {dividend.selection for dividend in chart.dividends if dividend.pool == "PLACE"}
    return official(chart.seconds, [_finisher(starter, paid) for starter in chart.ran], chart.dividends)


def _finisher(starter: Starter, paid: set[str]) -> dict[str, Any]:
    return {
        **defaults(Finisher),
        "runner_id": starter.horse_id,
        "finish_position": starter.position,
        "placed": (starter.interest or starter.number) in paid if paid else None,
        "disqualified": starter.disqualified,
        "starting_price": starter.odds,
        "lengths_behind_winner": starter.lengths,
        "outcome": starter.outcome,
        "running_positions": [place.position for place in starter.places if place.position is not None],
    }


def _performance(chart: Chart, starter: Starter) -> dict[str, Any]:
    return {
        **defaults(PastPerformance),
        **_about(chart),
        **_declared(starter),
        "surface": chart.surface,
        "track_condition": chart.going,
        "number_of_runners": len(chart.ran),
        "finish_position": starter.position,
        "outcome": starter.outcome,
        "winning_time_seconds": chart.seconds,
        "lengths_behind_winner": starter.lengths,
        "starting_price": starter.odds,
        "calls": [_call(place) for place in starter.places],
        "comments": starter.comment,
    }


def _call(place: Place) -> Call:
    return Call(
        distance_furlongs=place.furlongs,
        position=place.position,
        lengths_behind_leader=place.lengths,
        leader_seconds=place.leader_seconds,
        section_seconds=None,
    )


def _profile(chart: Chart, starter: Starter, times: Times) -> Named:
    """What the chart says of the winner's breeding, known next day."""
    event = {
        **defaults(HorseProfile),
        "event_id": uuid_of(f"{chart.source}:profile:{starter.horse_id}:{chart.day}"),
        "source": chart.source,
        "race_id": "",
        "event_time": times.finish,
        "recorded_time": times.told,
        "sequence": 0,
        "horse_id": starter.horse_id,
        "horse_name": starter.name,
        "year_born": starter.born,
        "sex": starter.sex,
        "color": starter.color,
        "country_bred": starter.country,
        "sire_name": starter.sire,
        "dam_name": starter.dam,
        "dam_sire_name": starter.dam_sire,
        "owner_name": starter.owner,
    }
    return "HorseProfile", cast(Event, event)
