"""Trip trouble and pace, from what the chart-caller wrote and where the horse ran early."""

import re
from collections.abc import Iterator, Sequence

from models.guide.lines import Line
from models.interpreters.notes import Note, note

TROUBLE = re.compile(
    r"checked|steadied|blocked|bumped|hampered|slow(ly)? (away|into stride)|stumbled|wide (throughout|trip)|"
    r"no (clear )?room|short of room|squeezed|taken up|interfere",
    re.IGNORECASE,
)
EASY = re.compile(r"easily|comfortably|ridden out|unextended|drew clear|eased down", re.IGNORECASE)
WEAKENED = re.compile(r"weakened|faded|tired|gave way|no extra", re.IGNORECASE)
FRONT, BACK = 0.2, 0.7
"""Part of the field within which, and behind which, a horse has a running style."""

LEAST_CALLS = 3


def trips(lines: Sequence[Line]) -> Iterator[Note]:
    """Annotations of the last run's comment and of the running style; `lines` latest first."""
    if lines and (comment := lines[0].comments):
        if TROUBLE.search(comment):
            yield note("TRIP", 0.35, 0.5, f"Had trouble last time: {comment.strip().rstrip('.')}.")
        elif EASY.search(comment):
            yield note("TRIP", 0.35, 0.5, f"Won in hand last time: {comment.strip().rstrip('.')}.")
        elif WEAKENED.search(comment):
            yield note("TRIP", -0.15, 0.4, f"Did not see it out last time: {comment.strip().rstrip('.')}.")
    early = [forward for line in lines[:6] if (forward := line.forward) is not None]
    if len(early) < LEAST_CALLS:
        return
    mean, confidence = sum(early) / len(early), len(early) / (len(early) + 3.0)
    if mean <= FRONT:
        yield note("PACE", 0.2, confidence, f"Races in front: in the first {mean:.0%} of the field.")
    elif mean >= BACK:
        yield note("PACE", -0.1, confidence, "Comes from behind: needs a strong pace.")
