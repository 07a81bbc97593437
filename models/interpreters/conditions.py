"""What suits a horse: going, surface, distance, class by the money's opinion, weight and draw."""

from collections.abc import Iterator, Sequence
from math import isfinite, log

from models.form.facts import RaceFacts, Runner
from models.guide.lines import Line, is_wet
from models.guide.tastes import taste_of
from models.interpreters.notes import Note, note

NEAR = 0.1
"""Log distance within which a run was at this distance."""

LEAST_APART = 0.35
"""Rating by which runs of one kind have to differ from the others to be a preference."""

LEAST_RUNS = 2
"""Runs of either kind that a preference takes."""


def conditions(runner: Runner, facts: RaceFacts, lines: Sequence[Line]) -> Iterator[Note]:
    """Annotations of today's conditions against those of past runs; `lines` latest first."""
    if not lines:
        return
    wet = is_wet(facts.going or None)
    if wet is not None:
        side = "wet" if wet else "dry"
        told = [(is_wet(line.going) == wet, line) for line in lines]
        yield from _preference("GOING", f"{side} going", told)
    if facts.surface != "UNKNOWN":
        turf = [(line.surface == facts.surface, line) for line in lines if line.surface != "UNKNOWN"]
        if turf and not any(same for same, _ in turf):
            yield note("DISTANCE", -0.2, 0.4, f"First try on {facts.surface.lower()}.")
        yield from _preference("GOING", facts.surface.lower(), turf)
    if isfinite(facts.distance_furlongs):
        yield from _distance(facts.distance_furlongs, lines)
    if isfinite(runner.weight_lbs) and lines[0].weight is not None:
        change = runner.weight_lbs - lines[0].weight
        if abs(change) >= 5:
            words = "more" if change > 0 else "less"
            yield note("CLASS", -0.02 * change, 0.3, f"Carries {abs(change):.0f} lb {words} than last time.")


def _preference(kind: str, words: str, told: list[tuple[bool, Line]]) -> Iterator[Note]:
    """Whether runs of one kind were better or worse than the others."""
    taste = taste_of(told)
    if taste is None or min(taste.here, taste.there) < LEAST_RUNS or abs(taste.apart) < LEAST_APART:
        return
    verb = "Better" if taste.apart > 0 else "Worse"
    confidence = taste.here / (taste.here + 4.0)
    text = f"{verb} on {words}: {taste.here} of {len(told)} runs were on it."
    yield note(kind, 0.5 * taste.apart, confidence, text)


def _distance(furlongs: float, lines: Sequence[Line]) -> Iterator[Note]:
    known = [(abs(log(line.furlongs / furlongs)) <= NEAR, line) for line in lines if line.furlongs]
    if len(known) >= 3 and not any(near for near, _ in known):
        longest, shortest = (
            max(k.furlongs or 0.0 for _, k in known),
            min(k.furlongs or 99.0 for _, k in known),
        )
        words = "longer" if furlongs > longest else "shorter" if furlongs < shortest else "other"
        yield note("DISTANCE", -0.2, 0.4, f"A {words} trip than it has run before.")
    yield from _preference("DISTANCE", "this trip", known)
