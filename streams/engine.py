"""One run of events through the pure path: fold each, score all points as one block, step the alert rules.

Live, replay, backtest, what-if and audit all come through here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple, TypeVar

from schemas.records import Alert, Event, FormRequest, MarketLesson, ModelSnapshot
from streams.alerts import remember, step_signals
from streams.facts import TELLING, changes, explain
from streams.lessons import lesson
from streams.lessons import remember as remember_moment
from streams.race import Race
from streams.requests import ASKING, request
from streams.scoring import Point, Scored, Scorer, capture, is_same
from streams.shadow import compared, shade
from streams.statements import Statement, is_news, said_at, told_by

T = TypeVar("T")


class Located(NamedTuple):
    """An event and where it lay."""

    name: str
    event: Event
    topic: str
    partition: int
    offset: int


class Poisoned(NamedTuple):
    """An event that fits its schema and yet could not be folded, and why."""

    located: Located
    reason: str


@dataclass(slots=True)
class Outcome:
    """What a run came to."""

    statements: list[Statement] = field(default_factory=list)
    """All points that say something new, in order."""
    alerts: list[Alert] = field(default_factory=list)
    touched: dict[str, int] = field(default_factory=dict)
    """Races that folded an event, by id, with the partition it came from."""
    folded: int = 0
    dropped: int = 0
    """Events known already, or behind their stream."""
    poison: list["Poisoned"] = field(default_factory=list)
    asked: dict[str, FormRequest] = field(default_factory=dict)
    """What is asked of the form worker, by race: the last of the run."""
    formed: set[str] = field(default_factory=set)
    """Races that form was told of: these have models pinned."""
    compared: list[ModelSnapshot] = field(default_factory=list)
    """Races that became official and that champion and candidate had both scored."""
    lessons: list[MarketLesson] = field(default_factory=list)
    """What races that became official teach of their markets."""


def run(events: Iterable[Located], races: Mapping[str, Race], scorer: Scorer) -> Outcome:
    """Work through `events` in order; `races` gives the race of an id and makes those not yet known."""
    outcome = Outcome()
    points = list(_fold(events, races, outcome))
    scored = scorer.score(points)
    stated: list[tuple[int, Statement]] = []
    fired: list[tuple[int, Alert]] = []
    by_race: dict[str, list[int]] = {}
    for at, point in enumerate(points):
        by_race.setdefault(point.race.state.race_id, []).append(at)
    for positions in by_race.values():
        for _, same_view in groupby(positions, lambda at: id(points[at].view)):
            at_view = list(same_view)
            fired += _alerts(at_view, points, scored)
            stated += _state(at_view, points, scored, scorer)
            outcome.compared += [found for at in at_view if (found := compared(points[at]))]
            outcome.lessons += [taught for at in at_view if (taught := lesson(points[at]))]
    explain(fired, dict(stated))
    outcome.statements = _in_order(stated)
    outcome.alerts = _in_order(fired)
    return outcome


def _in_order(items: list[tuple[int, T]]) -> list[T]:
    return [item for _, item in sorted(items, key=lambda item: item[0])]


def _fold(events: Iterable[Located], races: Mapping[str, Race], outcome: Outcome) -> Iterator[Point]:
    """Fold all; the points at which something that is scored or shown has changed."""
    latest: dict[str, Point] = {}
    for located in events:
        try:
            point = _fold_one(located, races, outcome)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # One event that no rule foresaw must not stop all the races of its partition.
            outcome.poison.append(Poisoned(located, repr(error)))
            continue
        if point is not None:
            race_id = point.race.state.race_id
            last = latest.get(race_id)
            if last is None or not is_same(last, point):
                latest[race_id] = point
                yield point


def _fold_one(located: Located, races: Mapping[str, Race], outcome: Outcome) -> Point | None:
    """The point that an event leads to; None of an event that was known, or of a race long over."""
    name, event, topic, partition, offset = located
    race = races[event["race_id"]]
    state = race.state
    before = race.view if name in TELLING else None
    if not race.fold(name, event):
        outcome.dropped += 1
        return None
    outcome.folded += 1
    outcome.touched[state.race_id] = partition
    span = state.spans.setdefault(f"{topic}:{partition}", [offset, offset])
    span[1] = offset
    if state.buried:
        return None
    if name == "RaceForm":
        outcome.formed.add(state.race_id)
    if name in ASKING:
        outcome.asked[state.race_id] = request(race, event)
    return capture(race, changes(race.state, before, race.view, name, event) if before is not None else ())


def _alerts(
    positions: list[int], points: list[Point], scored: list[Scored | None]
) -> Iterator[tuple[int, Alert]]:
    """Alerts of consecutive points of one view with their positions, in order, facts before signals."""
    fired = [(at, alert) for at in positions for alert in points[at].facts]
    for at, alert in fired:
        # Of the points before this view: a scratch begins a view of its own.
        alert["favourite"] = alert["runner_id"] == points[at].race.state.favourite is not None
    rows = [of_point.row for at in positions if (of_point := scored[at])]
    if (first := scored[positions[0]]) is not None:
        signals = step_signals([points[at] for at in positions], first.scores, rows)
        fired += [(positions[n], alert) for n, alert in signals]
    fired.sort(key=lambda item: item[0])
    for at, alert in fired:
        remember(points[at].race.state, alert)
        yield at, alert


def _state(
    positions: list[int], points: list[Point], scored: list[Scored | None], scorer: Scorer
) -> Iterator[tuple[int, Statement]]:
    for at in positions:
        point = points[at]
        state, model = point.race.state, scorer.model_of(point.view)
        said = told_by(said_at(point, scored[at], f"{model.name}={model.version}"), state.said)
        shade(point, scored[at], said, scorer.library)
        remember_moment(point, scored[at])
        if is_news(said, state.said):
            yield at, Statement(point, said, state.said)
            state.said = said
