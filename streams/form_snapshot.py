"""The form worker's state as one file: written whole or not at all, and known to be whole when read."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from msgspec import DecodeError, Struct, ValidationError, msgpack

from models.clock import Clock
from models.form.book import FormBook
from models.guide.book import GuideBook
from models.market_weight import Taught
from models.online import Meeting, Online
from schemas.errors import HprError, StateError
from schemas.records import FormRequest, PastPerformance, Result
from streams.beliefs import facts_at
from streams.form import Closed, FormState, teach_book
from streams.race import Race
from streams.state import RaceState, dump, load

FORMAT = 3
HASH_BYTES = 32
Offsets = dict[str, int]
"""`topic:partition` to the next offset."""


class _Closed(Struct):
    state: bytes
    result: Result
    runs: list[PastPerformance]


class _Snapshot(Struct):
    format: int
    offsets: Offsets
    guide: GuideBook
    book: bytes
    open: list[bytes]
    requests: list[FormRequest]
    answers: dict[str, int]
    closed: list[_Closed]
    learnt: list[str]
    digest: bytes
    as_of: int
    too_late: int
    meetings: dict[str, Meeting] = {}
    countries: dict[str, dict[str, Taught]] = {}
    taught: list[str] = []
    clocks: dict[str, Clock] = {}


_decoder = msgpack.Decoder(_Snapshot)


def pack(state: FormState, offsets: Offsets) -> bytes:
    """State and the offsets that it covers, as bytes."""
    body = msgpack.encode(
        _Snapshot(
            FORMAT, offsets, state.guide, state.book.dump(),
            [dump(race.state) for race in state.open.values()],
            list(state.requests.values()), state.answers,
            [_Closed(dump(c.state), c.result, c.runs) for c in state.closed.values()],
            sorted(state.learnt), state.digest.to_bytes(16, "big"), state.as_of, state.too_late,
            state.online.meetings, state.countries, sorted(state.taught), state.clocks,
        )
    )  # fmt: skip
    return sha256(body).digest() + body


def unpack(data: bytes) -> tuple[FormState, Offsets]:
    """What `pack` was given. Raises StateError for bytes that it did not write, or not in this release."""
    digest, body = data[:HASH_BYTES], data[HASH_BYTES:]
    if sha256(body).digest() != digest:
        raise StateError("the form worker's snapshot is not whole")
    try:
        kept = _decoder.decode(body)
        if kept.format != FORMAT:
            raise StateError(f"the form worker's snapshot has format {kept.format}, not {FORMAT}")
        return _state(kept), kept.offsets
    except (DecodeError, ValidationError, HprError) as error:
        raise StateError(f"the form worker's snapshot is of another release: {error}") from error


def _state(kept: _Snapshot) -> FormState:
    closed: dict[str, Closed] = {}
    book = FormBook.load(kept.book)
    state = FormState(
        guide=kept.guide, book=book, requests={r["race_id"]: r for r in kept.requests}, answers=kept.answers,
        closed=closed, learnt=set(kept.learnt), digest=int.from_bytes(kept.digest, "big"), as_of=kept.as_of,
        too_late=kept.too_late, online=Online(kept.meetings), countries=kept.countries,
        taught=set(kept.taught), clocks=kept.clocks,
    )  # fmt: skip
    races: list[RaceState] = [load(each) for each in kept.open]
    state.open = {race.race_id: Race(race) for race in races}
    for each in kept.closed:
        race_state: Any = load(each.state)
        facts = facts_at(Race(race_state).view)
        closed[race_state.race_id] = again = Closed(race_state, each.result, facts, each.runs)
        teach_book(state, again)
    return state


def write(path: Path, data: bytes) -> None:
    """Replace the file at once: killed at any moment, the old one or the new one is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(data)
    partial.replace(path)
