"""Events of one race of Hong Kong's history: a pure function of the joined race."""

from collections.abc import Mapping
from typing import Any, cast

from feeds.hong_kong.names import Horse, Profile
from feeds.hong_kong.race import Race, Runner, Section
from feeds.hong_kong.reading import SOURCE
from feeds.hong_kong.times import CONDITIONS_MICROS, card_time, times_of, withdrawn_time
from feeds.order import Named
from feeds.telling import Telling, Times, final_prices, official
from schemas.defaults import defaults
from schemas.identity import numbered_race, uuid_of
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

HKD_PER_USD = 7.8
"""The peg of the Hong Kong dollar, which has held since 1983 within 1 %."""

METRES_PER_FURLONG = 201.168
SECTION_METRES = 400
LONGEST_FIRST_SECTION = 600
MOST_PLACES, FEWEST_FOR_THREE_PLACES = 3, 7
TOTE_MARKET = "tote-win"

Profiles = Mapping[str, Profile]


def race_events(race: Race, profiles: Profiles) -> list[Named]:
    """Everything that is told of one race, by recorded time. `profiles` are by horse id."""
    times = times_of(race)
    telling = Telling(SOURCE, numbered_race(race.key.track, race.key.day, race.key.number))
    telling.add("RaceCard", "card", times.card, times.card, _card(race, times, profiles))
    for runner in race.runners:
        if runner.scratched:
            late = runner.code is not None and runner.code.endswith("-A")
            when = withdrawn_time(race, late)
            body = {**defaults(Scratch), "runner_id": runner.brand, "reason": runner.code}
            telling.add("Scratch", f"scratch:{runner.brand}", when, when, body)
    if race.going:
        before = times.off - CONDITIONS_MICROS
        body = {**defaults(Conditions), "track_condition": race.going, "surface": race.surface}
        telling.add("Conditions", "conditions", before, before, body)
    if any(runner.odds for runner in race.starters):
        telling.add("OddsUpdate", "odds", times.off, times.off, _odds(race))
    telling.add("Result", "result", times.finish, times.official, _result(race))
    for runner in race.starters:
        body = _performance(race, runner)
        telling.add("PastPerformance", f"run:{runner.brand}", times.finish, times.told, body)
    return sorted(telling.events, key=lambda named: named[1]["recorded_time"])


def profile_event(horse: Horse, profile: Profile) -> Named:
    """What is known of a horse for good, known when its first card was."""
    first = card_time(horse.first)
    body = {
        "horse_name": horse.name,
        "color": profile.color,
        "country_bred": profile.country,
        "origin": profile.origin,
        "sire_name": profile.sire,
        "dam_name": profile.dam,
        "dam_sire_name": profile.dam_sire,
    }
    event = {
        **defaults(HorseProfile),
        "event_id": uuid_of(f"{SOURCE}:profile:{horse.horse_id}"),
        "source": SOURCE,
        "race_id": "",
        "event_time": first,
        "recorded_time": first,
        "sequence": 0,
        "horse_id": horse.horse_id,
        **body,
    }
    return "HorseProfile", cast(Event, event)


def _card(race: Race, times: Times, profiles: Profiles) -> dict[str, Any]:
    declared = len(race.runners)
    return {
        **defaults(RaceCard),
        "track_code": race.key.track,
        "track_name": "Sha Tin" if race.key.track == "HKST" else "Happy Valley",
        "country": "HK",
        "time_zone": "Asia/Hong_Kong",
        "race_date": race.key.day.isoformat(),
        "race_number": race.key.number,
        "race_name": race.name,
        "scheduled_off": times.off,
        "distance_furlongs": race.distance / METRES_PER_FURLONG if race.distance else None,
        "surface": race.surface,
        "race_type": "Flat",
        "race_class_details": race.race_class,
        "purse_usd": round(race.prize / HKD_PER_USD, 2) if race.prize else None,
        "number_of_runners": declared,
        "places_paid": MOST_PLACES if declared >= FEWEST_FOR_THREE_PLACES else MOST_PLACES - 1,
        "course": race.course,
        "rating_band": race.rating_band,
        "entries": [_entry(runner, profiles.get(runner.horse_id)) for runner in race.runners],
    }


def _entry(runner: Runner, profile: Profile | None) -> dict[str, Any]:
    return {
        **defaults(Entry),
        "runner_id": runner.brand,
        "horse_id": runner.horse_id,
        "horse_name": runner.name,
        "program_number": None if runner.number is None else str(runner.number),
        "post_position": runner.draw,
        "jockey_name": runner.jockey,
        "trainer_name": runner.trainer,
        "equipment": runner.gear,
        "weight_carried_lbs": runner.weight,
        "body_weight_lbs": runner.body_weight,
        "country_bred": profile.country if profile else None,
        "sire_name": profile.sire if profile else None,
        "dam_name": profile.dam if profile else None,
        "dam_sire_name": profile.dam_sire if profile else None,
    }


def _odds(race: Race) -> dict[str, Any]:
    return final_prices(TOTE_MARKET, "TOTE", ((runner.brand, runner.odds) for runner in race.starters))


def _result(race: Race) -> dict[str, Any]:
    paid = {dividend.selection for dividend in race.dividends if dividend.pool == "PLACE"}
    finishers = [_finisher(runner, paid) for runner in race.starters]
    return official(race.winning_seconds, finishers, race.dividends)


def _finisher(runner: Runner, paid: set[str]) -> dict[str, Any]:
    return {
        **defaults(Finisher),
        "runner_id": runner.brand,
        "finish_position": runner.placing,
        "placed": str(runner.number) in paid if paid else None,
        "disqualified": runner.code == "DISQ",
        "starting_price": runner.odds,
        "official_finish_time_seconds": runner.seconds,
        "lengths_behind_winner": runner.lengths,
        "outcome": runner.code,
        "running_positions": list(runner.positions),
    }


def _performance(race: Race, runner: Runner) -> dict[str, Any]:
    return {
        **defaults(PastPerformance),
        "horse_id": runner.horse_id,
        "horse_name": runner.name,
        "runner_id": runner.brand,
        "track_code": race.key.track,
        "track_name": "Sha Tin" if race.key.track == "HKST" else "Happy Valley",
        "race_date": race.key.day.isoformat(),
        "race_number": race.key.number,
        "distance_furlongs": race.distance / METRES_PER_FURLONG if race.distance else None,
        "surface": race.surface,
        "course": race.course,
        "track_condition": race.going,
        "race_type": "Flat",
        "race_class_details": race.race_class,
        "purse_usd": round(race.prize / HKD_PER_USD, 2) if race.prize else None,
        "number_of_runners": len(race.starters),
        "program_number": None if runner.number is None else str(runner.number),
        "post_position": runner.draw,
        "jockey_name": runner.jockey,
        "trainer_name": runner.trainer,
        "weight_carried_lbs": runner.weight,
        "body_weight_lbs": runner.body_weight,
        "equipment": runner.gear,
        "finish_position": runner.placing,
        "outcome": runner.code,
        "winning_time_seconds": race.winning_seconds,
        "official_finish_time_seconds": runner.seconds,
        "lengths_behind_winner": runner.lengths,
        "starting_price": runner.odds,
        "calls": _calls(race, runner),
        "comments": runner.comment,
    }


def _calls(race: Race, runner: Runner) -> list[Call]:
    """The sections of a runner, or where only positions are told, those."""
    sections = runner.sections or tuple(Section(p, None, None) for p in runner.positions)
    ends = section_ends(race.distance, len(sections))
    leaders = race.leader_seconds if len(race.leader_seconds) == len(sections) else ()
    return [
        Call(
            distance_furlongs=ends[n] / METRES_PER_FURLONG if ends else None,
            position=section.position,
            lengths_behind_leader=section.lengths,
            leader_seconds=leaders[n] if leaders else None,
            section_seconds=section.seconds,
        )
        for n, section in enumerate(sections)
    ]


def section_ends(distance: int | None, sections: int) -> tuple[int, ...]:
    """Metres run at the end of each section: all but the first are 400 m. () where that does not fit.

    >>> section_ends(1650, 4)
    (450, 850, 1250, 1650)
    """
    if not distance or not sections:
        return ()
    first = distance - SECTION_METRES * (sections - 1)
    if not 0 < first <= LONGEST_FIRST_SECTION:
        return ()
    return tuple(first + SECTION_METRES * n for n in range(sections))
