"""What is known of a race before it is run and after, made from our own event records."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite, nan

from schemas.records import Conditions, Entry, Finisher, OddsUpdate, PastPerformance, RaceCard, Result

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Runner:
    """One horse entered; NaN and "" where unknown. Weights are pounds, `post_position` counts from 1.

    `horse_id` falls back on the horse's name in capitals, so that a horse is one whatever names it.
    """

    runner_id: str
    horse_id: str = ""
    jockey: str = ""
    trainer: str = ""
    sire: str = ""
    dam: str = ""
    dam_sire: str = ""
    post_position: float = nan
    weight_lbs: float = nan
    body_weight_lbs: float = nan
    equipment: str = ""
    official_rating: float = nan
    year_born: float = nan
    sex: str = ""


@dataclass(frozen=True, slots=True)
class RaceFacts:
    """A race before it is run. `moment` is when it is asked for at the latest: its off, in microseconds.

    `moment` is 0 where no off is known: then only the date guards against reading the future. `class_level`
    is the number in the class's name, `race_class`, NaN without one; `rating_low` and `rating_high` are the
    rating band.
    """

    race_id: str
    race_date: date
    track_code: str
    runners: tuple[Runner, ...]
    moment: int = 0
    distance_furlongs: float = nan
    surface: str = "UNKNOWN"
    course: str = ""
    going: str = ""
    race_type: str = ""
    class_level: float = nan
    rating_low: float = nan
    rating_high: float = nan
    purse: float = nan
    race_class: str = ""


@dataclass(frozen=True, slots=True)
class RunnerFinish:
    """How one runner ran. `position` is NaN of one that did not finish; equal positions are a dead heat.

    `positions` are the running positions at the calls in their order, `sections` the seconds of each
    section; `odds` is the last decimal price before the off.
    """

    runner_id: str
    position: float = nan
    seconds: float = nan
    lengths_behind: float = nan
    odds: float = nan
    positions: tuple[int, ...] = ()
    sections: tuple[float, ...] = ()
    comments: str = ""


@dataclass(frozen=True, slots=True)
class RaceFinish:
    """A finished race; `recorded_time`, microseconds, is when the last of it could be known."""

    race_id: str
    recorded_time: int
    official: bool
    runners: tuple[RunnerFinish, ...]


def facts_of(card: RaceCard, conditions: Conditions | None = None) -> RaceFacts:
    """Facts of a card and, where there are any, its conditions, which overrule the card's surface."""
    low, high = _band(card["rating_band"])
    surface = card["surface"]
    if conditions is not None and conditions["surface"] != "UNKNOWN":
        surface = conditions["surface"]
    return RaceFacts(
        race_id=card["race_id"],
        race_date=date.fromisoformat(card["race_date"]),
        track_code=card["track_code"],
        runners=tuple(_runner(entry) for entry in card["entries"]),
        moment=card["scheduled_off"] or 0,
        distance_furlongs=_positive(card["distance_furlongs"]),
        surface=surface,
        course=card["course"] or "",
        going=((conditions and conditions["track_condition"]) or "").upper(),
        race_type=card["race_type"] or "",
        class_level=_class_level(card["race_class_details"]),
        rating_low=low,
        rating_high=high,
        purse=_positive(card["purse_usd"]),
        race_class=card["race_class_details"] or "",
    )


def finish_of(
    result: Result, odds: Iterable[OddsUpdate] = (), performances: Iterable[PastPerformance] = ()
) -> RaceFinish:
    """The finish a result tells, with the last win prices before the off and what each run's record adds."""
    last = _last_prices(odds)
    runs = {run["runner_id"]: run for run in performances if run["runner_id"] is not None}
    recorded = [run["recorded_time"] for run in runs.values()]
    return RaceFinish(
        race_id=result["race_id"],
        recorded_time=max([result["recorded_time"], *recorded]),
        official=result["state"] == "OFFICIAL",
        runners=tuple(_finish(each, last, runs.get(each["runner_id"])) for each in result["finishers"]),
    )


def _runner(entry: Entry) -> Runner:
    return Runner(
        runner_id=entry["runner_id"],
        horse_id=entry["horse_id"] or (entry["horse_name"] or "").strip().upper(),
        jockey=entry["jockey_name"] or "",
        trainer=entry["trainer_name"] or "",
        sire=(entry["sire_name"] or "").upper(),
        dam=(entry["dam_name"] or "").upper(),
        dam_sire=(entry["dam_sire_name"] or "").upper(),
        post_position=_positive(entry["post_position"]),
        weight_lbs=_positive(entry["weight_carried_lbs"]),
        body_weight_lbs=_positive(entry["body_weight_lbs"]),
        equipment=entry["equipment"] or "",
        official_rating=_positive(entry["official_rating"]),
        year_born=_positive(entry["year_born"]),
        sex=entry["sex"] or "",
    )


def _finish(finisher: Finisher, last: dict[str, float], run: PastPerformance | None) -> RunnerFinish:
    calls = run["calls"] if run is not None else []
    positions: Sequence[int] = finisher["running_positions"] or [
        call["position"] for call in calls if call["position"] is not None
    ]
    comments = finisher["comments"] or (run["comments"] if run is not None else None)
    out = finisher["disqualified"] and finisher["finish_position"] is None
    return RunnerFinish(
        runner_id=finisher["runner_id"],
        position=nan if out else _positive(finisher["finish_position"]),
        seconds=_positive(finisher["official_finish_time_seconds"]),
        lengths_behind=_known(finisher["lengths_behind_winner"]),
        odds=last.get(finisher["runner_id"], _price(finisher["starting_price"])),
        positions=tuple(positions),
        sections=tuple(_positive(call["section_seconds"]) for call in calls),
        comments=comments or "",
    )


def _last_prices(odds: Iterable[OddsUpdate]) -> dict[str, float]:
    last: dict[str, float] = {}
    for update in sorted(odds, key=lambda each: (each["event_time"], each["sequence"])):
        if update["market_type"] == "WIN" and not update["in_play"]:
            for runner in update["runners"]:
                price = _price(runner["starting_price"] or runner["last"])
                if isfinite(price):
                    last[runner["runner_id"]] = price
    return last


def _class_level(text: str | None) -> float:
    found = _NUMBER.search(text or "")
    return float(found.group()) if found else nan


def _band(text: str | None) -> tuple[float, float]:
    numbers = sorted(float(each) for each in _NUMBER.findall(text or ""))
    return (numbers[0], numbers[-1]) if numbers else (nan, nan)


def _known(value: float | None) -> float:
    return nan if value is None else float(value)


def _positive(value: float | None) -> float:
    return float(value) if value is not None and value > 0 else nan


def _price(value: float | None) -> float:
    return float(value) if value is not None and value > 1.0 else nan
