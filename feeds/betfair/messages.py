"""The market stream as Betfair sends it, typed; unknown keys are ignored.

Fields after the Exchange Stream API's ESASwaggerSchema: https://github.com/betfair/stream-api-sample-code
"""

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta, Raw, Struct
from msgspec.json import Decoder

HORSE_RACING = "7"
YEARS = range(1970, 2110)
"""Years of race times; publish times end in 2109 too."""

Level = tuple[float, float]
"""Price, size."""
Depth = tuple[int, float, float]
"""Level from 0, price, size."""


class Runner(Struct, frozen=True):
    """A runner of a market definition."""

    id: int
    status: str = "ACTIVE"
    name: str | None = None
    adjustmentFactor: float | None = None
    bsp: float | str | None = None


class Definition(Struct, frozen=True):
    """The part of a market definition that is read."""

    marketTime: str
    runners: list[Runner]
    status: str = "OPEN"
    inPlay: bool = False
    bspReconciled: bool = False
    eventTypeId: str | int | None = None
    eventId: str | int | None = None
    eventName: str | None = None
    marketType: str | None = None
    name: str | None = None
    numberOfWinners: Annotated[int, Meta(ge=0, le=1000)] | None = None
    numberOfActiveRunners: int | None = None
    venue: str | None = None
    countryCode: str | None = None
    timezone: str | None = None
    raceType: str | None = None

    def __post_init__(self) -> None:
        """Refuse here, where it becomes a dead letter, what the events could not be made from."""
        parse_time(self.marketTime)
        for runner in self.runners:
            float(runner.bsp or 0.0)


class RunnerChange(Struct):
    """Price changes of one runner."""

    id: int
    ltp: float | None = None
    tv: float | None = None
    atb: list[Level] | None = None
    atl: list[Level] | None = None
    batb: list[Depth] | None = None
    batl: list[Depth] | None = None
    bdatb: list[Depth] | None = None
    bdatl: list[Depth] | None = None
    spn: float | None = None
    spf: float | None = None


NO_DEFINITION = Raw()


class MarketChange(Struct):
    """Changes of one market."""

    id: str
    img: bool | None = None
    marketDefinition: Raw = NO_DEFINITION
    rc: list[RunnerChange] | None = None

    @property
    def definition(self) -> Definition | None:
        """The market definition, if the change carries one."""
        text = self.marketDefinition
        return decode_definition(text) if text is not NO_DEFINITION and bytes(text) != b"null" else None


class StreamMessage(Struct):
    """One message of the stream; each change keeps its own bytes, which identify it."""

    op: str
    pt: int | None = None
    mc: list[Raw] | None = None


def parse_time(text: str) -> datetime:
    """An ISO 8601 time of the stream, UTC; ValueError if it is none or of a year without races."""
    time = datetime.fromisoformat(text)
    if time.year not in YEARS:
        raise ValueError(f"{text} is not the time of a race")
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)


# Some recorders write ids as text, hence not strict.
decode_message = Decoder(StreamMessage, strict=False).decode
decode_change = Decoder(MarketChange, strict=False).decode
decode_definition = Decoder(Definition, strict=False).decode
