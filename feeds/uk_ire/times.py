"""Where and when a race was off: the source writes UK time on a clock of twelve hours, always after noon."""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from schemas.tracks import Track, fallback_track, find_track

UK = ZoneInfo("Europe/London")
EARLIEST, LATEST = time(10, 0), time(22, 59)
"""Times of day at a track at which races are off; a time outside belongs to the other half of the day."""

HALF_DAY = timedelta(hours=12)
HOME = "GB"


@lru_cache(maxsize=1024)
def track_of(course: str) -> Track:
    """The track of a course as the source writes it: "Newcastle (AW)", "Chantilly (FR)"."""
    return find_track(course, HOME) or fallback_track(course, HOME, "Europe/London")


def off_time(off: datetime, track: Track) -> datetime:
    """The off in UTC: of the clock's two halves of the day the one in which the track races.

    An evening in Hong Kong is told as 22:40, and is 10:40 in the United Kingdom.

    >>> hong_kong = find_track("Happy Valley", "HK")
    >>> off_time(datetime(2022, 1, 5, 22, 40), hong_kong).isoformat()
    '2022-01-05T10:40:00+00:00'
    """
    zone = ZoneInfo(track.time_zone)
    told = off.replace(tzinfo=UK)
    other = (told - HALF_DAY).astimezone(UTC)
    for instant in (told.astimezone(UTC), other):
        if EARLIEST <= instant.astimezone(zone).time() <= LATEST:
            return instant
    return told.astimezone(UTC)
