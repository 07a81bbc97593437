"""All interpreters of one runner: each reads lines and card and gives annotations, the weightiest first."""

from collections.abc import Iterator, Sequence

from models.form.facts import RaceFacts, Runner
from models.guide.book import GuideBook
from models.guide.lines import Line, is_wet
from models.interpreters.bias import bias_last_time
from models.interpreters.breeding import breeding
from models.interpreters.classes import class_move
from models.interpreters.conditions import conditions
from models.interpreters.cycle import cycle
from models.interpreters.equipment import equipment
from models.interpreters.notes import Note, note
from models.interpreters.people import people
from models.interpreters.trips import trips
from models.interpreters.works import works
from schemas.records import Annotation

LEAST_RUNS = 15
"""Runs of a rider, trainer or sire before they are worth a sentence."""

WORTH_A_WORD = 0.25
"""Lengths a run that they have to add or cost."""


def annotate(runner: Runner, facts: RaceFacts, lines: Sequence[Line], book: GuideBook) -> list[Annotation]:
    """Annotations of a runner; `lines` latest first, all of days before the race."""
    found = [*cycle(runner, facts, lines), *conditions(runner, facts, lines), *trips(lines)]
    found += [*class_move(facts, lines), *bias_last_time(lines, book)]
    found += [*_people(runner, book), *equipment(runner, facts, lines)]
    found += [*people(runner, facts, lines, book), *breeding(runner, facts, lines, book)]
    found += works(facts, lines, book.works_before(runner.horse_id, facts.race_date.toordinal()))
    found.sort(key=lambda each: -abs(each["severity"]) * each["confidence"])
    return found


def _people(runner: Runner, book: GuideBook) -> Iterator[Note]:
    sire = runner.sire or book.sires.get(runner.horse_id, "")
    for kind, name, what in (
        ("rider", runner.jockey, "rides"),
        ("trainer", runner.trainer, "trains"),
        ("sire", sire, "sired"),
    ):
        runs, worth = book.runs_of(kind, name), book.worth(kind, name)
        if runs < LEAST_RUNS or abs(worth) < WORTH_A_WORD:
            continue
        better = "better" if worth > 0 else "worse"
        shown = name.title() if kind == "sire" else name
        text = f"What {shown} {what} runs {abs(worth):.1f} lengths {better} than expected ({runs} runs)."
        yield note("BREEDING" if kind == "sire" else "PEOPLE", worth / 2.0, runs / (runs + 40.0), text)


def wet_today(facts: RaceFacts) -> bool | None:
    """Whether the going is on the wet side."""
    return is_wet(facts.going or None)
