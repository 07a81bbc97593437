"""Trip trouble, manner and running style, by what was written of the last run and where horses ran early."""

import re
from collections.abc import Iterator, Sequence

from models.form.comments import FLAGS, flags_of
from models.guide.lines import Line
from models.interpreters.notes import Note, note

TROUBLES = {"hampered": 0.35, "slow_start": 0.2, "wide": 0.15}
"""Flags of a comment that speak of trouble, and what they count for the horse."""

SAID = {"hampered": "short of room or hampered", "slow_start": "slow away", "wide": "wide without cover"}
WIDE = re.compile(r"wide (throughout|trip)|沒有遮擋|第[四五六]疊|最外疊", re.IGNORECASE)
"""Of the many that race wide, those whom it costs."""

TROUBLE = re.compile(r"stumbled|squeezed|taken up|interfere", re.IGNORECASE)
"""Trouble in words that no flag has: those are what models were trained on."""

UNSOUND = re.compile(r"\b(bled|lame)\b|流鼻血|不良於行|心律|氣管內?有血|喘鳴", re.IGNORECASE)
"""Ailments, as whole words: whoever stumbled has not bled."""

EASED_LATE = re.compile(r"(最後|末段|終點)[^，。]*收慢")
"""Taken back once beaten, which the word alone does not tell from being checked."""

FAINTLY = re.compile(r"(略為|稍為|略有)追[前近]")
"""Ground made up that nobody would call a strong finish."""

EASY = re.compile(r"easily|comfortably|ridden out|unextended|drew clear|eased down", re.IGNORECASE)
WEAKENED = re.compile(r"faded|gave way|no extra", re.IGNORECASE)
FRONT, BACK = 0.2, 0.7
"""Part of the field within which, and behind which, a horse has a running style."""

LEAST_CALLS = 3


def trips(lines: Sequence[Line]) -> Iterator[Note]:
    """Annotations of the last run's comment and of the running style; `lines` latest first."""
    if lines and (comment := lines[0].comments):
        yield from _last(comment.strip().rstrip("."), won=lines[0].position == 1)
    early = [forward for line in lines[:6] if (forward := line.forward) is not None]
    if len(early) < LEAST_CALLS:
        return
    mean, confidence = sum(early) / len(early), len(early) / (len(early) + 3.0)
    if mean <= FRONT:
        yield note("PACE", 0.2, confidence, "Usually races in front.")
    elif mean >= BACK:
        yield note("PACE", -0.1, confidence, "Usually comes from behind.")


def _last(comment: str, *, won: bool) -> Iterator[Note]:
    """What the comment says, by the one parser of all languages; it is quoted where it is English."""
    read = FAINTLY.sub("", EASED_LATE.sub("墮退", comment))
    told = {flag for flag, seen in zip(FLAGS, flags_of(read), strict=True) if seen == 1.0}
    quoted = comment if comment.isascii() else ""
    troubles = [flag for flag in TROUBLES if flag in told and (flag != "wide" or WIDE.search(comment))]
    if UNSOUND.search(comment):
        yield note("TRIP", -0.3, 0.5, "Bled, was lame or unwell last time.")
    if troubles or TROUBLE.search(comment):
        severity = max((TROUBLES[flag] for flag in troubles), default=0.35)
        words = quoted or ", ".join(SAID[flag] for flag in troubles)
        yield note("TRIP", severity, 0.5, f"Had trouble last time: {words}.")
    elif won and EASY.search(comment):
        yield note("TRIP", 0.35, 0.5, f"Won in hand last time: {quoted}.")
    elif "strong_finish" in told and "eased" not in told:
        yield note("TRIP", 0.2, 0.4, f"Finished strongly last time{_of(quoted)}.")
    elif not won and ("eased" in told or WEAKENED.search(comment)):
        yield note("TRIP", -0.15, 0.4, f"Weakened late last time{_of(quoted)}.")


def _of(quoted: str) -> str:
    return f": {quoted}" if quoted else ""
