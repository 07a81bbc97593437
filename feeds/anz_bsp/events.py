"""Events of one race of starting prices: a pure function of its lines."""

from typing import Any
from zoneinfo import ZoneInfo

from feeds.anz_bsp.race import Race, Runner
from feeds.order import Named
from feeds.telling import OFFICIAL_MICROS, Telling, card_time
from schemas.defaults import defaults
from schemas.identity import micros, numbered_race
from schemas.records import Entry, Finisher, OddsUpdate, RaceCard, RaceStatus, Result, RunnerPrice
from schemas.tracks import Track, fallback_track, find_track

SOURCE = "anz-bsp"


def race_events(race: Race) -> list[Named]:
    """Everything that is told of one race, by recorded time.

    Best prices are known at the scheduled off, what traded before the actual off and starting prices at the
    actual one, the result 15 minutes after. Prices and money in play are not told on.
    """
    track = track_of(race)
    scheduled, off = micros(race.scheduled), micros(race.off)
    telling = Telling(SOURCE, numbered_race(track.code, race.day, race.number))
    card = card_time(race.day, ZoneInfo(track.time_zone))
    telling.add("RaceCard", "card", card, card, _card(race, track, scheduled))
    told = [_quoted(r) for r in race.runners if r.back or r.lay]
    if told:
        telling.add("OddsUpdate", "scheduled-off", scheduled, scheduled, _odds(race, told, in_play=False))
    traded = [_traded(r) for r in race.runners if r.last or r.back or r.lay]
    if traded:
        telling.add("OddsUpdate", "traded", off, off, _odds(race, traded, in_play=False))
    status = {**defaults(RaceStatus), "market_id": race.market_id, "status": "IN_PLAY"}
    status |= {"scheduled_off": scheduled, "off_time": off}
    telling.add("RaceStatus", "off", off, off + 1, status)
    started = [_started(r, r.starting_price) for r in race.runners if r.starting_price]
    if started:
        telling.add("OddsUpdate", "starting-prices", off, off + 1, _odds(race, started, in_play=True))
    official = off + OFFICIAL_MICROS
    telling.add("Result", "result", official, official, _result(race))
    placed = [_started(r, r.place_price) for r in race.runners if r.place_price]
    if race.place_market_id and placed:
        body = _odds(race, placed, in_play=True) | {"market_id": race.place_market_id, "market_type": "PLACE"}
        telling.add("OddsUpdate", "place-starting-prices", off, off + 1, body)
    return telling.events


def track_of(race: Race) -> Track:
    """The race's track."""
    zone = "Pacific/Auckland" if race.country == "NZ" else "Australia/Sydney"
    return find_track(race.track, race.country) or fallback_track(race.track, race.country, zone)


def _card(race: Race, track: Track, scheduled: int) -> dict[str, Any]:
    return {
        **defaults(RaceCard),
        "market_id": race.market_id,
        "track_code": track.code,
        "track_name": race.track,
        "country": track.country,
        "time_zone": track.time_zone,
        "race_date": race.day.isoformat(),
        "race_number": race.number,
        "race_name": race.market_name,
        "scheduled_off": scheduled,
        "distance_furlongs": race.furlongs,
        "race_type": "Flat",
        "race_class_details": race.race_class,
        "number_of_runners": len(race.runners),
        "entries": [
            {
                **defaults(Entry),
                "runner_id": runner.selection_id,
                "horse_id": runner.selection_id,
                "horse_name": runner.name,
                "program_number": runner.number,
            }
            for runner in race.runners
        ],
    }


def _odds(race: Race, prices: list[dict[str, Any]], in_play: bool) -> dict[str, Any]:
    market = {"market_id": race.market_id, "market_type": "WIN", "pool": "EXCHANGE"}
    return {**defaults(OddsUpdate), **market, "image": not in_play, "in_play": in_play, "runners": prices}


def _quoted(runner: Runner) -> dict[str, Any]:
    return {
        **defaults(RunnerPrice), "runner_id": runner.selection_id, "back": runner.back, "lay": runner.lay,
    }  # fmt: skip


def _traded(runner: Runner) -> dict[str, Any]:
    return {**_quoted(runner), "last": runner.last, "traded": runner.traded}


def _started(runner: Runner, price: float | None) -> dict[str, Any]:
    prices = {"runner_id": runner.selection_id, "starting_price": price}
    return {**defaults(RunnerPrice), **prices}


def _result(race: Race) -> dict[str, Any]:
    finishers = [
        {
            **defaults(Finisher),
            "runner_id": runner.selection_id,
            "finish_position": 1 if runner.won else None,
            "placed": runner.placed,
            "starting_price": runner.starting_price,
        }
        for runner in race.runners
    ]
    return {**defaults(Result), "market_id": race.market_id, "state": "OFFICIAL", "finishers": finishers}
