"""The state of one race: what each source last said, kept apart so that order across sources is nothing."""

from array import array
from typing import Any

from msgspec import DecodeError, Struct, field, msgpack

from schemas.errors import StateError
from schemas.records import (
    AlertKind,
    Conditions,
    ModelPinned,
    RaceCard,
    RaceForm,
    RaceStatus,
    Result,
    Scratch,
)
from streams.book import Book, settle

FORMAT = 1
"""Raised when what is stored changes."""

Stamp = tuple[int, int]
"""Event time and sequence."""


class CardStream(Struct):
    """Cards of one source and market: the last one counts."""

    watermark: Stamp = (0, 0)
    last: RaceCard | None = None


class StatusStream(Struct):
    """Stages as one source and market states them."""

    watermark: Stamp = (0, 0)
    last: RaceStatus | None = None


class ScratchStream(Struct):
    """Scratches of one source and market: the last word on each runner."""

    watermark: Stamp = (0, 0)
    last: dict[str, Scratch] = field(default_factory=dict)


class ResultStream(Struct):
    """Results of one source and market: a correction replaces what stood before."""

    watermark: Stamp = (0, 0)
    last: Result | None = None


class ConditionsStream(Struct):
    """Conditions of one source."""

    watermark: Stamp = (0, 0)
    last: Conditions | None = None


class FormStream(Struct):
    """Form of one source and feature set: the last answer counts."""

    watermark: Stamp = (0, 0)
    last: RaceForm | None = None


class PinStream(Struct):
    """Pins of one source and role."""

    watermark: Stamp = (0, 0)
    last: ModelPinned | None = None


class Signal(Struct):
    """An alert rule's memory of one runner: whether it is on, and how often it has been."""

    on: bool = False
    episode: int = 0


class Entered(Struct, frozen=True):
    """What is declared of a runner; None where the card does not say."""

    rider: str | None = None
    equipment: str | None = None
    weight_lbs: float | None = None


class Declared(Struct, frozen=True):
    """What is declared of a race beside prices: what form is asked about."""

    going: str | None = None
    surface: str | None = None
    entries: dict[str, Entered] = field(default_factory=dict)
    """By runner."""


class Said(Struct):
    """What the last scoring point that said something new said, in the order of the card's runners."""

    digest: bytes
    runner_ids: list[str]
    stage: str
    statuses: list[str]
    win: list[float]
    place: list[float]
    price: bytes
    """Consensus prices as float64, by betting interest."""
    movement: bytes
    """Log moves over 1, 5 and 30 minutes as float64, by betting interest."""
    columns: tuple[int, ...]
    """Betting interest of each runner, -1 for one out of the race."""
    overround: float
    confidence: float
    models: str
    """Versions of the models that spoke: name=version, comma separated."""
    why: list[str] = field(default_factory=list)
    public: list[float] = field(default_factory=list)
    """Win chances by the market alone, as `win`."""
    basis: str = "MARKET"
    form_id: str | None = None
    going: str | None = None
    leader: str | None = None
    """Who was likely to lead."""
    fundamental: list[float] = field(default_factory=list)
    """Win chances by form alone, as `win`; empty without form."""
    lean_id: str | None = None
    """The event of what the day's races add to chances."""
    weight: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    """What market and form count by minutes to the off, as `MarketWeight.terms`."""
    shadow: list[float] = field(default_factory=list)
    """Win chances by the candidate, as `win`; empty without one."""
    shadow_model: str = ""
    """The candidate, name=version."""
    times: str = ""
    """That times of the day are unusual, in words."""
    declared: Declared = Declared()
    informed: Declared = Declared()
    """What was declared when the form in force was told."""
    best: list[float] = field(default_factory=list)
    """Best price of each runner to bet at, 0.0 where there is none; empty where no runner has one."""
    projected: list[float] = field(default_factory=list)
    """Projected closing prices, as `best`."""
    names: list[str] = field(default_factory=list)
    """Number and name of each runner: those of one that leaves the card are known here alone."""


class Noted(Struct):
    """An alert of the race, for as long as it is among the last ones."""

    alert_id: str
    kind: AlertKind
    runner_id: str | None
    headline: str
    event_time: int
    detail: str = ""


class Believed(Struct):
    """What champion and candidate said of a race last before its off, by runner."""

    model: str
    versions: tuple[str, str]
    """The champion's and the candidate's."""
    numbers: tuple[int, int]
    """Entries of the registry's log that made them what they are."""
    runner_ids: list[str]
    champion: list[float]
    """Win chances; below 0 for a runner out of the race."""
    candidate: list[float]
    public: list[float]
    """Empty without a price."""


class Moment(Struct):
    """What was said at a moment before the off, by runner still in; its lists are those of what spoke."""

    minutes: float
    """To the announced off."""
    market_weight: float
    runner_ids: list[str]
    public: list[float]
    form: list[float]
    """Log-odds that form added."""
    model: str


class RaceState(Struct):
    """A race. Streams are keyed by `source|market`; `digest` is the sum of the ids of all events folded."""

    race_id: str
    revision: int = 0
    digest: bytes = bytes(16)
    event_time: int = 0
    recorded_time: int = 0
    cards: dict[str, CardStream] = field(default_factory=dict)
    statuses: dict[str, StatusStream] = field(default_factory=dict)
    scratches: dict[str, ScratchStream] = field(default_factory=dict)
    results: dict[str, ResultStream] = field(default_factory=dict)
    conditions: dict[str, ConditionsStream] = field(default_factory=dict)
    books: dict[str, Book] = field(default_factory=dict)
    spans: dict[str, list[int]] = field(default_factory=dict)
    """`topic:partition` to the first and last offset folded."""
    said: Said | None = None
    signals: dict[str, Signal] = field(default_factory=dict)
    """`RULE:runner` to its memory."""
    favourite: str | None = None
    alerts: list[Noted] = field(default_factory=list)
    buried: bool = False
    """True of a tombstone: only watermarks are left, so that old events still change nothing."""

    forms: dict[str, FormStream] = field(default_factory=dict)
    """By `source|feature set`."""
    pins: dict[str, PinStream] = field(default_factory=dict)
    """By `source|role`."""
    believed: Believed | None = None
    """Only where a candidate is scored in the shadow."""
    moments: dict[int, Moment] = field(default_factory=dict)
    """By the place of its minutes to the off among `lessons.MARKS`."""


def _encode(value: Any) -> bytes:
    if isinstance(value, array):
        return value.tobytes()
    raise NotImplementedError(type(value))


def _decode(kind: type, value: Any) -> Any:
    if kind is array:
        return array("d", value)
    raise NotImplementedError(kind)


_encoder = msgpack.Encoder(enc_hook=_encode)
_decoder = msgpack.Decoder(tuple[int, int, RaceState], dec_hook=_decode)


def dump(state: RaceState, touched_at: int = 0) -> bytes:
    """A state as bytes for the table's changelog, with when it was last touched (microseconds)."""
    for book in state.books.values():
        settle([*book.bars, *book.past])
    return _encoder.encode((FORMAT, touched_at, state))


def load(data: bytes) -> RaceState:
    """The state of bytes that `dump` wrote; exact, floats included. Raises StateError for other bytes."""
    return kept(data)[1]


def kept(data: bytes) -> tuple[int, RaceState]:
    """The time that `dump` was given, and the state. Raises StateError for bytes that it did not write."""
    try:
        form, touched_at, state = _decoder.decode(data)
    except DecodeError as error:
        raise StateError(
            f"a stored race state is of another release or corrupt ({error}): use another topic prefix"
        ) from error
    if form != FORMAT:
        raise StateError(
            f"a race state has format {form}, this release reads {FORMAT}: use another topic prefix"
        )
    return touched_at, state


def bury(state: RaceState) -> RaceState:
    """The tombstone of a race: watermarks, final revision and digest, nothing else."""
    return RaceState(
        state.race_id,
        state.revision,
        state.digest,
        state.event_time,
        state.recorded_time,
        {key: CardStream(s.watermark) for key, s in state.cards.items()},
        {key: StatusStream(s.watermark) for key, s in state.statuses.items()},
        {key: ScratchStream(s.watermark) for key, s in state.scratches.items()},
        {key: ResultStream(s.watermark) for key, s in state.results.items()},
        {key: ConditionsStream(s.watermark) for key, s in state.conditions.items()},
        {
            key: Book(b.source, b.market_id, b.market_type, b.pool, b.places, b.watermark)
            for key, b in state.books.items()
        },
        state.spans,
        buried=True,
        forms={key: FormStream(s.watermark) for key, s in state.forms.items()},
        pins={key: PinStream(s.watermark) for key, s in state.pins.items()},
    )
