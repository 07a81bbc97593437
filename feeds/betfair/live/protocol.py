"""The Exchange Stream's protocol without a socket or a clock: bytes in, what they say and requests out."""

from dataclasses import dataclass, replace
from typing import Any

from msgspec import DecodeError, Raw
from msgspec.json import encode

from feeds.betfair.files import LONGEST_LINE
from feeds.betfair.live.segments import ChangeKind, Response, Segments, decode_response
from feeds.betfair.translate import LAST_PT

FIELDS = ("EX_MARKET_DEF", "EX_ALL_OFFERS", "EX_LTP", "EX_TRADED_VOL", "SP_PROJECTED")
"""What the feed reads of a market, and so what is asked for and recorded."""

PATIENCE_SECONDS = 15.0
"""How long an answer may take while connecting; Betfair gives clients as long."""

LATE = 503
"""Status of messages while Betfair's own services are behind."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What is subscribed to. Betfair takes heartbeats of 500 to 5000 ms, conflation of 0 to 120,000 ms."""

    market_ids: tuple[str, ...]
    heartbeat_ms: int = 5000
    conflate_ms: int = 0


@dataclass(frozen=True, slots=True)
class Clocks:
    """Where the stream stands, as Betfair wants to be told when it is resumed; both or none."""

    initial: str | None = None
    latest: str | None = None


@dataclass(frozen=True, slots=True)
class Connected:
    """The stream greeted."""

    connection_id: str | None


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The session was accepted; so many more connections may be opened now."""

    connections_available: int | None


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The subscription was accepted."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A request was refused, or the connection is about to be closed."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Changed:
    """One whole message: changes of markets in their own bytes, none for a heartbeat.

    `pt` is in milliseconds since 1970, 0 where the message has none.
    """

    kind: ChangeKind | None
    clk: str | None
    pt: int
    changes: tuple[Raw, ...]
    late: bool


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is no message."""

    line: bytes


Said = Connected | Authenticated | Subscribed | Refused | Changed | Unreadable


class Lines:
    """Bytes to lines, however they come in pieces; a line beyond LONGEST_LINE is cut to that."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def split(self, data: bytes) -> list[bytes]:
        """The lines that end within `data`, without their ends, and without empty ones."""
        if b"\n" not in data:
            if len(self._rest) <= LONGEST_LINE:
                self._rest += data
            return []
        *lines, rest = (bytes(self._rest) + data).split(b"\n")
        self._rest = bytearray(rest)
        return [line[:LONGEST_LINE] for line in (line.strip() for line in lines) if line]


class StreamClient:
    """One connection: greets back, authenticates, subscribes, and keeps the clocks to resume from.

    >>> client = StreamClient("key", "session", Subscription(("1.1",)))
    >>> client.receive(b'{"op":"connection","connectionId":"c1"}\\r\\n')
    [Connected(connection_id='c1')]
    >>> client.outgoing()
    b'{"op":"authentication","id":1,"appKey":"key","session":"session"}\\r\\n'
    """

    def __init__(
        self, app_key: str, session: str, subscription: Subscription, clocks: Clocks | None = None
    ) -> None:
        self.clocks = clocks or Clocks()
        self.subscribed = False
        self.heartbeat_seconds = subscription.heartbeat_ms / 1e3
        self._app_key, self._session = app_key, session
        self._subscription = subscription
        self._lines, self._segments = Lines(), Segments()
        self._requests = 0
        self._asked: dict[int, str] = {}
        self._subscription_id = 0
        self._out: list[bytes] = []

    @property
    def patience(self) -> float:
        """Seconds of silence after which the connection is as good as dropped."""
        return 2 * self.heartbeat_seconds if self.subscribed else PATIENCE_SECONDS

    def subscribe(self, subscription: Subscription) -> None:
        """Replace the subscription. Clocks belong to the filter they were given for, so images come."""
        self._subscription, self.clocks, self._segments = subscription, Clocks(), Segments()
        if self._subscription_id:
            self._ask_for_markets()

    def outgoing(self) -> bytes:
        """Bytes to send now."""
        sent, self._out = b"".join(self._out), []
        return sent

    def receive(self, data: bytes) -> list[Said]:
        """What the bytes say, in order, up to a refusal: what follows one comes again by the clocks."""
        found: list[Said] = []
        for line in self._lines.split(data):
            if (said := self._read(line)) is not None:
                found.append(said)
            if isinstance(said, Refused):
                break
        return found

    def _read(self, line: bytes) -> Said | None:
        try:
            message = decode_response(line)
        except (DecodeError, UnicodeDecodeError, RecursionError):
            return Unreadable(line)
        if message.op == "connection":
            self._ask("authentication", appKey=self._app_key, session=self._session)
            return Connected(message.connectionId)
        if message.op == "status":
            return self._status(message)
        if message.op == "mcm" and (0 < message.pt < LAST_PT if message.pt else not message.mc):
            return self._changed(message)
        return Unreadable(line)

    def _status(self, message: Response) -> Said | None:
        if message.statusCode != "SUCCESS":
            return Refused(message.errorCode or "UNEXPECTED_ERROR", message.errorMessage or "")
        asked = self._asked.pop(message.id or 0, None)
        if asked == "authentication":
            self._ask_for_markets()
            return Authenticated(message.connectionsAvailable)
        if message.id == self._subscription_id:
            self.subscribed = True
            return Subscribed()
        return None

    def _changed(self, message: Response) -> Changed | None:
        if message.id is not None and message.id != self._subscription_id:
            return None  # of a subscription that was replaced
        if message.heartbeatMs:
            self.heartbeat_seconds = message.heartbeatMs / 1e3
        whole = self._segments.add(message)
        if whole is None:
            return None
        self.clocks = replace(
            self.clocks,
            initial=whole.initialClk or self.clocks.initial,
            latest=whole.clk or self.clocks.latest,
        )
        return Changed(whole.ct, whole.clk, whole.pt or 0, tuple(whole.mc or ()), whole.status == LATE)

    def _ask_for_markets(self) -> None:
        wanted = self._subscription
        resume = {"initialClk": self.clocks.initial, "clk": self.clocks.latest}
        self._subscription_id = self._ask(
            "marketSubscription",
            marketFilter={"marketIds": wanted.market_ids},
            marketDataFilter={"fields": FIELDS},
            heartbeatMs=wanted.heartbeat_ms,
            conflateMs=wanted.conflate_ms,
            segmentationEnabled=True,
            **(resume if all(resume.values()) else {}),
        )

    def _ask(self, op: str, **fields: Any) -> int:
        self._requests += 1
        self._asked[self._requests] = op
        self._out.append(encode({"op": op, "id": self._requests, **fields}) + b"\r\n")
        return self._requests
