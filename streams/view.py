"""What is shown of a race: the sources' statements merged field by field in a fixed precedence.

A pure function of the state's streams; the order in which they arrived does not matter.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple, cast

from schemas.records import (
    Entry,
    ModelPinned,
    RaceCard,
    RaceForm,
    RaceStage,
    ResultState,
    RunnerStatus,
    Scratch,
)
from streams.book import Book
from streams.state import RaceState

PRECEDENCE = ("equibase", "racing-api", "simulator", "betfair")
"""Sources from the most to the least trusted on facts; others follow by name."""

POOLS = ("EXCHANGE", "FIXED", "TOTE")
"""Pools from the most to the least informative price."""

DEFAULT_PLACES = ((8, 3), (5, 2), (0, 1))
"""Runners declared at least, places paid: the usual terms where no market or card says otherwise."""

MAX_PLACES = 4

PASSING = "passing"
"""In a view's memo where what follows from it may be another at the next scoring point."""

BEFORE_OFF: tuple[RaceStage, ...] = ("SCHEDULED", "SUSPENDED")
"""Stages of a race that is to be run."""

STAGES: dict[RaceStage, int] = {"OFF": 1, "IN_PLAY": 2, "CLOSED": 3, "ABANDONED": 4}
"""How far a race has come; whoever saw it furthest is right. Before the off, precedence decides."""


@dataclass(frozen=True, slots=True)
class Runner:
    """One runner as shown."""

    runner_id: str
    number: str | None
    name: str | None
    status: RunnerStatus
    betting_interest: str | None
    jockey_name: str | None
    trainer_name: str | None
    equipment: str | None
    weight_carried_lbs: float | None
    scratch: Scratch | None
    finish_position: int | None
    placed: bool | None


@dataclass(frozen=True, slots=True)
class View:
    """A race as shown, and how its runners map to the rows of the book that is scored.

    `interests` counts the betting interests still in, which are what is scored; coupled runners share one.
    `rows` is the position of each interest in the book, -1 where the book does not know it. `columns` is
    the interest of each runner, -1 for one out of the race, and `shares` its part of the interest's chance.
    """

    card: dict[str, Any]
    stage: RaceStage
    scheduled_off: int | None
    off_time: int | None
    runners: tuple[Runner, ...]
    places: int
    book: Book | None
    others: tuple[tuple[Book, tuple[int, ...]], ...]
    """Other win books, each with the position of each interest in it: their prices may offer value."""
    interests: int
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    shares: tuple[float, ...]
    pick: Callable[[list[float]], Sequence[float]]
    """Takes from figures by interest, the one of runners that are out put last, those of the runners."""
    coupled: bool
    named: list[tuple[str, str | None, str | None, RunnerStatus]]
    """Id, number, name and status of each runner."""
    runner_ids: list[str]
    statuses: list[str]
    result_state: ResultState | None
    result_time: int | None
    winners: tuple[str, ...]
    conditions: dict[str, Any]
    entries: list[Entry]
    """The card's entries as shown, in the runners' order."""
    forms: dict[str, RaceForm]
    """The latest form of each feature set."""
    pins: dict[str, ModelPinned]
    """The model pinned in each role."""
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What follows from this view alone and is dear to work out, kept for as long as the view stands."""
    earlier: list[Any] = field(default_factory=list, compare=False, repr=False)
    """What models made of this race, which the next view takes over: most of them change nothing of form."""


def to_be_run(view: View) -> bool:
    """Whether a race has not gone off, by all that is known."""
    return view.stage in BEFORE_OFF and view.result_state is None


def view_of(state: RaceState, earlier: list[Any] | None = None) -> View:
    """The race as shown now; `earlier` is what models made of it until now."""
    order = _ordered(state)
    cards = [c.last for key in order if (c := state.cards.get(key)) and c.last]
    card, names = _merge(cards), _Names(cards)
    said = [s.last for key in order if (s := state.statuses.get(key)) and s.last]
    stage: RaceStage = max((s["status"] for s in said), key=lambda s: STAGES.get(s, 0), default="SCHEDULED")
    finish = _finish(state, order, names)
    runners = _runners(state, order, names, finish)
    book = _scored_book(state)
    interests = list(_interests(runners, book)) if stage != "ABANDONED" else []
    found = {position: (column, 1.0 / len(i)) for column, i in enumerate(interests) for position in i}
    members = [found.get(position, (-1, 1.0)) for position in range(len(runners))]
    return View(
        card=card,
        stage=stage,
        scheduled_off=_first(s["scheduled_off"] for s in said) or card.get("scheduled_off"),
        off_time=_first(s["off_time"] for s in said),
        runners=runners,
        places=_places(card, state, runners),
        book=book,
        others=tuple((other, _rows(other, names, runners, interests)) for other in _other_books(state, book)),
        interests=len(interests),
        columns=tuple(column for column, _ in members),
        shares=tuple(share for _, share in members),
        pick=_pick([column for column, _ in members]),
        coupled=any(share != 1.0 for column, share in members if column >= 0),
        named=[(runner.runner_id, runner.number, runner.name, runner.status) for runner in runners],
        runner_ids=[runner.runner_id for runner in runners],
        statuses=[runner.status for runner in runners],
        rows=_rows(book, names, runners, interests),
        result_state=finish.state,
        result_time=finish.time,
        winners=tuple(
            r.runner_id for r in runners if r.finish_position == 1 and r.runner_id not in finish.out
        ),
        conditions=_conditions(state),
        entries=names.entries,
        forms=_forms(state),
        pins=_pins(state),
        earlier=[] if earlier is None else earlier,
    )


class _Finish(NamedTuple):
    """The finish as shown: positions and disqualified runners of one result, places of any."""

    state: ResultState | None
    time: int | None
    positions: dict[str | None, int | None]
    placed: dict[str | None, bool | None]
    out: set[str | None]


def _finish(state: RaceState, order: list[str], names: "_Names") -> _Finish:
    """One statement of the finish, not a mixture: the official before the unofficial, then by precedence."""
    results = [r.last for key in order if (r := state.results.get(key)) and r.last]
    results.sort(key=lambda r: r["state"] != "OFFICIAL")
    told = [[(names.of(r["source"], f["runner_id"]), f) for f in r["finishers"]] for r in results]
    first = told[0] if told else []
    return _Finish(
        results[0]["state"] if results else None,
        results[0]["event_time"] if results else None,
        {id: f["finish_position"] for id, f in first},
        {id: f["placed"] for finishers in reversed(told) for id, f in finishers if f["placed"] is not None},
        {id for id, f in first if f["disqualified"]},
    )


def _runners(state: RaceState, order: list[str], names: "_Names", finish: _Finish) -> tuple[Runner, ...]:
    return tuple(
        Runner(
            entry["runner_id"],
            entry["program_number"],
            entry["horse_name"],
            _status(entry, scratch),
            entry["betting_interest"],
            entry["jockey_name"],
            entry["trainer_name"],
            entry["equipment"],
            entry["weight_carried_lbs"],
            scratch if scratch and scratch["action"] == "SCRATCHED" else None,
            finish.positions.get(entry["runner_id"]),
            finish.placed.get(entry["runner_id"]),
        )
        for entry in names.entries
        for scratch in [_last_word(state, order, names, entry["runner_id"])]
    )


def _ordered(state: RaceState) -> list[str]:
    """Keys of all fact streams by precedence: source, then win markets before place markets, then id."""
    places = {key for key, s in state.cards.items() if s.last and s.last["places_paid"] is not None}
    keys = {*state.cards, *state.statuses, *state.scratches, *state.results}
    return sorted(keys, key=lambda key: (_rank(key.partition("|")[0]), key in places, key))


def _rank(source: str) -> int:
    return PRECEDENCE.index(source) if source in PRECEDENCE else len(PRECEDENCE)


def _merge(cards: list[RaceCard]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for card in reversed(cards):
        merged.update({k: v for k, v in card.items() if v is not None and v != "UNKNOWN"})
    return merged


def plain_name(name: str | None) -> str:
    """A horse's name for comparison: letters and digits only, without a country suffix.

    >>> plain_name("O'Reilly's Pride (IRE)")
    'oreillyspride'
    """
    return re.sub(r"[^a-z0-9]", "", re.sub(r"\([A-Z]{2,3}\)\s*$", "", name or "").lower())


class _Names:
    """The runners shown, and which of them a source means by its own runner id."""

    def __init__(self, cards: list[RaceCard]) -> None:
        shown = next((card for card in cards if card["entries"]), None)
        self._source = shown["source"] if shown else ""
        same = [card for card in cards if card["source"] == self._source]
        self.entries = [_merge_entry(e, same) for e in shown["entries"]] if shown else []
        numbers = {e["program_number"]: e["runner_id"] for e in self.entries if e["program_number"]}
        names = {plain_name(e["horse_name"]): e["runner_id"] for e in self.entries if e["horse_name"]}
        self._other = {
            (card["source"], e["runner_id"]): numbers.get(e["program_number"] or "")
            or names.get(plain_name(e["horse_name"]))
            for card in cards
            if card["source"] != self._source
            for e in card["entries"]
        }

    def of(self, source: str, runner_id: str) -> str | None:
        """The id shown for a source's runner, or None where no card ties them."""
        return runner_id if source == self._source else self._other.get((source, runner_id))


def _merge_entry(entry: Entry, cards: list[RaceCard]) -> Entry:
    """An entry with what other cards of the same source know of it, such as its name."""
    merged: dict[str, Any] = {}
    for card in reversed(cards):
        for other in card["entries"]:
            if other["runner_id"] == entry["runner_id"]:
                merged.update({key: value for key, value in other.items() if value is not None})
    return cast(Entry, {**entry, **merged})


def _last_word(state: RaceState, order: list[str], names: _Names, runner_id: str) -> Scratch | None:
    """What the most trusted stream that spoke of the runner said last."""
    for key in order:
        stream = state.scratches.get(key)
        for said_id, scratch in stream.last.items() if stream else ():
            if names.of(scratch["source"], said_id) == runner_id:
                return scratch
    return None


def _status(entry: Entry, scratch: Scratch | None) -> RunnerStatus:
    if scratch is not None and scratch["action"] == "SCRATCHED":
        return "SCRATCHED"
    reinstated = scratch is not None
    return "ALSO_ELIGIBLE" if entry["also_eligible"] and not reinstated else "ACTIVE"


def _interests(runners: tuple[Runner, ...], book: Book | None) -> Iterator[tuple[int, ...]]:
    """Positions of the active runners of each betting interest; most runners are one of their own.

    Only a pool sells coupled runners as one; an exchange prices each by itself.
    """
    pooled = book is not None and book.pool == "TOTE"
    coupled: dict[str, list[int]] = {}
    for position, runner in enumerate(runners):
        if runner.status == "ACTIVE":
            interest = runner.betting_interest if pooled else None
            coupled.setdefault(interest or f"runner {runner.runner_id}", []).append(position)
    return (tuple(positions) for positions in coupled.values())


def _scored_book(state: RaceState) -> Book | None:
    """The book that is scored: a win market with prices before a place market, by pool, source and id."""
    priced = [b for b in state.books.values() if b.priced and b.market_type != "OTHER"]
    key = lambda b: (b.market_type != "WIN", POOLS.index(b.pool), _rank(b.source), b.source, b.market_id)  # noqa: E731
    return min(priced, key=key, default=None)


def _pick(columns: list[int]) -> Callable[[list[float]], Sequence[float]]:
    if len(columns) > 1:
        return itemgetter(*columns)
    return lambda figures: [figures[column] for column in columns]


def _rows(
    book: Book | None, names: _Names, runners: tuple[Runner, ...], interests: list[tuple[int, ...]]
) -> tuple[int, ...]:
    """Position in the book of the first runner of each interest that it prices, -1 where it prices none."""
    if book is None:
        return (-1,) * len(interests)
    shown = {names.of(book.source, id): at for id, at in book.index.items()}
    return tuple(
        next((shown[runners[p].runner_id] for p in interest if runners[p].runner_id in shown), -1)
        for interest in interests
    )


def _other_books(state: RaceState, scored: Book | None) -> list[Book]:
    """Win books with prices beside the one that is scored."""
    books = (book for _, book in sorted(state.books.items()))
    return [book for book in books if book is not scored and book.priced and book.market_type == "WIN"]


def _places(card: dict[str, Any], state: RaceState, runners: tuple[Runner, ...]) -> int:
    """Places paid: as the card or a place market says, else by the usual terms for the field declared."""
    stated = card.get("places_paid") or _first(
        b.places for _, b in sorted(state.books.items()) if b.market_type == "PLACE"
    )
    declared = sum(runner.status != "ALSO_ELIGIBLE" for runner in runners)
    usual = next(places for least, places in DEFAULT_PLACES if declared >= least)
    return min(max(int(stated or usual), 1), MAX_PLACES)


def _conditions(state: RaceState) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for key in sorted(state.conditions, key=lambda key: (_rank(key.partition("|")[0]), key), reverse=True):
        last = state.conditions[key].last
        merged.update({k: v for k, v in (last or {}).items() if v is not None and v != "UNKNOWN"})
    return merged


def _forms(state: RaceState) -> dict[str, RaceForm]:
    """By feature set, of the most trusted source."""
    told = [form for key in sorted(state.forms, key=_by_source) if (form := state.forms[key].last)]
    return {form["feature_set"]: form for form in reversed(told)}


def _pins(state: RaceState) -> dict[str, ModelPinned]:
    """By role, of the most trusted source; a pin without a version takes the role's away."""
    made = [pin for key in sorted(state.pins, key=_by_source) if (pin := state.pins[key].last)]
    return {pin["role"]: pin for pin in reversed(made) if pin["version"]}


def _by_source(key: str) -> tuple[int, str]:
    return _rank(key.partition("|")[0]), key


def _first(values: Iterable[int | None]) -> int | None:
    return next((value for value in values if value is not None), None)
