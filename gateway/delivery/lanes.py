"""Who is next: a lane a channel, users in turn, so that nobody's flood holds up others; pure."""

from collections import deque
from dataclasses import dataclass, field
from uuid import UUID

from gateway.delivery.parcels import Parcel

IN_FLIGHT = 8
"""Tries of one channel at the same time."""

RATES = {"mail": (1.0, 20.0), "webpush": (5.0, 50.0), "apprise": (1.0, 10.0)}
"""Messages a second in the long run, and at once, of a channel; programs (webhook, websocket) get all."""


@dataclass(slots=True)
class Bucket:
    """Tokens of a channel."""

    rate: float
    most: float
    tokens: float
    at: float

    def wait(self, now: float) -> float:
        """Seconds until a token is there; 0.0 takes it."""
        self.tokens = min(self.most, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens >= 1.0:
            self.tokens -= 1.0
            return 0.0
        return (1.0 - self.tokens) / self.rate


@dataclass(slots=True)
class Lane:
    """What waits for one channel."""

    waiting: deque[Parcel] = field(default_factory=deque)
    in_flight: int = 0
    not_before: float = 0.0
    bucket: Bucket | None = None


class Lanes:
    """All that is to go out now."""

    def __init__(self) -> None:
        self._lanes: dict[UUID, dict[UUID, Lane]] = {}
        self._turn: deque[UUID] = deque()
        self.waiting = 0

    def put(self, parcel: Parcel) -> None:
        """Add a delivery behind the others of its channel."""
        if parcel.user_id not in self._lanes:
            self._lanes[parcel.user_id] = {}
            self._turn.append(parcel.user_id)
        self._lanes[parcel.user_id].setdefault(parcel.channel_id, Lane()).waiting.append(parcel)
        self.waiting += 1

    def take(self, now: float) -> Parcel | None:
        """The next delivery that may go at `now` (monotonic seconds), of the user whose turn it is."""
        for _ in range(len(self._turn)):
            user = self._turn[0]
            self._turn.rotate(-1)
            lanes = self._lanes[user]
            for channel_id, lane in list(lanes.items()):
                if lane.waiting and lane.in_flight < IN_FLIGHT and self._may(lane, now):
                    # To the end, so that a user's channels take turns too.
                    lanes[channel_id] = lanes.pop(channel_id)
                    lane.in_flight += 1
                    self.waiting -= 1
                    return lane.waiting.popleft()
        return None

    def done(self, parcel: Parcel) -> None:
        """A delivery that was taken has been tried."""
        lanes = self._lanes[parcel.user_id]
        lane = lanes[parcel.channel_id]
        lane.in_flight -= 1
        spent = lane.bucket is not None and lane.bucket.tokens < lane.bucket.most
        if not lane.waiting and not lane.in_flight and not spent:
            del lanes[parcel.channel_id]
            if not lanes:
                del self._lanes[parcel.user_id]
                self._turn.remove(parcel.user_id)

    def _may(self, lane: Lane, now: float) -> bool:
        kind = lane.waiting[0].channel_kind
        if kind not in RATES or now < lane.not_before:
            return kind not in RATES
        if lane.bucket is None:
            rate, most = RATES[kind]
            lane.bucket = Bucket(rate, most, most, now)
        wait = lane.bucket.wait(now)
        lane.not_before = now + wait
        return wait == 0.0
