"""Morning works: a fast one among those of its day, a horse kept working, or none since its last run."""

from collections.abc import Iterator, Sequence
from datetime import date

from models.form.facts import RaceFacts
from models.guide.lines import Line
from models.guide.works import Work
from models.interpreters.notes import Note, note

LATELY_DAYS = 30
FAST, FEWEST_RANKED = 0.1, 10
"""Part of the works of its day and distance that a fast one is within, of so many at least."""

PLACES = {1: "fastest", 2: "second fastest", 3: "third fastest"}
STEADY = 4
"""Works within LATELY_DAYS that are a pattern."""

AWAY_DAYS = 45
"""After so many days without a run, works are what is known of a horse."""


def works(facts: RaceFacts, lines: Sequence[Line], past: Sequence[Work]) -> Iterator[Note]:
    """Annotations of works; `lines` and `past` latest first, all of days before the race."""
    if not past:
        return
    today = facts.race_date.toordinal()
    lately = [work for work in past if today - work.day <= LATELY_DAYS]
    best = min((w for w in lately if w.standing is not None), key=lambda w: w.standing or 0.0, default=None)
    if best is not None and (best.standing or 0.0) <= FAST and (best.ranked or 0) >= FEWEST_RANKED:
        place = PLACES.get(best.rank or 0, f"{best.rank}th fastest")
        trip = f"{best.furlongs:g} furlongs" if best.furlongs else "its trip"
        text = f"Worked {place} of {best.ranked} over {trip} on {date.fromordinal(best.day):%d %B}."
        yield note("WORKOUT", 0.25, 0.4, text)
    away = today - lines[0].day if lines else None
    if away is not None and away < AWAY_DAYS:
        return
    if len(lately) >= STEADY:
        yield note("WORKOUT", 0.1, 0.3, f"Kept working: {len(lately)} works in the last {LATELY_DAYS} days.")
    elif not lately:
        since = "before its first start" if away is None else f"and no run for {away} days"
        yield note("WORKOUT", -0.25, 0.4, f"No work in the last {LATELY_DAYS} days {since}.")
