"""How long a race is kept: whole, then as a tombstone, then not at all. By recorded time alone."""

from schemas.identity import MICROS
from streams.state import RaceState

DAY = 86_400 * MICROS
LEAVES_AFTER = DAY
"""After it is official, a race becomes a tombstone: watermarks, so that feeding it again changes nothing."""

LOST_AFTER = 7 * DAY
"""After its last event, a race that never became official becomes one too."""

FORGOTTEN_AFTER = 30 * DAY
"""After the last event of its race, a tombstone goes."""


def moves_on_at(state: RaceState) -> int:
    """Recorded time (microseconds) after which the race becomes a tombstone, or the tombstone goes."""
    if state.buried:
        return state.recorded_time + FORGOTTEN_AFTER
    said = [stream.last for stream in state.results.values() if stream.last is not None]
    official = [result["recorded_time"] for result in said if result["state"] == "OFFICIAL"]
    return max(official) + LEAVES_AFTER if official else state.recorded_time + LOST_AFTER


def partition_of(state: RaceState) -> int:
    """The partition number that the race's events came from."""
    return int(next(iter(state.spans)).rpartition(":")[2])
