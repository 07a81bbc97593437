"""Events of one race of results: a pure function of its lines."""

from typing import Any
from zoneinfo import ZoneInfo

from feeds.order import Named
from feeds.telling import Telling, final_prices, times_of
from feeds.uk_ire.race import DISQUALIFIED, Race, Runner
from feeds.uk_ire.times import off_time, track_of
from schemas.defaults import defaults
from schemas.identity import micros, timed_race
from schemas.records import (
    Conditions,
    Entry,
    Finisher,
    PastPerformance,
    RaceCard,
    Result,
)
from schemas.tracks import Track, local_date

SOURCE = "uk-ire"
MARKET = "starting-price"
UNTOLD_SECONDS = 300.0
"""Taken for the time of a race that tells none: when its result was known has to be said."""

CONDITIONS_MICROS = 600_000_000


def race_events(race: Race) -> list[Named]:
    """Everything that is told of one race, by recorded time."""
    track = track_of(race.course)
    off = off_time(race.off, track)
    day = local_date(track, off)
    times = times_of(day, ZoneInfo(track.time_zone), micros(off), race.winning_seconds or UNTOLD_SECONDS)
    telling = Telling(SOURCE, timed_race(track.code, day, off))
    shared = _shared(race, track, day.isoformat())
    telling.add("RaceCard", "card", times.card, times.card, _card(race, track, times.off, shared))
    if race.going:
        before = times.off - CONDITIONS_MICROS
        body = {**defaults(Conditions), "track_condition": race.going.upper(), "surface": race.surface}
        telling.add("Conditions", "conditions", before, before, body)
    if any(runner.odds for runner in race.runners):
        telling.add("OddsUpdate", "odds", times.off, times.off, _odds(race))
    telling.add("Result", "result", times.finish, times.official, _result(race))
    for runner in race.runners:
        body = _performance(race, runner, shared)
        telling.add("PastPerformance", f"run:{runner.horse_id}", times.finish, times.told, body)
    return telling.events


def _shared(race: Race, track: Track, day: str) -> dict[str, Any]:
    """What card and past performances both say of the race."""
    return {
        "track_code": track.code,
        "track_name": race.course,
        "race_date": day,
        "distance_furlongs": race.furlongs,
        "surface": race.surface,
        "race_type": race.race_type,
        "race_class_details": race.race_class,
        "number_of_runners": len(race.runners),
    }


def _card(race: Race, track: Track, off: int, shared: dict[str, Any]) -> dict[str, Any]:
    return {
        **defaults(RaceCard),
        **shared,
        "country": track.country,
        "time_zone": track.time_zone,
        "race_name": race.name,
        "scheduled_off": off,
        "age_sex_restrictions": race.ages,
        "rating_band": race.rating_band,
        "entries": [_entry(runner, race.off.year) for runner in race.runners],
    }


def _declared(runner: Runner) -> dict[str, Any]:
    """What entry and past performance both say of the runner."""
    return {
        "runner_id": runner.horse_id,
        "horse_id": runner.horse_id,
        "horse_name": runner.name,
        "program_number": runner.number,
        "post_position": runner.stall,
        "jockey_name": runner.jockey,
        "trainer_name": runner.trainer,
        "equipment": runner.gear,
        "weight_carried_lbs": runner.weight,
        "official_rating": runner.rating,
    }


def _entry(runner: Runner, year: int) -> dict[str, Any]:
    return {**defaults(Entry), **_declared(runner), "year_born": year - runner.age if runner.age else None}


def _odds(race: Race) -> dict[str, Any]:
    odds = ((runner.horse_id, runner.odds) for runner in race.runners)
    return final_prices(MARKET, "FIXED", odds, starting=True)


def _result(race: Race) -> dict[str, Any]:
    return {
        **defaults(Result),
        "state": "OFFICIAL",
        "winning_time_seconds": race.winning_seconds,
        "finishers": [_finisher(runner) for runner in race.runners],
    }


def _finisher(runner: Runner) -> dict[str, Any]:
    return {
        **defaults(Finisher),
        "runner_id": runner.horse_id,
        "finish_position": runner.placing,
        "disqualified": runner.outcome == DISQUALIFIED,
        "starting_price": runner.odds,
        "official_finish_time_seconds": runner.seconds,
        "lengths_behind_winner": runner.lengths,
        "outcome": runner.outcome,
    }


def _performance(race: Race, runner: Runner, shared: dict[str, Any]) -> dict[str, Any]:
    return {
        **defaults(PastPerformance),
        **shared,
        **_declared(runner),
        "track_condition": race.going.upper() if race.going else None,
        "finish_position": runner.placing,
        "outcome": runner.outcome,
        "winning_time_seconds": race.winning_seconds,
        "official_finish_time_seconds": runner.seconds,
        "lengths_behind_winner": runner.lengths,
        "starting_price": runner.odds,
        "speed_figure_source": "Topspeed" if runner.speed_figure else None,
        "speed_figure_value": runner.speed_figure,
    }
