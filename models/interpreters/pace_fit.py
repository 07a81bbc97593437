"""Pace fit: whether the pace of today's race, as projected, suits how a runner likes to run."""

from models.interpreters.notes import Note, note
from models.pace import Pace

FRONT, BACK = 0.25, -0.2
"""Early speed, 0.5 in front and -0.5 at the back, that who wants the lead has, and who comes from behind."""

MANY = 3
"""Rivals who want the lead too, from which on it is contested."""

LIKELY = 0.4
"""Chance to lead of one that is told to lead alone."""


def pace_fits(pace: Pace) -> list[Note | None]:
    """An annotation of each runner still in, in their order; None where the pace is nothing to it."""
    speeds: list[float] = pace.speeds.tolist()
    chances: list[float] = pace.lead.tolist()
    leaders = sum(speed >= FRONT for speed in speeds)
    found: list[Note | None] = []
    for speed, chance in zip(speeds, chances, strict=True):
        if speed >= FRONT:
            found.append(_in_front(leaders - 1, chance))
        else:
            found.append(_from_behind(leaders) if speed <= BACK else None)
    return found


def _in_front(rivals: int, chance: float) -> Note | None:
    """Of one that wants the lead, as `rivals` do too, and has it with `chance`."""
    if rivals == 0 and chance >= LIKELY:
        return note("PACE", 0.3, 0.5, "Likely to get its own way in front: no rival wants the lead.")
    if rivals < MANY:
        return None
    text = f"Likes to lead, and so do {rivals} rivals: the pace may be too strong for it."
    return note("PACE", -0.25, 0.4, text)


def _from_behind(leaders: int) -> Note | None:
    if leaders >= MANY:
        text = f"Comes from behind, and {leaders} rivals like to lead: the pace should suit it."
        return note("PACE", 0.2, 0.4, text)
    if leaders == 0:
        text = "Comes from behind, and nobody wants the lead: the pace may be too slow for it."
        return note("PACE", -0.2, 0.4, text)
    return None
