"""What becomes of a message, in order: names put in, recorded, translated, published."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from msgspec import Raw
from msgspec.json import encode

from feeds.betfair.files import LONGEST_LINE, merged, publish_time
from feeds.betfair.live.changes import Change, Listing, changes, definition_of, listing_again, possible
from feeds.betfair.live.protocol import Changed, Unreadable
from feeds.betfair.live.recorder import UNSURE_SECONDS, Recorder, closes, last_line
from feeds.betfair.live.repeats import Repeats
from feeds.betfair.recorded import first_definitions
from feeds.betfair.translate import UNREADABLE, Named, Translator, readable_definitions
from schemas.errors import FeedError
from schemas.identity import instant


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a message came from, in words."""

    origin: str


def line_of(clk: str | None, pt: int, change: bytes) -> bytes:
    """One market's change as a line of a historical file."""
    token = b"" if clk is None else b'"clk":%b,' % encode(clk)
    return b'{"op":"mcm",%b"pt":%d,"mc":[%b]}' % (token, pt, change)


@dataclass(slots=True)
class Intake:
    """Takes messages of all connections; every line is recorded before it is translated."""

    publish: Callable[[Named], None]
    recorder: Recorder | None = None
    translator: Translator = field(default_factory=Translator)
    listings: dict[str, Listing] = field(default_factory=dict)
    closed: dict[str, int] = field(default_factory=dict)
    """Markets that closed, with the receipt of their last message in microseconds since 1970."""
    _repeats: Repeats = field(default_factory=Repeats)

    def resume(self, now: int) -> int:
        """Go on with the markets that were recorded and are not over; their number.

        From then on the feed says the same as if it had never stopped: their names are those recorded, also
        where the catalogue lists them no more. What was recorded in the last ten
        minutes is published again, known at `now` (microseconds since 1970): a process that was killed
        may have kept it. The ids are the same, so what did get through counts once. Raises FeedError
        where the system does not let the recording be read: what went on without it would be wrong.
        """
        paths = self.recorder.unfinished() if self.recorder is not None else []
        if not paths:
            return 0
        for path in paths:
            for definition in first_definitions(path):
                self.translator.directory.learn(definition)
                self.listings[path.name] = listing_again(path.name, definition)
        ends = {path.name: last_line(path) for path in paths}
        self.closed |= {market_id: now for market_id, end in ends.items() if closes(end)}
        sure = max(publish_time(end, 0) for end in ends.values()) - UNSURE_SECONDS * 1000
        for line in merged(paths, ahead=False):
            # A plain file is whole lines, or one that is too long because Betfair sent it so.
            if line.error is not None and len(line.data) < LONGEST_LINE:
                raise FeedError(
                    f"{line.origin}: the recording cannot be read: {line.error}; "
                    "see to the disk and to the limit of open files (ulimit -n)"
                )
            if publish_time(line.data, 0) < sure:
                self.translator.translate(line.data, line)
            else:
                self._translate(line.data, now, Origin(line.origin))
        return len(paths)

    def learn(self, listings: Iterable[Listing]) -> None:
        """Take in the catalogue: names of markets, and the race numbers that place markets go by."""
        for listing in listings:
            self.listings[listing.market_id] = listing
            try:
                self.translator.directory.learn(definition_of(listing))
            except UNREADABLE:
                continue  # a market that starts at no time; its own definition will tell

    def forget(self, market_id: str) -> None:
        """The market is over: neither its names nor its books are needed any more."""
        self.translator.forget(market_id)
        self.listings.pop(market_id, None)
        self.closed.pop(market_id, None)

    def take(self, said: Changed | Unreadable, received: int, origin: Origin) -> None:
        """Take one message, received at `received` (microseconds since 1970)."""
        today = instant(received).date().isoformat()
        if isinstance(said, Unreadable):
            self._unreadable(said.line, today, received, origin)
            return
        found: list[Change | bytes] = []
        for change in changes(said.changes, self.listings):
            if isinstance(change, Change) and not possible(change.market_id):
                # Without its message, in which it would be translated.
                self._unreadable(change.data, today, received, origin)
            else:
                found.append(change)
        if len(found) > 1:
            # A place market may stand before the win market that lends it the race number.
            for definition in readable_definitions([Raw(c.data) for c in found if isinstance(c, Change)]):
                self.translator.directory.learn(definition)
        for change in found:
            if isinstance(change, bytes):
                self._unreadable(line_of(said.clk, said.pt, change), today, received, origin)
            elif not self._repeats.seen(change.market_id, said.pt, change.data):
                self._change(change, said, today, received, origin)

    def _change(self, change: Change, said: Changed, today: str, received: int, origin: Origin) -> None:
        line = line_of(said.clk, said.pt, change.data)
        if self.recorder is not None:
            self.recorder.write(change.market_id, change.day or today, line)
        if change.closed or (change.closed is None and change.market_id in self.closed):
            self.closed[change.market_id] = received
        else:
            self.closed.pop(change.market_id, None)
        self._translate(line, received, origin)

    def _unreadable(self, line: bytes, today: str, received: int, origin: Origin) -> None:
        if self.recorder is not None:
            self.recorder.write_unreadable(today, line)
        self._translate(line, received, origin)

    def _translate(self, line: bytes, received: int, origin: Origin) -> None:
        for named in self.translator.translate(line, origin, received):
            self.publish(named)
