"""How long a race is kept: whole, then as a tombstone, then not at all.

By the clock on the wall, counted from the last event worked: old captures fed today are kept as long as
today's races, so that feeding them again changes nothing.
"""

from schemas.identity import MICROS
from streams.state import RaceState

DAY = 86_400 * MICROS
LEAVES_AFTER = DAY
"""After it is official, a race becomes a tombstone: watermarks alone, which still know old events."""

LOST_AFTER = 7 * DAY
"""After its last event, a race that never became official becomes one too."""

FORGOTTEN_AFTER = 30 * DAY
"""After it was made, a tombstone goes."""


def moves_on_at(state: RaceState, touched_at: int) -> int:
    """When a race last touched at `touched_at` becomes a tombstone, or its tombstone goes; microseconds."""
    if state.buried:
        return touched_at + FORGOTTEN_AFTER
    said = [stream.last for stream in state.results.values() if stream.last is not None]
    official = any(result["state"] == "OFFICIAL" for result in said)
    return touched_at + (LEAVES_AFTER if official else LOST_AFTER)


def partition_of(state: RaceState) -> int:
    """The partition number that the race's events came from."""
    return int(next(iter(state.spans)).rpartition(":")[2])
