"""The race fold: events in, one race's state out. Pure, and idempotent by the watermark of each stream."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from schemas.records import (
    Conditions,
    Event,
    ModelPinned,
    OddsUpdate,
    RaceCard,
    RaceForm,
    RaceStatus,
    Result,
    Scratch,
)
from streams.book import Book, fold_odds
from streams.state import (
    CardStream,
    ConditionsStream,
    FormStream,
    PinStream,
    RaceState,
    ResultStream,
    ScratchStream,
    StatusStream,
    bury,
)
from streams.view import PASSING, View, view_of

DIGEST_MASK = (1 << 128) - 1


class Race:
    """A race being folded: its state, and the view of it for as long as nothing shown has changed."""

    __slots__ = ("_earlier", "_view", "state")

    def __init__(self, state: RaceState) -> None:
        self.state = state
        self._view: View | None = None
        self._earlier: list[Any] = []

    @property
    def view(self) -> View:
        """The race as shown now; the same object until something shown changes."""
        if self._view is None:
            self._view = view_of(self.state, self._earlier)
        return self._view

    def standing(self) -> View:
        """The same for a scoring point: one whose memo may be another by now is begun anew."""
        view = self.view
        if PASSING in view.memo:
            view = self._view = replace(view, memo={})
        return view

    def fold(self, name: str, event: Event) -> bool:
        """Take in one event; False if it was known or is behind its stream, and then nothing changed.

        Raises ValueError for an event_id that is no UUID; then nothing changed either.
        """
        state = self.state
        # First of all, so that an event with an impossible id leaves the state as it was.
        number = int(event["event_id"].replace("-", ""), 16)
        if not FOLDS[name](self, event):
            return False
        state.revision += 1
        total = int.from_bytes(state.digest, "big") + number
        state.digest = (total & DIGEST_MASK).to_bytes(16, "big")
        state.event_time = max(state.event_time, event["event_time"])
        state.recorded_time = max(state.recorded_time, event["recorded_time"])
        return True

    def bury(self) -> None:
        """Leave the race's tombstone only."""
        self.state, self._view, self._earlier = bury(self.state), None, []

    def _fold_card(self, event: RaceCard) -> bool:
        return self._replace(self.state.cards, CardStream, _key(event), event)

    def _fold_status(self, event: RaceStatus) -> bool:
        return self._replace(self.state.statuses, StatusStream, _key(event), event)

    def _fold_result(self, event: Result) -> bool:
        return self._replace(self.state.results, ResultStream, _key(event), event)

    def _fold_conditions(self, event: Conditions) -> bool:
        return self._replace(self.state.conditions, ConditionsStream, event["source"], event)

    def _fold_form(self, event: RaceForm) -> bool:
        key = f"{event['source']}|{event['feature_set']}"
        return self._replace(self.state.forms, FormStream, key, event)

    def _fold_pin(self, event: ModelPinned) -> bool:
        return self._replace(self.state.pins, PinStream, f"{event['source']}|{event['role']}", event)

    def _replace(self, streams: dict[str, Any], kind: Callable[[], Any], key: str, event: Any) -> bool:
        """Streams in which the last statement counts."""
        stream = streams.get(key)
        if stream is None:
            stream = streams[key] = kind()
        stamp = (event["event_time"], event["sequence"])
        if stamp <= stream.watermark:
            return False
        stream.watermark = stamp
        if not self.state.buried:
            stream.last = event
            self._view = None
        return True

    def _fold_scratch(self, event: Scratch) -> bool:
        stream = self.state.scratches.setdefault(_key(event), ScratchStream())
        stamp = (event["event_time"], event["sequence"])
        if stamp <= stream.watermark:
            return False
        stream.watermark = stamp
        stream.last[event["runner_id"]] = event
        self._view = None
        return True

    def _fold_odds(self, event: OddsUpdate) -> bool:
        key = f"{event['source']}|{event['market_id']}"
        book = self.state.books.get(key)
        if book is None:
            book = Book(event["source"], event["market_id"], event["market_type"], event["pool"])
            self.state.books[key] = book
        stamp = (event["event_time"], event["sequence"])
        if stamp <= book.watermark:
            return False
        book.watermark = stamp
        if self.state.buried:
            return True
        shown = (book.priced, len(book.index), book.places)
        fold_odds(book, event)
        if shown != (book.priced, len(book.index), book.places):
            self._view = None
        return True


def _key(event: RaceCard | RaceStatus | Result | Scratch) -> str:
    return f"{event['source']}|{event['market_id'] or ''}"


FOLDS: dict[str, Callable[[Race, Any], bool]] = {
    "RaceCard": cast(Any, Race._fold_card),
    "Conditions": cast(Any, Race._fold_conditions),
    "RaceStatus": cast(Any, Race._fold_status),
    "Scratch": cast(Any, Race._fold_scratch),
    "ModelPinned": cast(Any, Race._fold_pin),
    "RaceForm": cast(Any, Race._fold_form),
    "OddsUpdate": cast(Any, Race._fold_odds),
    "Result": cast(Any, Race._fold_result),
}
"""How each event is folded, by the name of its schema."""
