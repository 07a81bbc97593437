"""People: what a rider, a trainer and a horse have done together or in a situation, against the odds."""

from collections.abc import Iterator, Sequence

from models.form.facts import RaceFacts, Runner
from models.guide.book import GuideBook
from models.guide.lines import Line
from models.interpreters.notes import Note, note
from models.synergy import YEARS, Record
from models.tallies import severity_of
from schemas.tracks import track_by_code

MOST_NOTES = 2
FEWEST_RUNS = 10
"""Runs before a pair is worth a sentence: fewer wins at long odds can leave 1 out of the bounds too."""

SITUATION = {
    "first": "with horses that never ran",
    "layoff": "after more than 90 days off",
    "quick": "within 10 days of the last run",
    "claim": "first time after a claim",
    "surface": "on another surface than last time",
}


def people(runner: Runner, facts: RaceFacts, lines: Sequence[Line], book: GuideBook) -> Iterator[Note]:
    """The two weightiest records whose bounds leave out that the odds are right; `lines` latest first."""
    records = [
        record
        for record in book.together.records(runner, facts, lines)
        if record.ratio.tells and record.runs >= FEWEST_RUNS
    ]
    records.sort(key=lambda each: -abs(severity_of(each.ratio.ratio)) * each.ratio.confidence)
    for record in records[:MOST_NOTES]:
        ratio = record.ratio
        yield note("PEOPLE", severity_of(ratio.ratio), ratio.confidence, _text(record, runner, facts))


def _text(record: Record, runner: Runner, facts: RaceFacts) -> str:
    since = "" if record.kind == "rider_horse" else f" since {facts.race_date.year - YEARS + 1}"
    wins = f"{record.wins} win{'s' * (record.wins != 1)} of {record.runs} known{since}"
    bounds = f"{record.ratio.low:.1f} to {record.ratio.high:.1f}"
    return (
        f"{_who(record.kind, runner, facts)}: {wins}, where the odds expected {record.expected:.1f} "
        f"({bounds} times as many with 90 %)."
    )


def _who(kind: str, runner: Runner, facts: RaceFacts) -> str:
    if kind == "rider_horse":
        return f"{runner.jockey} on this horse"
    if kind == "rider_trainer":
        return f"{runner.jockey} for {runner.trainer}"
    if kind == "track":
        track = track_by_code(facts.track_code)
        return f"{runner.trainer} at {track.name if track is not None else facts.track_code}"
    return f"{runner.trainer} {SITUATION[kind]}"
