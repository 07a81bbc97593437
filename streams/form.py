"""The form fold: cards, results and past runs in, and what form says of each race that was asked for out.

Pure. Results teach once they are official; a race is answered from what was recorded before.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from math import isfinite, nan
from typing import cast

from models.clock import Clock, Times, clock_of
from models.form.book import COLUMNS as BOOK_COLUMNS
from models.form.book import VERSION, FormBook, LookAheadError
from models.form.facts import RaceFacts, RaceFinish, finish_of
from models.guide.book import GuideBook, Lean
from models.guide.lines import Line, printed
from models.guide.tastes import wet_taste
from models.guide.values import COLUMNS as GUIDE_COLUMNS
from models.guide.values import FEATURE_SET as GUIDE
from models.interpreters import annotate
from models.market_weight import Taught
from models.online import Habits, Online, key_of
from schemas.identity import MICROS, uuid_of
from schemas.records import (
    Event,
    FormRequest,
    HorseProfile,
    MarketLesson,
    PastPerformance,
    RaceForm,
    Result,
    RunnerForm,
    Workout,
)
from streams import market_weight
from streams.beliefs import facts_at
from streams.meeting import COLUMNS as MEETING_COLUMNS
from streams.meeting import MEETING, runners_of
from streams.race import DIGEST_MASK, Race
from streams.state import RaceState

SOURCE = "hpr-form"
BOOK = f"form-book-{VERSION}"
FACTS = frozenset(("RaceCard", "Conditions", "Scratch", "Result"))
"""Events of races that the fold takes beside requests and form's own."""

SHOWN_LINES = 6
KEPT_MODELS = 3
"""Models whose market weights are kept of a country: those of the last races."""

LOST_AFTER = 3 * 86_400 * MICROS
"""After its last event, a race without an official result is waited for no longer."""


@dataclass(slots=True)
class Closed:
    """A race learnt, for as long as more of it can still be learnt: sectionals and comments come later."""

    state: RaceState
    result: Result
    facts: RaceFacts
    runs: list[PastPerformance] = field(default_factory=list)


@dataclass(slots=True)
class FormState:
    """All that is known; a snapshot of it goes on as if it had never stopped."""

    guide: GuideBook = field(default_factory=GuideBook)
    book: FormBook = field(default_factory=FormBook)
    online: Online = field(default_factory=Online)
    countries: dict[str, dict[str, Taught]] = field(default_factory=dict)
    """What races have taught of their markets: by country and model, the model of the last race last."""
    taught: set[str] = field(default_factory=set)
    """Those races."""
    clocks: dict[str, Clock] = field(default_factory=dict)
    """How fast each track has ridden, by surface and going."""
    open: dict[str, Race] = field(default_factory=dict)
    requests: dict[str, FormRequest] = field(default_factory=dict)
    """The last request of each open race."""
    answers: dict[str, int] = field(default_factory=dict)
    """How often each open race was answered."""
    closed: dict[str, Closed] = field(default_factory=dict)
    learnt: set[str] = field(default_factory=set)
    digest: int = 0
    """Sum of the ids of all that was learnt."""
    as_of: int = 0
    too_late: int = 0
    """Runs and results that came after their day was settled: the book did not learn them."""
    doubts: list[str] = field(default_factory=list)
    """Meetings at which prices were just found not to hold: told and emptied by the shell."""


def fold(state: FormState, name: str, event: Event) -> list[RaceForm]:
    """Take in one event, in the order of recorded time; the answers that follow from it."""
    state.as_of = max(state.as_of, event["recorded_time"])
    if name in FACTS:
        return _fold_fact(state, name, event)
    if name == "PastPerformance":
        return _fold_run(state, cast(PastPerformance, event))
    if name == "Workout":
        return _fold_work(state, cast(Workout, event))
    if name == "MarketLesson":
        return _fold_lesson(state, cast(MarketLesson, event))
    if name == "HorseProfile":
        if state.guide.introduce(cast(HorseProfile, event)):
            _note(state, event)
        return []
    return _fold_request(state, cast(FormRequest, event))


def _fold_fact(state: FormState, name: str, event: Event) -> list[RaceForm]:
    race_id = event["race_id"]
    if race_id in state.learnt:
        return []
    race = state.open.get(race_id)
    if race is None:
        race = state.open[race_id] = Race(RaceState(race_id))
    if not race.fold(name, event):
        return []
    if race.view.result_state == "OFFICIAL":
        return _learn(state, race)
    waits = race_id in state.requests and race_id not in state.answers
    return list(_answer(state, [race_id])) if waits else []


def _fold_request(state: FormState, event: FormRequest) -> list[RaceForm]:
    race_id = event["race_id"]
    known = state.requests.get(race_id)
    if race_id in state.learnt or (known is not None and known["sequence"] >= event["sequence"]):
        return []
    state.requests[race_id] = event
    forget_lost(state)
    return list(_answer(state, [race_id])) if race_id in state.open else []


def _fold_run(state: FormState, event: PastPerformance) -> list[RaceForm]:
    told = state.guide.tell(event)
    closed = state.closed.get(event["race_id"])
    if closed is not None:
        closed.runs.append(event)
        teach_book(state, closed)
    if not told and closed is None:
        return []
    _note(state, event)
    return list(_answer(state, _entered(state, {event["horse_id"]})))


def _fold_work(state: FormState, event: Workout) -> list[RaceForm]:
    if not state.guide.work(event):
        return []
    _note(state, event)
    return list(_answer(state, _entered(state, {event["horse_id"]})))


def _fold_lesson(state: FormState, event: MarketLesson) -> list[RaceForm]:
    """Learn how far a market was to be trusted; tell open races where that changes what theirs counts."""
    if event["race_id"] in state.taught:
        return []
    state.taught.add(event["race_id"])
    country = market_weight.country_of(event["race_id"].split("-")[0])
    by_model = state.countries.setdefault(country, {})
    before = by_model.pop(event["model"], Taught())
    after = by_model[event["model"]] = before.after(event)
    for model in list(by_model)[:-KEPT_MODELS]:
        del by_model[model]
    _note(state, event)
    return [] if after.in_force == before.in_force else list(_tell_market_weight(state, country))


def _tell_market_weight(state: FormState, country: str) -> Iterator[RaceForm]:
    for race_id in state.answers:
        facts = facts_at(state.open[race_id].view)
        if market_weight.country_of(facts.track_code) == country:
            state.answers[race_id] += 1
            yield from _market_weight(state, facts)


def _market_weight(state: FormState, facts: RaceFacts) -> Iterator[RaceForm]:
    """What prices count for each model of which that was ever found; that nothing moves, where withdrawn."""
    ids = [(runner.runner_id, runner.horse_id or None) for runner in facts.runners]
    for model, taught in state.countries.get(market_weight.country_of(facts.track_code), {}).items():
        if taught.verdicts:
            runners = market_weight.runners_of(taught.in_force, taught.races, ids)
            yield _form(state, facts, market_weight.feature_set_of(model), market_weight.COLUMNS, runners)


def _note(state: FormState, event: Event) -> None:
    number = int(event["event_id"].replace("-", ""), 16)
    state.digest = (state.digest + number) & DIGEST_MASK


def _learn(state: FormState, race: Race) -> list[RaceForm]:
    """Learn an official result, and answer again the races in which its horses or people are entered."""
    race_id, facts = race.state.race_id, facts_at(race.view)
    ids = {runner.runner_id for runner in facts.runners}
    official = [r for s in race.state.results.values() if (r := s.last) and r["state"] == "OFFICIAL"]
    result = max(official, key=lambda r: sum(f["runner_id"] in ids for f in r["finishers"]))
    for gone in (state.open, state.requests, state.answers):
        gone.pop(race_id, None)
    state.learnt.add(race_id)
    _note(state, result)
    finish = finish_of(result)
    habits = _habits(state, facts)
    if state.online.learn(facts, finish, habits):
        state.doubts.append(f"{key_of(facts)} on {facts.race_date}")
    today = state.online.taught(facts, habits)
    if today is not None:
        told = zip(today.bias[:2], today.doubt[:2], strict=True)
        state.guide.lean(key_of(facts), Lean(facts.race_date.toordinal(), *chain.from_iterable(told)))
    _time(state, facts, finish)
    state.guide.learn(facts, finish)
    closed = state.closed[race_id] = Closed(race.state, result, facts)
    teach_book(state, closed)
    known = {name for r in facts.runners for name in (r.horse_id, r.jockey, r.trainer) if name}
    entered = _entered(state, known)
    return [*_answer(state, entered), *_tell_meeting(state, facts, entered)]


def _habits(state: FormState, facts: RaceFacts) -> Habits:
    """Where each runner usually is early, and what it has on wet going, by its lines of earlier days."""
    past = [state.guide.before(runner.horse_id, facts.race_date.toordinal()) for runner in facts.runners]
    return Habits([_early(lines) for lines in past], [wet_taste(lines, facts.surface) for lines in past])


def _early(lines: list[Line]) -> float:
    early = [forward for line in lines[:SHOWN_LINES] if (forward := line.forward) is not None]
    return sum(early) / len(early) if early else nan


def _time(state: FormState, facts: RaceFacts, finish: RaceFinish) -> None:
    """Take in how fast the race was run, by the horses' days before it."""
    read = state.book.speed(facts, finish)
    if read is not None:
        state.clocks.setdefault(clock_of(facts), Clock()).learn(facts.race_date.toordinal(), *read)


def _times(state: FormState, facts: RaceFacts) -> Times | None:
    clock = state.clocks.get(clock_of(facts))
    return clock.told(facts.race_date.toordinal()) if clock is not None else None


def _tell_meeting(state: FormState, learnt: RaceFacts, answered: list[str]) -> Iterator[RaceForm]:
    """What a race learnt adds to the later ones of its meeting, but those just answered whole."""
    for race_id in [id for id in state.answers if id not in answered]:
        facts = facts_at(state.open[race_id].view)
        if key_of(facts) == key_of(learnt) and facts.race_date == learnt.race_date:
            state.answers[race_id] += 1
            yield from _meeting(state, facts)


def _meeting(state: FormState, facts: RaceFacts) -> Iterator[RaceForm]:
    today = state.online.taught(facts, _habits(state, facts))
    if today is not None:
        ids = [(runner.runner_id, runner.horse_id or None) for runner in facts.runners]
        yield _form(state, facts, MEETING, MEETING_COLUMNS, runners_of(today, _times(state, facts), ids))


def teach_book(state: FormState, closed: Closed) -> None:
    """Let the book learn what is known of a race; what comes after its day was settled is counted only."""
    try:
        state.book.learn(closed.facts, finish_of(closed.result, performances=closed.runs))
    except LookAheadError:
        state.too_late += 1


def _entered(state: FormState, names: set[str]) -> list[str]:
    """Open races that were answered and in which any of these horses or people is entered."""
    return [
        race_id
        for race_id in state.answers
        if any(
            r.horse_id in names or r.jockey in names or r.trainer in names
            for r in facts_at(state.open[race_id].view).runners
        )
    ]


def forget_lost(state: FormState) -> None:
    """Races that never became official hold back no day for ever."""
    lost = [id for id, race in state.open.items() if race.state.recorded_time < state.as_of - LOST_AFTER]
    for race_id in lost:
        for gone in (state.open, state.requests, state.answers):
            gone.pop(race_id, None)


def _answer(state: FormState, race_ids: Iterable[str]) -> Iterator[RaceForm]:
    """Answers of these races, one a feature set, from all that is known now."""
    for race_id in race_ids:
        view = state.open[race_id].view
        if not view.runners or race_id not in state.requests:
            continue
        facts = facts_at(view)
        state.answers[race_id] = state.answers.get(race_id, 0) + 1
        yield _form(state, facts, GUIDE, GUIDE_COLUMNS, _runners(state, facts, state.guide.look(facts)))
        values = _book_values(state, facts)
        if values is not None:
            yield _form(state, facts, BOOK, BOOK_COLUMNS, _runners(state, facts, values))
        yield from _meeting(state, facts)
        yield from _market_weight(state, facts)


def settle(state: FormState) -> None:
    """Let the book learn all days before the earliest open race; more of them is learnt no longer."""
    days = [facts_at(race.view).race_date for race in state.open.values() if race.view.runners]
    if not days:
        return
    floor = min(days)
    state.book.settle(floor)
    state.closed = {id: closed for id, closed in state.closed.items() if closed.facts.race_date >= floor}


def _book_values(state: FormState, facts: RaceFacts) -> list[list[float]] | None:
    """What the book says once all days before the earliest open race are settled; None of a day too old."""
    settle(state)
    if state.book.settled.toordinal() == 1:
        return None
    try:
        found: list[list[float]] = state.book.look(facts).tolist()
    except LookAheadError:
        return None
    return found


def _form(
    state: FormState, facts: RaceFacts, feature_set: str, columns: tuple[str, ...], runners: list[RunnerForm]
) -> RaceForm:
    race_id = facts.race_id
    request, count = state.requests[race_id], state.answers[race_id]
    learnt = f"{state.digest:032x}"
    known = state.open[race_id].state.digest.hex()
    return {
        "event_id": uuid_of(f"form:{race_id}:{feature_set}:{learnt}:{known}:{request['event_id']}"),
        "source": SOURCE,
        "race_id": race_id,
        "event_time": state.as_of,
        "recorded_time": state.as_of,
        "sequence": count,
        "request_id": request["event_id"],
        "feature_set": feature_set,
        "as_of": state.as_of,
        "learnt": learnt,
        "races_learnt": len(state.learnt),
        "columns": list(columns),
        "runners": runners,
    }


def _runners(state: FormState, facts: RaceFacts, rows: list[list[float]]) -> list[RunnerForm]:
    return [_runner(state, facts, at, row) for at, row in enumerate(rows)]


def _runner(state: FormState, facts: RaceFacts, at: int, row: list[float]) -> RunnerForm:
    runner = facts.runners[at]
    lines = state.guide.before(runner.horse_id, facts.race_date.toordinal())
    return {
        "runner_id": runner.runner_id,
        "horse_id": runner.horse_id or None,
        "runs": len(lines),
        "values": [value if isfinite(value) else None for value in row],
        "lines": [printed(line) for line in lines[:SHOWN_LINES]],
        "annotations": annotate(runner, facts, lines, state.guide),
    }
