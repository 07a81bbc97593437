"""Lines of starting prices as races: a line is a runner, a win market is a race."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

CLOCK = ZoneInfo("Australia/Melbourne")
"""All times of the files are Melbourne's, whatever the state; days are the meeting's own."""

SMALL_HOURS = 4
METRES_PER_FURLONG = 201.168
_COLUMNS = """LOCAL_MEETING_DATE SCHEDULED_RACE_TIME ACTUAL_OFF_TIME TRACK STATE_CODE RACE_NO
WIN_MARKET_ID WIN_MARKET_NAME DISTANCE RACE_TYPE SELECTION_ID TAB_NUMBER SELECTION_NAME
WIN_RESULT WIN_BSP PLACE_RESULT WIN_PREPLAY_LAST_PRICE_TAKEN WIN_PREPLAY_VOLUME
BEST_AVAIL_BACK_AT_SCHEDULED_OFF BEST_AVAIL_LAY_AT_SCHEDULED_OFF"""
COLUMNS = frozenset(_COLUMNS.split())
"""What a file has to have; it has more, of which place markets are taken where they are."""

Cells = dict[str, str]
_TIME = re.compile(r"^(\d{1,2}):(\d\d):(\d\d)(?:\.\d+)?(?: (AM|PM))?$")


@dataclass(frozen=True, slots=True)
class Runner:
    """One runner's prices: at the scheduled off, traded before the actual one, and the starting price."""

    selection_id: str
    number: str | None
    name: str
    back: float | None
    lay: float | None
    last: float | None
    traded: float | None
    starting_price: float | None
    won: bool
    placed: bool | None
    place_price: float | None
    """Starting price of the place market."""


@dataclass(slots=True)
class Race:
    """One race. `scheduled` and `off` are instants in UTC."""

    market_id: str
    place_market_id: str | None
    market_name: str
    track: str
    country: str
    day: date
    number: int
    scheduled: datetime
    off: datetime
    furlongs: float | None
    race_class: str | None
    runners: list[Runner] = field(default_factory=list)


def race_of(cells: Cells) -> Race:
    """The race of a line, without runners. Raises ValueError for a day or time that is none."""
    day = day_of(cells["LOCAL_MEETING_DATE"])
    scheduled = _instant(day, cells["SCHEDULED_RACE_TIME"])
    off = _instant(day, cells["ACTUAL_OFF_TIME"])
    metres = _number(cells["DISTANCE"])
    return Race(
        market_id=f"1.{cells['WIN_MARKET_ID']}",
        place_market_id=f"1.{place}"
        if (place := cells.get("PLACE_MARKET_ID", "").removesuffix(".0"))
        else None,
        market_name=cells["WIN_MARKET_NAME"],
        track=cells["TRACK"],
        country="NZ" if cells["STATE_CODE"] == "NZ" else "AU",
        day=day,
        number=int(cells["RACE_NO"]),
        scheduled=scheduled,
        off=max(off, scheduled),
        furlongs=metres / METRES_PER_FURLONG if metres else None,
        race_class=cells["RACE_TYPE"] or None,
    )


def runner_of(cells: Cells) -> Runner:
    """The runner of a line. Raises ValueError for one without an id or with a result that is none."""
    if not cells["SELECTION_ID"].isdecimal():
        raise ValueError(f"SELECTION_ID {cells['SELECTION_ID']!r} is no number")
    if cells["WIN_RESULT"] not in ("WINNER", "LOSER"):
        raise ValueError(f"WIN_RESULT {cells['WIN_RESULT']!r} is neither WINNER nor LOSER")
    return Runner(
        selection_id=cells["SELECTION_ID"],
        number=cells["TAB_NUMBER"].removesuffix(".0") or None,
        name=cells["SELECTION_NAME"].strip(),
        back=_price(cells["BEST_AVAIL_BACK_AT_SCHEDULED_OFF"]),
        lay=_price(cells["BEST_AVAIL_LAY_AT_SCHEDULED_OFF"]),
        last=_price(cells["WIN_PREPLAY_LAST_PRICE_TAKEN"]),
        traded=_number(cells["WIN_PREPLAY_VOLUME"]),
        starting_price=_price(cells["WIN_BSP"]),
        won=cells["WIN_RESULT"] == "WINNER",
        placed={"WINNER": True, "LOSER": False}.get(cells["PLACE_RESULT"]),
        place_price=_price(cells.get("PLACE_BSP", "")),
    )


def day_of(text: str) -> date:
    """A day, ISO or day first: one month writes 1/04/2025 for 2025-04-01. Raises ValueError for neither."""
    if "/" in text:
        day, month, year = text.split("/")
        return date(int(year), int(month), int(day))
    return date.fromisoformat(text)


def _instant(day: date, text: str) -> datetime:
    """A time of Melbourne's clock on a meeting's day; the small hours belong to the night after it."""
    match = _TIME.match(text.strip())
    if not match:
        raise ValueError(f"{text!r} is no time of day")
    hour = int(match[1]) % 12 + 12 * (match[4] == "PM") if match[4] else int(match[1])
    clock = datetime(day.year, day.month, day.day, hour, int(match[2]), int(match[3]), tzinfo=CLOCK)
    return (clock + timedelta(days=hour < SMALL_HOURS)).astimezone(UTC)


def _number(text: str) -> float | None:
    value = float(text) if text.strip() else 0.0
    return value if value > 0.0 else None


def _price(text: str) -> float | None:
    value = _number(text)
    return value if value and value > 1.0 else None
