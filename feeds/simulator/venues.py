"""Where simulated races are run: real tracks, and what racing is like in their countries."""

from dataclasses import dataclass
from functools import cache

from schemas.records import Surface
from schemas.tracks import Track, track_by_code

METRES_PER_FURLONG = 201.168
SMALLEST = 3


@dataclass(frozen=True, slots=True)
class Style:
    """A country's racing. Weights in pounds, purses in US dollars, distances in furlongs."""

    surfaces: tuple[Surface, ...]
    distances: tuple[float, ...]
    """Ascending: the first third for sprinters, the last for stayers."""
    starters: tuple[int, ...]
    """How often, in thousandths, a race has SMALLEST runners, one more, and so on."""
    sharpness: float
    """How much racing makes of differences in ability: favourites win the more often."""
    wet: tuple[float, float, float, float]
    """Shares of the goings from the driest to the wettest."""
    weights: tuple[int, int]
    purse: int
    """A typical purse."""
    classes: tuple[str, ...]
    """From the lowest to the highest."""
    tote: bool = False
    """Whether a tote pool is stated beside the exchange, with couplings and also-eligibles."""

    @property
    def runners(self) -> tuple[int, int]:
        """Fewest and most declared."""
        return SMALLEST, SMALLEST + len(self.starters) - 1


def _metres(*metres: int) -> tuple[float, ...]:
    return tuple(round(m / METRES_PER_FURLONG, 2) for m in metres)


_US = Style(
    surfaces=("DIRT", "DIRT", "TURF"),
    distances=(5.5, 6.0, 6.5, 7.0, 8.0, 8.5, 9.0),
    # Aqueduct 2017 to 2020: 2,969 races.
    starters=(2, 28, 111, 226, 207, 154, 111, 76, 41, 38, 3, 3),
    sharpness=1.72,
    wet=(0.68, 0.16, 0.12, 0.04),
    weights=(116, 126),
    purse=70_000,
    classes=("Claiming 16000", "Claiming 40000", "Maiden Special Weight", "Allowance", "Stakes"),
    tote=True,
)
_TURF = Style(
    surfaces=("TURF", "TURF", "SYNTHETIC"),
    distances=(5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 14.0),
    # Great Britain and Ireland 2021 to 2025, flat racing: 28,248 races.
    starters=(5, 22, 51, 75, 100, 112, 112, 105, 91, 106, 55, 78, 28, 35, 9, 8, 4, 4),
    sharpness=1.72,
    wet=(0.18, 0.52, 0.2, 0.1),
    weights=(119, 138),
    purse=40_000,
    classes=("Class 6 Handicap", "Class 5 Handicap", "Class 4 Handicap", "Novice Stakes", "Class 2 Handicap"),
)
STYLES = {
    "US": _US,
    "GB": _TURF,
    "IE": _TURF,
    "AU": Style(
        surfaces=("TURF",),
        distances=_metres(1000, 1200, 1400, 1600, 2000, 2500),
        # Australia and New Zealand 2024 to 2025: 20,692 races.
        starters=(1, 7, 28, 56, 100, 137, 153, 160, 124, 114, 53, 48, 9, 8, 1, 1),
        sharpness=2.0,
        wet=(0.2, 0.5, 0.2, 0.1),
        weights=(119, 132),
        purse=90_000,
        classes=("Maiden", "Benchmark 58 Handicap", "Benchmark 70 Handicap", "3YO Set Weights", "Listed"),
    ),
    "HK": Style(
        surfaces=("TURF",),
        distances=_metres(1000, 1200, 1400, 1650, 1800, 2200),
        # Hong Kong 2016 to 2025: 7,799 races.
        starters=(0, 0, 2, 6, 13, 21, 32, 50, 85, 434, 56, 301),
        sharpness=2.05,
        wet=(0.25, 0.68, 0.05, 0.02),
        weights=(113, 133),
        purse=150_000,
        classes=("Class 5", "Class 4", "Class 3", "Class 2"),
    ),
}
"""Racing by country."""


@dataclass(frozen=True, slots=True)
class Venue:
    """A track with its country's racing."""

    track: Track
    style: Style


@cache
def venue(code: str) -> Venue:
    """The venue of a track code; ValueError where no racing is simulated there."""
    track = track_by_code(code)
    if track is None:
        raise ValueError(f"{code!r} is not a track of schemas/tracks.csv")
    style = STYLES.get(track.country)
    if style is None:
        raise ValueError(f"no racing is simulated in {track.country}: choose tracks of {', '.join(STYLES)}")
    return Venue(track, style)
