"""Where simulated races are run: real tracks, and what racing is like in their countries."""

from dataclasses import dataclass
from functools import cache

from schemas.records import Surface
from schemas.tracks import Track, track_by_code

METRES_PER_FURLONG = 201.168


@dataclass(frozen=True, slots=True)
class Style:
    """A country's racing. Weights in pounds, purses in US dollars, distances in furlongs."""

    surfaces: tuple[Surface, ...]
    distances: tuple[float, ...]
    runners: tuple[int, int]
    """Fewest and most declared."""
    weights: tuple[int, int]
    purse: int
    """A typical purse."""
    classes: tuple[str, ...]
    tote: bool = False
    """Whether a tote pool is stated beside the exchange, with couplings and also-eligibles."""


def _metres(*metres: int) -> tuple[float, ...]:
    return tuple(round(m / METRES_PER_FURLONG, 2) for m in metres)


_US = Style(
    surfaces=("DIRT", "DIRT", "TURF"),
    distances=(5.5, 6.0, 6.5, 7.0, 8.0, 8.5, 9.0),
    runners=(6, 11),
    weights=(116, 126),
    purse=70_000,
    classes=("Maiden Special Weight", "Claiming 40000", "Allowance", "Optional Claiming 80000", "Stakes"),
    tote=True,
)
_TURF = Style(
    surfaces=("TURF",),
    distances=(5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 14.0),
    runners=(5, 16),
    weights=(119, 138),
    purse=40_000,
    classes=("Class 2 Handicap", "Class 3 Handicap", "Class 4 Handicap", "Novice Stakes", "Listed"),
)
STYLES = {
    "US": _US,
    "GB": _TURF,
    "IE": _TURF,
    "AU": Style(
        surfaces=("TURF",),
        distances=_metres(1000, 1200, 1400, 1600, 2000, 2500),
        runners=(8, 16),
        weights=(119, 132),
        purse=90_000,
        classes=("Maiden", "Benchmark 70 Handicap", "Benchmark 78 Handicap", "3YO Set Weights", "Listed"),
    ),
    "HK": Style(
        surfaces=("TURF",),
        distances=_metres(1000, 1200, 1650, 1800, 2200),
        runners=(10, 12),
        weights=(113, 133),
        purse=150_000,
        classes=("Class 2", "Class 3", "Class 4", "Class 5"),
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
