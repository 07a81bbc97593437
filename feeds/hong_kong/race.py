"""One race of Hong Kong's history in one form, whichever of the sources told it."""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from schemas.records import Surface


class RaceKey(NamedTuple):
    """Local date, track code of schemas/tracks.csv, race number."""

    day: date
    track: str
    number: int


class Section(NamedTuple):
    """Where a runner was at the end of a section, and its own time over it in seconds."""

    position: int | None
    lengths: float | None
    seconds: float | None


class Paid(NamedTuple):
    """A dividend in Hong Kong dollars for `unit` staked; legs of a selection are joined by /."""

    pool: str
    selection: str
    dividend: float
    unit: float = 10.0


@dataclass(slots=True)
class Runner:
    """One horse of a race. `code` says why it has no placing (PU, UR, WV …)."""

    brand: str
    horse_id: str
    name: str
    number: int | None = None
    placing: int | None = None
    code: str | None = None
    jockey: str | None = None
    trainer: str | None = None
    weight: float | None = None
    body_weight: float | None = None
    draw: int | None = None
    lengths: float | None = None
    positions: tuple[int, ...] = ()
    seconds: float | None = None
    odds: float | None = None
    sections: tuple[Section, ...] = ()
    gear: str | None = None
    comment: str | None = None
    scratched: bool = False


@dataclass(slots=True)
class Race:
    """One race with its runners, those taken out among them. Distance in metres, prize in HKD."""

    key: RaceKey
    surface: Surface = "UNKNOWN"
    course: str | None = None
    going: str | None = None
    race_class: str | None = None
    distance: int | None = None
    rating_band: str | None = None
    name: str | None = None
    prize: float | None = None
    leader_seconds: tuple[float, ...] = ()
    runners: list[Runner] = field(default_factory=list)
    dividends: list[Paid] = field(default_factory=list)

    @property
    def starters(self) -> list[Runner]:
        """The runners that were not taken out."""
        return [runner for runner in self.runners if not runner.scratched]

    @property
    def winning_seconds(self) -> float | None:
        """Time of the winner, None where it is not told."""
        return next((r.seconds for r in self.runners if r.placing == 1 and r.seconds), None)
