"""What a market definition says: card, scratches, stage, starting prices and result, as event bodies."""

from typing import Any

from feeds.betfair.book import is_price
from feeds.betfair.messages import Definition, Runner, parse_time
from feeds.betfair.races import Race, distance_furlongs, program_number
from schemas.defaults import defaults
from schemas.identity import micros
from schemas.records import Entry, Finisher, RaceCard, RaceStage

Body = dict[str, Any]
"""The fields of an event without its header."""

WON = "WINNER"
RAN = ("WINNER", "LOSER", "PLACED")
REMOVED = ("REMOVED", "REMOVED_VACANT")


def stage(definition: Definition) -> RaceStage:
    """Stage of the race. Betfair reconciles starting prices at the off, also where betting then stops."""
    if definition.status == "CLOSED":
        ran = any(runner.status in RAN for runner in definition.runners)
        return "CLOSED" if ran else "ABANDONED"
    if definition.inPlay:
        return "IN_PLAY"
    if definition.bspReconciled:
        return "OFF"
    return "SUSPENDED" if definition.status == "SUSPENDED" else "SCHEDULED"


def is_off(definition: Definition) -> bool:
    """True from the off on: later prices are in play and never scored."""
    return definition.inPlay or definition.bspReconciled or definition.status == "CLOSED"


def card(market_id: str, race: Race, definition: Definition) -> Body:
    """Body of the RaceCard."""
    return {
        **defaults(RaceCard),
        "market_id": market_id,
        "track_code": race.track.code,
        "track_name": race.track.name,
        "country": definition.countryCode or race.track.country,
        "time_zone": race.track.time_zone,
        "race_date": race.race_date,
        "race_number": race.race_number,
        "race_name": definition.name if definition.marketType == "WIN" else None,
        "scheduled_off": micros(parse_time(definition.marketTime)),
        "distance_furlongs": distance_furlongs(definition.name),
        "surface": "UNKNOWN",
        "race_type": definition.raceType,
        "number_of_runners": len(definition.runners),
        "places_paid": definition.numberOfWinners if definition.marketType == "PLACE" else None,
        "entries": [_entry(runner) for runner in definition.runners],
    }


def _entry(runner: Runner) -> Entry:
    number, name = program_number(runner.name)
    return {
        **defaults(Entry),
        "runner_id": str(runner.id),
        "horse_name": name,
        "program_number": number,
        "also_eligible": False,
    }


def scratches(market_id: str, before: Definition | None, now: Definition) -> list[Body]:
    """Bodies of the Scratch events between two definitions, in the order of runners."""
    out = {r.id for r in before.runners if r.status in REMOVED} if before else set()
    return [
        {
            "market_id": market_id,
            "runner_id": str(runner.id),
            "action": "SCRATCHED" if runner.status in REMOVED else "REINSTATED",
            "reduction_factor": runner.adjustmentFactor if runner.status in REMOVED else None,
            "reason": None,
        }
        for runner in now.runners
        if (runner.status in REMOVED) != (runner.id in out)
    ]


def status(market_id: str, definition: Definition, event_time: int, off_time: int | None) -> Body:
    """Body of the RaceStatus; `off_time` is when an earlier definition said the race went off."""
    off = is_off(definition) and stage(definition) != "ABANDONED"
    return {
        "market_id": market_id,
        "status": stage(definition),
        "scheduled_off": micros(parse_time(definition.marketTime)),
        "off_time": (off_time or event_time) if off else None,
    }


def result(market_id: str, definition: Definition) -> Body | None:
    """Body of the Result, once the market is settled. A WIN market knows the winner alone."""
    if stage(definition) != "CLOSED":
        return None
    return {
        "market_id": market_id,
        "state": "OFFICIAL",
        "winning_time_seconds": None,
        "finishers": [_finisher(r, definition) for r in definition.runners if r.status in RAN],
        "dividends": [],
    }


def _finisher(runner: Runner, definition: Definition) -> Finisher:
    won = runner.status == WON
    win_market = definition.marketType == "WIN"
    return {
        **defaults(Finisher),
        "runner_id": str(runner.id),
        "finish_position": 1 if won and win_market else None,
        "placed": None if win_market else won or runner.status == "PLACED",
        "disqualified": False,
        "starting_price": starting_price(runner) if win_market else None,
    }


def starting_price(runner: Runner) -> float | None:
    """The runner's Betfair starting price once it is known."""
    if runner.bsp is None:
        return None
    price = float(runner.bsp)
    return price if is_price(price) else None
