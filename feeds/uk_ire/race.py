"""Lines of results as races: a line is a runner, and a course and an off are a race."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from schemas.records import Surface

STRAY_END = " right"
"""Some months write it after every name."""

RACE_TYPES = {"Other": "Flat", "Flat": "Bumper", "Hurdle": "Hurdle", "SteepleChase": "Chase"}
"""The source calls National Hunt flat races Flat, and flat races Other."""

SURFACES: dict[str, Surface] = {"Turf": "TURF", "AllWeather": "SYNTHETIC", "Dirt": "DIRT"}
COMPLETED, DISQUALIFIED = "CompletedRace", "Disqualified"
OLDEST = 20
"""Years; the source writes a few ages up to 36."""

_COLUMNS = """RaceName CourseName Off RaceType Class Pattern RatingBand AgeBand SexRestriction
DistanceInYards Going Surface HorseId HorseName JockeyName TrainerName Age HeadGear
RaceCardNumber StallNumber WeightInPounds DecimalOdds OfficialRating TopSpeedRating
ResultStatus FinishingPosition OverallBeatenDistance RaceTimeInSeconds"""
COLUMNS = frozenset(_COLUMNS.split())
"""What a file of results has to have; it has more."""

Cells = dict[str, str]


@dataclass(frozen=True, slots=True)
class Runner:
    """One horse's run. `outcome` says why there is no placing; odds are decimal starting prices."""

    horse_id: str
    name: str
    number: str | None
    stall: int | None
    jockey: str | None
    trainer: str | None
    age: int | None
    gear: str | None
    weight: float | None
    odds: float | None
    rating: float | None
    speed_figure: float | None
    placing: int | None
    outcome: str | None
    lengths: float | None
    seconds: float | None


@dataclass(slots=True)
class Race:
    """One race as its lines tell it; `off` is the source's clock, without a zone."""

    course: str
    off: datetime
    name: str | None
    race_type: str | None
    race_class: str | None
    rating_band: str | None
    ages: str | None
    furlongs: float | None
    going: str | None
    surface: Surface
    runners: list[Runner] = field(default_factory=list)

    @property
    def winning_seconds(self) -> float | None:
        """Time of the winner, None where it is not told."""
        return next((r.seconds for r in self.runners if r.placing == 1), None)


@lru_cache(maxsize=64)
def off_of(text: str) -> datetime:
    """The off, month first. Raises ValueError where it is none."""
    return datetime.strptime(text, "%m/%d/%Y %H:%M:%S")


def race_of(cells: Cells) -> Race:
    """The race of a line, without runners."""
    pattern = cells["Pattern"].strip("() ")
    yards = _number(cells["DistanceInYards"])
    ages = " ".join(filter(None, (cells["AgeBand"], cells["SexRestriction"])))
    return Race(
        course=cells["CourseName"],
        off=off_of(cells["Off"]),
        name=_name(cells["RaceName"]),
        race_type=RACE_TYPES.get(cells["RaceType"]),
        race_class=" ".join(filter(None, (cells["Class"], pattern))) or None,
        rating_band=_band(cells["RatingBand"]),
        ages=ages or None,
        furlongs=yards / 220 if yards else None,
        going=cells["Going"] or None,
        surface=SURFACES.get(cells["Surface"], "UNKNOWN"),
    )


def runner_of(cells: Cells) -> Runner:
    """The runner of a line. Raises ValueError for a horse without an id or a price that cannot be."""
    if not cells["HorseId"].isdecimal():
        raise ValueError(f"HorseId {cells['HorseId']!r} is no number")
    completed = cells["ResultStatus"] == COMPLETED
    placing, age = _whole(cells["FinishingPosition"]), _whole(cells["Age"])
    odds = _number(cells["DecimalOdds"])
    if odds is not None and odds <= 1.0:
        raise ValueError(f"DecimalOdds {cells['DecimalOdds']} are not over 1")
    return Runner(
        horse_id=cells["HorseId"],
        name=_name(cells["HorseName"]) or "",
        number=cells["RaceCardNumber"] if _whole(cells["RaceCardNumber"]) else None,
        stall=_whole(cells["StallNumber"]),
        jockey=_name(cells["JockeyName"]),
        trainer=_name(cells["TrainerName"]),
        age=age if age is not None and age <= OLDEST else None,
        gear=cells["HeadGear"] or None,
        weight=_number(cells["WeightInPounds"]),
        odds=odds,
        rating=_number(cells["OfficialRating"]),
        speed_figure=_number(cells["TopSpeedRating"]),
        placing=placing if completed else None,
        outcome=None if completed else cells["ResultStatus"] or None,
        lengths=_lengths(cells) if completed else None,
        seconds=_number(cells["RaceTimeInSeconds"]) if completed else None,
    )


def _lengths(cells: Cells) -> float | None:
    """Beaten lengths; a zero of one that did not win is "not told", but for dead heats of winners."""
    text = cells["OverallBeatenDistance"]
    won = cells["FinishingPosition"] == "1"
    return float(text) if won or _number(text) else None


def _band(text: str) -> str | None:
    """Highest-lowest, as 60-40; the source writes 0-60."""
    match = re.fullmatch(r"(\d+)-(\d+)", text)
    return f"{match[2]}-{match[1]}" if match else text or None


def _name(text: str) -> str | None:
    return text.removesuffix(STRAY_END).strip() or None


def _number(text: str) -> float | None:
    """A number above 0, None for nothing. Raises ValueError for what is no number."""
    value = float(text) if text.strip() else 0.0
    return value if value > 0.0 else None


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and int(text) > 0 else None
