"""Codes of North American records in words, and their cells as numbers, times, days and lengths."""

import re
from datetime import date
from math import isfinite

from schemas.records import Surface
from schemas.tracks import Track, fallback_track, track_by_code

GOINGS = {
    "FT": "FAST", "FM": "FIRM", "GD": "GOOD", "TF": "GOOD", "MY": "MUDDY", "SY": "SLOPPY", "WF": "WET FAST",
    "SL": "SLOW", "YL": "YIELDING", "SF": "SOFT", "HY": "HEAVY", "HD": "HARD", "FR": "FROZEN",
}  # fmt: skip
"""On turf good is told as TF."""

OUTCOMES = {
    "A": "bled", "B": "bolted", "C": "broke down", "D": "distanced", "E": "dwelt", "F": "eased", "G": "fell",
    "H": "lame", "I": "left at post", "J": "left course", "K": "lost rider", "M": "propped", "N": "sulked",
    "O": "sore", "P": "refused to break", "Q": "pulled up", "R": "wheeled", "S": "saddle slipped",
    "T": "lost irons", "U": "beaten off", "V": "reared", "W": "bucked", "X": "did not finish",
    "Y": "unplaced",
}  # fmt: skip
UNTOLD_OUTCOME = "did not finish"
AGES = {
    "A": "2 year olds", "B": "3 year olds", "C": "4 year olds", "D": "5 year olds", "E": "3 & 4 year olds",
    "F": "4 & 5 year olds", "G": "3, 4 & 5 year olds", "H": "all ages",
}  # fmt: skip
SEXES = {"M": "fillies and mares", "C": "colts and geldings", "F": "fillies"}
LENGTHS = {"nose": 0.05, "head": 0.1, "neck": 0.25}
NORTH_AMERICA = frozenset(("US", "CA", "PR"))
YARDS_PER_FURLONG = 220.0
LONGEST_YARDS, MOST_RACES, MOST_RUNNERS, LARGEST = 12_000, 30, 40, 1e9
"""Bounds of what can be: beyond them a cell is wrong."""

_CLOCK = re.compile(r"^(?:(\d{1,2}):)?(\d{1,3})(?:\.(\d{1,2})| ([0-4])/5)?$")


def number(text: str) -> float | None:
    """A number; None of an empty cell. Raises ValueError for what is none, or could not be."""
    if not text.strip():
        return None
    value = float(text)
    if not isfinite(value) or abs(value) > LARGEST:
        raise ValueError(f"{text!r} is no number that can be")
    return value


def positive(text: str) -> float | None:
    """A number above 0; None of an empty cell or of 0, which means that it is not told."""
    value = number(text)
    return value if value is not None and value > 0.0 else None


def whole(text: str, most: int = int(LARGEST)) -> int | None:
    """A whole number from 1 to `most`; None of an empty cell or of 0. Raises ValueError for others."""
    value = number(text)
    if not value:
        return None
    if value != int(value) or not 0 < value <= most:
        raise ValueError(f"{text!r} is not from 1 to {most}")
    return int(value)


def odds_of(text: str) -> float | None:
    """Decimal odds of odds to 1; None of an empty cell or of 0.00.

    >>> odds_of("3.50")
    4.5
    """
    value = positive(text)
    return None if value is None else round(value + 1.0, 4)


def furlongs_of(text: str) -> float | None:
    """Furlongs of yards, which are below 0 for "about" distances. Raises ValueError for none that can be.

    >>> furlongs_of("-1430")
    6.5
    """
    yards = number(text)
    if yards is not None and abs(yards) > LONGEST_YARDS:
        raise ValueError(f"{text} yards are no distance")
    return abs(yards) / YARDS_PER_FURLONG if yards else None


def seconds_of(text: str) -> float | None:
    """Seconds of a time in hundredths or, told by one digit or as a fraction, in fifths; None of none.

    >>> seconds_of("1:12.43"), seconds_of("1:12.2"), seconds_of("1:12 2/5")
    (72.43, 72.4, 72.4)
    """
    match = _CLOCK.match(text.strip())
    if match is None:
        return None
    minutes, whole_seconds, decimals, fifths = match.groups()
    part = int(fifths) / 5 if fifths else 0.0
    if decimals:
        part = int(decimals) / 5 if len(decimals) == 1 and int(decimals) < 5 else float(f"0.{decimals}")
    return round(60 * int(minutes or 0) + int(whole_seconds) + part, 2) or None


def lengths_of(text: str) -> float | None:
    """Lengths of a margin: a number, a fraction, nose, head or neck; None of other words."""
    told = text.strip().lower()
    if told in LENGTHS:
        return LENGTHS[told]
    top, _, bottom = told.partition("/")
    try:
        return number(top) if not bottom else float(top) / float(bottom)
    except (ValueError, ZeroDivisionError):
        return None


def day_of(text: str) -> date:
    """A day from 1900 to 2099, YYYYMMDD. Raises ValueError for others."""
    if not re.fullmatch(r"(19|20)\d{6}", text.strip(), re.ASCII):
        raise ValueError(f"{text!r} is no day: YYYYMMDD")
    return date.fromisoformat(text.strip())


def surface_of(code: str, all_weather: bool = False) -> Surface:
    """The surface of a course's code: D and d (inner) are dirt, T, t, s and h (over jumps) turf."""
    if all_weather:
        return "SYNTHETIC"
    return {"D": "DIRT", "T": "TURF", "S": "TURF", "H": "TURF", "A": "SYNTHETIC", "E": "SYNTHETIC"}.get(
        code.strip()[:1].upper(), "UNKNOWN"
    )  # type: ignore[return-value]


def race_type_of(code: str) -> str:
    """Kind of race of a course's code."""
    return {"s": "Chase", "S": "Chase", "h": "Hurdle", "H": "Hurdle"}.get(code.strip()[:1], "Flat")


def course_of(code: str, *said: str) -> str | None:
    """What else is said of a course: whether it is the inner one, and other words that are not empty."""
    inner = "inner" if code.strip()[:1] in ("d", "t") else ""
    return ", ".join(filter(None, (inner, *said))) or None


def restrictions_of(code: str) -> str | None:
    """Who may run, of a code of three letters.

    >>> restrictions_of("BUM")
    '3 year olds and up, fillies and mares'
    """
    ages = AGES.get(code[:1])
    if ages is None:
        return code or None
    up = " and up" if code[1:2] == "U" and code[:1] != "H" else ""
    return ", ".join(filter(None, (ages + up, SEXES.get(code[2:3]))))


def horse_id_of(name: str) -> str:
    """Id of a horse: its name in capitals without a country in brackets, as other sources know it too.

    Raises ValueError for no name.
    """
    plain = " ".join(re.sub(r"\s*\([A-Za-z]{2,3}\)\s*$", "", name).upper().split())
    if not plain:
        raise ValueError("a horse without a name")
    return plain


def interest_of(program_number: str) -> str:
    """Betting interest of a program number: 1, 1A and 1X are one.

    >>> interest_of("1A")
    '1'
    """
    digits = re.match(r"\d+", program_number)
    return digits.group() if digits else program_number


def known_track(code: str) -> Track | None:
    """The track of North America with that code, None for others: abroad codes are other providers'."""
    track = track_by_code(code)
    return track if track is not None and track.country in NORTH_AMERICA else None


def track_of(code: str) -> Track:
    """The track where a card is run; one that the table does not know gets a code made of its own.

    Raises ValueError for no code.
    """
    if not re.fullmatch(r"[A-Za-z0-9]{2,4}", code.strip()):
        raise ValueError(f"track {code!r} is no code of a track")
    return known_track(code) or fallback_track(code.strip().upper(), "US", "America/New_York")


def plain(text: str) -> str | None:
    """A text with the commas that ; stands for; None of an empty one."""
    return " ".join(text.replace(";", ", ").split()) or None
