"""Who is next: a lane a channel, users in turn, so that nobody's flood holds up others; pure."""

from collections import deque
from dataclasses import dataclass, field
from uuid import UUID

from gateway.delivery.parcels import Parcel

IN_FLIGHT = 8
"""Tries of one channel at the same time."""

RATES = {"mail": (1.0, 20.0), "webpush": (5.0, 50.0), "apprise": (1.0, 10.0)}
"""Messages a second in the long run, and at once, of a channel; programs (webhook, websocket) get all."""

SWEEP_FROM = 1024
"""So many buckets are kept before those that are full are looked for."""


@dataclass(slots=True)
class Bucket:
    """Tokens of a channel."""

    rate: float
    most: float
    tokens: float
    at: float

    def wait(self, now: float) -> float:
        """Seconds until a token is there; 0.0 takes it."""
        self._fill(now)
        if self.tokens >= 1.0:
            self.tokens -= 1.0
            return 0.0
        return (1.0 - self.tokens) / self.rate

    def full(self, now: float) -> bool:
        """Whether it is as good as a new one."""
        self._fill(now)
        return self.tokens >= self.most

    def _fill(self, now: float) -> None:
        self.tokens = min(self.most, self.tokens + (now - self.at) * self.rate)
        self.at = now


@dataclass(slots=True)
class Lane:
    """What waits for one channel, and how much of it is on its way."""

    waiting: deque[Parcel] = field(default_factory=deque)
    in_flight: int = 0
    not_before: float = 0.0


class Lanes:
    """All that is to go out now."""

    def __init__(self) -> None:
        self._lanes: dict[UUID, dict[UUID, Lane]] = {}
        self._turn: deque[UUID] = deque()
        """Users for whom something waits, and only those: others cost nothing."""
        self._buckets: dict[UUID, Bucket] = {}
        self._sweep_at = SWEEP_FROM
        self.waiting = 0

    def put(self, parcel: Parcel) -> None:
        """Add a delivery behind the others of its channel."""
        lanes = self._lanes.setdefault(parcel.user_id, {})
        if not any(lane.waiting for lane in lanes.values()):
            self._turn.append(parcel.user_id)
        lanes.setdefault(parcel.channel_id, Lane()).waiting.append(parcel)
        self.waiting += 1

    def take(self, now: float) -> Parcel | None:
        """The next delivery that may go at `now` (monotonic seconds), of the user whose turn it is."""
        for _ in range(len(self._turn)):
            user = self._turn.popleft()
            parcel = self._of(self._lanes[user], now)
            if any(lane.waiting for lane in self._lanes[user].values()):
                self._turn.append(user)
            if parcel is not None:
                self.waiting -= 1
                return parcel
        return None

    def done(self, parcel: Parcel) -> None:
        """A delivery that was taken has been tried."""
        self._lanes[parcel.user_id][parcel.channel_id].in_flight -= 1
        self._leave(parcel.user_id, parcel.channel_id)

    def channels(self) -> set[UUID]:
        """Channels for which something waits."""
        return {id for user in self._turn for id, lane in self._lanes[user].items() if lane.waiting}

    def drop(self, channel_id: UUID) -> list[Parcel]:
        """Take out all that waits for a channel."""
        user_id = next((user for user in self._turn if channel_id in self._lanes[user]), None)
        if user_id is None:
            return []
        lanes = self._lanes[user_id]
        dropped = list(lanes[channel_id].waiting)
        lanes[channel_id].waiting.clear()
        self.waiting -= len(dropped)
        if not any(lane.waiting for lane in lanes.values()):
            self._turn.remove(user_id)
        self._leave(user_id, channel_id)
        return dropped

    def _of(self, lanes: dict[UUID, Lane], now: float) -> Parcel | None:
        """The next delivery of one user's lanes."""
        for channel_id, lane in list(lanes.items()):
            if lane.waiting and lane.in_flight < IN_FLIGHT and self._may(channel_id, lane, now):
                # To the end, so that a user's channels take turns too.
                lanes[channel_id] = lanes.pop(channel_id)
                lane.in_flight += 1
                return lane.waiting.popleft()
        return None

    def _leave(self, user_id: UUID, channel_id: UUID) -> None:
        """Let go of a lane that holds nothing."""
        lanes = self._lanes[user_id]
        if not lanes[channel_id].waiting and not lanes[channel_id].in_flight:
            del lanes[channel_id]
            if not lanes:
                del self._lanes[user_id]

    def _may(self, channel_id: UUID, lane: Lane, now: float) -> bool:
        kind = lane.waiting[0].channel_kind
        if kind not in RATES or now < lane.not_before:
            return kind not in RATES
        if channel_id not in self._buckets:
            self._sweep(now)
            rate, most = RATES[kind]
            self._buckets[channel_id] = Bucket(rate, most, most, now)
        wait = self._buckets[channel_id].wait(now)
        lane.not_before = now + wait
        return wait == 0.0

    def _sweep(self, now: float) -> None:
        """Let go of full buckets, now and then: whoever has used nothing lately begins anew."""
        if len(self._buckets) >= self._sweep_at:
            self._buckets = {id: each for id, each in self._buckets.items() if not each.full(now)}
            self._sweep_at = max(SWEEP_FROM, 2 * len(self._buckets))
