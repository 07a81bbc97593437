"""Scoring points: what a race looked like after an event, and the models' scores of a whole block of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import cast

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from models import MarketBatch, MarketModel, Model, PlaceMarketModel, Scores
from models.layout import Floats
from models.movement import HORIZONS_MINUTES
from models.registry import USUAL_FOLDER, Registry
from schemas.identity import MICROS
from schemas.records import Alert
from streams.beliefs import NO_MODEL, Library, NoModels, of_places, verdict_of, with_form
from streams.book import WIDTH, Bar, asked, numbers, settle
from streams.market_weight import factors, minutes_to_off
from streams.race import Race
from streams.view import View

NO_BARS: Sequence[Bar | None] = [None] * len(HORIZONS_MINUTES)


class Point(Struct, frozen=True, gc=False):
    """A race right after one event. `rows` is the scored book's numbers as bytes, empty without a book."""

    race: Race
    view: View
    rows: bytes
    past: Sequence[Bar | None]
    """Bars 1, 5 and 30 minutes back; the same object for as long as the minute lasts."""
    revision: int
    digest: bytes
    event_time: int
    recorded_time: int
    age_seconds: float
    offers: tuple[tuple[float, ...], ...]
    """Price of each interest in every other win book, as `View.others`; 0.0 where there is none."""
    facts: tuple[Alert, ...]
    """Alerts of runners scratched or put back: such a point is published at once."""
    minutes: float | None
    """Whole minutes to the announced off."""
    projected: tuple[float, ...] = ()
    """`Book.projected` of the scored book."""


class Scored(Struct, frozen=True, gc=False):
    """A point's scores, row `row` of a block's: chances and prices by betting interest.

    `price` and `movement` are float64 as bytes, since most are never looked at again.
    """

    scores: Scores
    row: int
    win: list[float]
    place: list[float]
    price: bytes
    movement: bytes
    overround: float
    confidence: float
    public: list[float]
    """Win chances by the market alone."""


def capture(race: Race, facts: tuple[Alert, ...] = ()) -> Point:
    """The point that the race stands at."""
    state, view = race.state, race.standing()
    book = view.book
    rows, past, age = b"", NO_BARS, 0.0
    projected: tuple[float, ...] = ()
    if book is not None:
        rows, past, projected = book.quotes.tobytes(), book.past, book.projected
        age = (state.event_time - book.priced_at) / MICROS if book.priced_at else 0.0
    return Point(
        race, view, rows, past, state.revision, state.digest, state.event_time, state.recorded_time, age,
        offers_of(view) if view.others else (), facts, minutes_to_off(view, state.event_time), projected,
    )  # fmt: skip


def offers_of(view: View) -> tuple[tuple[float, ...], ...]:
    """What other win books ask for each interest now: an exchange's back price, else the price shown."""
    return tuple(
        tuple(book.quotes[at * WIDTH + asked(book)] if at >= 0 else 0.0 for at in rows)
        for book, rows in view.others
    )


def is_same(one: Point, other: Point) -> bool:
    """Whether two points of a race have nothing that is scored or shown between them."""
    return (
        one.view is other.view
        and one.past is other.past
        and one.rows == other.rows
        and one.offers == other.offers
        and one.projected == other.projected
        and one.minutes == other.minutes
    )


@dataclass(frozen=True, slots=True)
class Scorer:
    """The models that score: one for win markets, one for races with a place market alone."""

    win: Model
    place: Model
    library: Library = field(default_factory=NoModels)
    """Where pinned models of form are found."""

    def model_of(self, view: View) -> Model:
        """The model for a race as it stands."""
        return self.place if of_places(view) else self.win

    def score(self, points: Sequence[Point]) -> list[Scored | None]:
        """Score all points, in blocks of races with the same number of interests, in the points' order.

        None stands for a point where nothing is left to score.
        """
        blocks: dict[tuple[int, bool], list[int]] = {}
        for at, point in enumerate(points):
            placed = self.model_of(point.view) is self.place
            blocks.setdefault((point.view.interests, placed), []).append(at)
        scored: list[Scored | None] = [None] * len(points)
        for (interests, placed), members in blocks.items():
            if interests:
                # Points of one view side by side: their numbers are gathered as a whole.
                members.sort(key=lambda at: (id(points[at].view), id(points[at].past)))
                batch = _batch([points[at] for at in members])
                scores = (self.place if placed else self.win).score(batch)
                public = scores.win
                verdicts = [verdict_of(points[at].view, self.library) for at in members]
                if any(verdict is not NO_MODEL for verdict in verdicts):
                    moments = [
                        factors(points[at].view, points[at].minutes, verdict.label)
                        for at, verdict in zip(members, verdicts, strict=True)
                    ]
                    scores = with_form(scores, verdicts, batch.places, placed, moments)
                for at, of_point in zip(members, _rows_of(scores, public), strict=True):
                    scored[at] = of_point
        return scored


def _rows_of(scores: Scores, public: Floats) -> Iterator[Scored]:
    """The rows of a block, cut from it as a whole, which is several times faster than row by row."""
    wins: list[list[float]] = scores.win.tolist()
    alone: list[list[float]] = wins if public is scores.win else public.tolist()
    price, movement = scores.price.tobytes(), scores.movement.tobytes()
    size = scores.price.shape[1] * scores.price.itemsize
    wide = size * len(HORIZONS_MINUTES)
    columns = zip(
        wins, scores.place.tolist(), scores.overround.tolist(), scores.confidence.tolist(),
        strict=True,
    )  # fmt: skip
    for row, (win, place, overround, confidence) in enumerate(columns):
        prices, moves = price[row * size : (row + 1) * size], movement[row * wide : (row + 1) * wide]
        yield Scored(scores, row, win, place, prices, moves, overround, confidence, alone[row])


def default_scorer(library: Library | None = None) -> Scorer:
    """The market models of this release, and a library of the form models that races may have pinned."""
    return Scorer(MarketModel(), PlaceMarketModel(), library or Registry(Path(USUAL_FOLDER)))


def _batch(points: list[Point]) -> MarketBatch:
    groups = [list(same) for _, same in groupby(points, key=lambda point: (id(point.view), id(point.past)))]
    return numbers(
        np.concatenate([_rows(same) for same in groups]),
        np.concatenate(_past([same[0] for same in groups])).repeat([len(same) for same in groups], axis=0),
        [point.view.places for point in points],
        [point.age_seconds for point in points],
    )


def _rows(points: list[Point]) -> NDArray[np.float64]:
    """Numbers of the interests still in of points of one view, (points, interests, WIDTH)."""
    view = points[0].view
    if not points[0].rows:
        return np.zeros((len(points), view.interests, WIDTH))
    book = np.frombuffer(b"".join(point.rows for point in points)).reshape(len(points), -1, WIDTH)
    taken: NDArray[np.float64] = book[:, view.rows]
    if -1 in view.rows:
        taken[:, [row < 0 for row in view.rows]] = 0.0
    return taken


def _past(points: list[Point]) -> list[NDArray[np.float64]]:
    """Past prices of the interests still in of each point, (1, interests, horizons); 0.0 where there is none.

    They are found once a view and minute.
    """
    settle(bar for point in points for bar in point.past)
    found = []
    for point in points:
        known = cast("tuple[object, NDArray[np.float64]] | None", point.view.memo.get("past"))
        if known is None or known[0] is not point.past:
            known = point.view.memo["past"] = point.past, _prices(point)
        found.append(known[1])
    return found


def _prices(point: Point) -> NDArray[np.float64]:
    bars = [bar.prices if bar is not None else [] for bar in point.past]
    prices = [[bar[row] if 0 <= row < len(bar) else 0.0 for bar in bars] for row in point.view.rows]
    return np.array([prices])
