"""A race as a result chart tells it, whoever wrote the chart."""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from feeds.us.words import interest_of
from schemas.records import Surface
from schemas.tracks import Track


class Place(NamedTuple):
    """A runner at a point of call: furlongs run, position, lengths behind the leader, the leader's time."""

    furlongs: float | None
    position: int | None
    lengths: float | None
    leader_seconds: float | None = None


class Paid(NamedTuple):
    """A dividend: legs are joined by `/`, runners by `-`, runners of a leg that all won by `,`."""

    pool: str
    selection: str
    dividend: float
    unit: float


@dataclass(slots=True)
class Starter:
    """A horse that was entered. One that was scratched has no number and no more is told of it.

    `position` is the official placing, None of one that did not finish or whose placing is not told; odds
    are decimal, `lengths` those behind who was first past the post.
    """

    horse_id: str
    name: str
    number: str | None = None
    scratched: bool = False
    interest: str | None = None
    post: int | None = None
    jockey: str | None = None
    trainer: str | None = None
    owner: str | None = None
    born: int | None = None
    country: str | None = None
    weight: float | None = None
    medications: str | None = None
    equipment: str | None = None
    claiming: float | None = None
    odds: float | None = None
    position: int | None = None
    disqualified: bool = False
    outcome: str | None = None
    lengths: float | None = None
    places: list[Place] = field(default_factory=list)
    comment: str | None = None
    sex: str | None = None
    color: str | None = None
    sire: str | None = None
    dam: str | None = None
    dam_sire: str | None = None


@dataclass(slots=True)
class Chart:
    """A race. `off` is microseconds since 1970; `declared` the surface before any switch."""

    source: str
    track: Track
    day: date
    number: int
    off: int
    surface: Surface
    declared: Surface
    furlongs: float | None = None
    course: str | None = None
    going: str | None = None
    race_type: str = "Flat"
    name: str | None = None
    race_class: str | None = None
    ages: str | None = None
    purse: float | None = None
    weather: str | None = None
    temperature: float | None = None
    seconds: float | None = None
    starters: list[Starter] = field(default_factory=list)
    dividends: list[Paid] = field(default_factory=list)

    @property
    def ran(self) -> list[Starter]:
        """Who was not scratched."""
        return [starter for starter in self.starters if not starter.scratched]


def couple(chart: Chart) -> None:
    """Give runners whose program numbers differ by a letter only the interest that they share."""
    numbers = [interest_of(s.number) for s in chart.ran if s.number]
    for starter in chart.ran:
        if starter.number and (not starter.number.isdecimal() or numbers.count(starter.number) > 1):
            starter.interest = interest_of(starter.number)
