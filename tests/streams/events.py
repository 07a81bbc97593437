"""Events made by hand, for tests that speak of races."""

from typing import Any, cast

from models.guide.values import COLUMNS, FEATURE_SET
from schemas.defaults import defaults
from schemas.identity import MICROS, uuid_of
from schemas.records import (
    Conditions,
    Entry,
    Finisher,
    ModelPinned,
    OddsUpdate,
    RaceCard,
    RaceForm,
    RaceStatus,
    Result,
    RunnerForm,
    RunnerPrice,
    Scratch,
)

RACE = "BEL-20230715-01"
OFF = 1_689_440_400 * MICROS
"""2023-07-15 17:00 UTC."""


def header(kind: str, seconds: float, source: str = "betfair", race_id: str = RACE) -> dict[str, Any]:
    """The shared header of an event `seconds` after half an hour before the off."""
    time = OFF - 1800 * MICROS + round(seconds * MICROS)
    return {
        "event_id": uuid_of(f"{kind}:{source}:{race_id}:{seconds}"),
        "source": source,
        "race_id": race_id,
        "event_time": time,
        "recorded_time": time,
        "sequence": round(seconds * 1000),
    }


def entry(runner_id: str, **fields: Any) -> Entry:
    """A horse entered; its number is its runner id."""
    blank = dict.fromkeys(Entry.__annotations__, None)
    own = {"runner_id": runner_id, "program_number": runner_id, "horse_name": f"Horse {runner_id}"}
    return cast(Entry, {**blank, "also_eligible": False, **own, **fields})


def card(entries: list[Entry], seconds: float = 0, **fields: Any) -> RaceCard:
    """A card of Belmont's first race."""
    source = fields.pop("source", "betfair")
    blank = dict.fromkeys(RaceCard.__annotations__, None)
    own = {
        **header("card", seconds, source, fields.pop("race_id", RACE)),
        "track_code": "BEL", "race_date": "2023-07-15", "scheduled_off": OFF, "surface": "UNKNOWN",
        "entries": entries,
    }  # fmt: skip
    return cast(RaceCard, {**blank, **own, **fields})


def price(runner_id: str, last: float | None, **fields: Any) -> RunnerPrice:
    """A price of one runner, by default traded well with offers a little around it."""
    blank = dict.fromkeys(RunnerPrice.__annotations__, None)
    around = {"back": last * 0.99, "lay": last * 1.01} if last and last > 1.02 else {}
    own = {"runner_id": runner_id, "last": last, "traded": 5_000.0, "back_size": 500.0, "lay_size": 500.0}
    return cast(RunnerPrice, {**blank, **own, **around, **fields})


def odds(prices: list[RunnerPrice], seconds: float, **fields: Any) -> OddsUpdate:
    """An update of the win market."""
    source = fields.pop("source", "betfair")
    own = {
        **header(f"odds:{fields.get('market_id', 'win')}", seconds, source, fields.pop("race_id", RACE)),
        "market_id": "win", "market_type": "WIN", "pool": "EXCHANGE", "image": False, "in_play": False,
        "places": None, "runners": prices,
    }  # fmt: skip
    return cast(OddsUpdate, {**own, **fields})


def scratch(runner_id: str, seconds: float, action: str = "SCRATCHED", **fields: Any) -> Scratch:
    """A runner taken out, or put back."""
    source = fields.pop("source", "betfair")
    own = {
        **header(f"scratch:{runner_id}", seconds, source), "market_id": None, "runner_id": runner_id,
        "action": action, "reduction_factor": 7.5 if action == "SCRATCHED" else None, "reason": None,
    }  # fmt: skip
    return cast(Scratch, {**own, **fields})


def status(stage: str, seconds: float, **fields: Any) -> RaceStatus:
    """A stage reached."""
    source = fields.pop("source", "betfair")
    own = {
        **header("status", seconds, source), "market_id": None, "status": stage, "scheduled_off": None,
        "off_time": None,
    }  # fmt: skip
    return cast(RaceStatus, {**own, **fields})


def result(
    positions: dict[str, int | None], seconds: float, state: str = "OFFICIAL", **fields: Any
) -> Result:
    """The finish by runner."""
    source = fields.pop("source", "betfair")
    finishers = [
        {**defaults(Finisher), "runner_id": runner, "finish_position": position, "disqualified": False}
        for runner, position in positions.items()
    ]  # fmt: skip
    own = {
        **header("result", seconds, source), "market_id": None, "state": state, "winning_time_seconds": None,
        "finishers": finishers, "dividends": [],
    }  # fmt: skip
    return cast(Result, {**own, **fields})


def going(condition: str, seconds: float, source: str = "betfair") -> Conditions:
    """The going as a source states it."""
    own = {
        **header("going", seconds, source), "track_condition": condition, "surface": "UNKNOWN",
        "weather_condition": None, "temperature_fahrenheit": None,
    }  # fmt: skip
    return cast(Conditions, own)


def form(values: dict[str, list[float | None]], seconds: float, **fields: Any) -> RaceForm:
    """Form by runner; the columns are those of the guide unless given."""
    source = fields.pop("source", "hpr-form")
    runners = [
        {**defaults(RunnerForm), "runner_id": runner, "horse_id": runner, "values": row}
        for runner, row in values.items()
    ]
    own = {
        **header(f"form:{fields.get('feature_set', FEATURE_SET)}", seconds, source),
        "request_id": uuid_of("request"), "feature_set": FEATURE_SET, "as_of": OFF, "learnt": "00",
        "races_learnt": 0, "columns": list(COLUMNS), "runners": runners,
    }  # fmt: skip
    return cast(RaceForm, {**own, **fields})


def pinned(version: str, seconds: float, role: str = "CHAMPION", **fields: Any) -> ModelPinned:
    """A model pinned to the race."""
    own = {
        **header(f"pin:{role}:{version}", seconds, fields.pop("source", "hpr")), "role": role,
        "model": "guide", "version": version, "feature_set": FEATURE_SET,
    }  # fmt: skip
    return cast(ModelPinned, {**own, **fields})
