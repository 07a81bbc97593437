"""The board: where every race stands, with its place in Kafka, and what the feeds said last; pure.

One board belongs to one epoch. Applying is idempotent and never takes a race back to a lower revision.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from gateway import views
from gateway.contract import Freshness
from gateway.positions import Position
from schemas.identity import MICROS
from schemas.records import FeedStatus, RaceBars, RaceView

ALL = "track:*"
FORGOTTEN_MICROS = 3600 * MICROS
"""A process of a feed is forgotten when another one speaks so long after its last word."""

LISTED_MICROS = 36 * 3600 * MICROS
"""A race is listed until the newest record is so long after its announced off."""


@dataclass(frozen=True)
class Standing:
    """The latest of one race and where in racing.races it stands."""

    view: RaceView
    partition: int
    offset: int

    @property
    def race_id(self) -> str:
        """Id of the race."""
        return self.view["race_id"]

    @property
    def channels(self) -> tuple[str, str, str]:
        """Channels that carry the race."""
        return f"race:{self.race_id}", f"track:{self.view['track_code']}", ALL

    @cached_property
    def facts(self) -> bytes:
        """The race's facts as JSON, encoded once for all readers."""
        return views.encode_facts(self.view)

    @cached_property
    def told(self) -> dict[str, Any]:
        """The race's facts as they are encoded, to compare two standings with."""
        return dict(views.race_facts(self.view))


class Board:
    """Latest of each race and each feed. `whole` says that all there was at the start has been applied."""

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.whole = False
        self.feeds: dict[tuple[str, str], FeedStatus] = {}
        """Last word of each source and instance."""
        self.newest_recorded = 0
        self._races: dict[str, Standing] = {}
        self._bars: dict[str, RaceBars] = {}
        self._heads: dict[int, int] = {}
        self._told: dict[str, Freshness] = {}

    def __len__(self) -> int:
        return len(self._races)

    def apply(self, view: RaceView, partition: int, offset: int) -> Standing | None:
        """Take in a record; its standing, or None where a higher revision or offset is known."""
        known = self._races.get(view["race_id"])
        self._advance(partition, offset)
        if known is not None and (view["revision"] < known.view["revision"] or offset <= known.offset):
            return None
        standing = Standing(view, partition, offset)
        self._races[view["race_id"]] = standing
        self.newest_recorded = max(self.newest_recorded, view["recorded_time"])
        return standing

    def forget(self, race_id: str, partition: int, offset: int) -> None:
        """Take in a tombstone: the race is known no more."""
        known = self._races.get(race_id)
        self._advance(partition, offset)
        if known is not None and known.offset < offset:
            del self._races[race_id]
            self._told.pop(race_id, None)

    def chart(self, race_id: str, bars: RaceBars | None) -> None:
        """Take in the bars of a race, or that it has none any more; older ones are dropped."""
        known = self._bars.get(race_id)
        if bars is None:
            self._bars.pop(race_id, None)
        elif known is None or bars["sequence"] >= known["sequence"]:
            self._bars[race_id] = bars

    def bars(self, race_id: str) -> RaceBars | None:
        """The latest bars of a race."""
        return self._bars.get(race_id)

    def hear(self, status: FeedStatus) -> None:
        """Take in what a feed said; older words are dropped, and so are instances that are long silent."""
        said, now = (status["source"], status["instance"]), status["recorded_time"]
        last = self.feeds.get(said)
        if last is None or now >= last["recorded_time"]:
            self.feeds[said] = status
        # At the end of a recording the source ends, whatever killed processes of it once said.
        patience = 0 if status["state"] == "ENDED" else FORGOTTEN_MICROS
        gone = [
            other
            for other, known in self.feeds.items()
            if other[0] == said[0] and now - known["recorded_time"] > patience
        ]
        for other in gone:
            del self.feeds[other]

    def race(self, race_id: str) -> Standing | None:
        """Where one race stands."""
        return self._races.get(race_id)

    def carried(self, channel: str) -> Iterator[Standing]:
        """Every race that `channel` carries."""
        kind, _, name = channel.partition(":")
        if kind == "race":
            one = self._races.get(name)
            return iter(() if one is None else (one,))
        return (s for s in self._races.values() if channel == ALL or s.view["track_code"] == name)

    def listed(self, standing: Standing) -> bool:
        """Whether the race is of these days, by the newest record and not by the clock."""
        off = standing.view["scheduled_off"] or standing.view["event_time"]
        return self.newest_recorded - off <= LISTED_MICROS

    def position(self, channel: str) -> Position:
        """How far `channel` has been read: of one race its partition, of tracks every partition."""
        kind, _, name = channel.partition(":")
        if kind != "race":
            return Position(self.epoch, dict(self._heads))
        one = self._races.get(name)
        return Position(self.epoch, {one.partition: self._heads[one.partition]} if one else {})

    def newer(self, channel: str, position: Position | None) -> list[Standing]:
        """States of `channel` newer than `position`; without one of this epoch, all that are listed."""
        if position is None or position.epoch != self.epoch:
            return [s for s in self.carried(channel) if channel.startswith("race:") or self.listed(s)]
        return [s for s in self.carried(channel) if not position.covers(s.partition, s.offset)]

    def state(self, standing: Standing, now: int) -> bytes:
        """JSON of the race's state as of `now` (microseconds since 1970)."""
        fresh = self.freshness(standing, now)
        return views.encode_state(standing.facts, fresh, views.age_seconds(standing.view, now))

    def freshness(self, standing: Standing, now: int) -> Freshness:
        """How fresh the race is as of `now`, which is then taken to be told."""
        fresh = self._freshness(standing, now)
        self._told.setdefault(standing.race_id, fresh)
        return fresh

    def turned(self, now: int) -> list[Standing]:
        """Races whose freshness is another one than when last asked or told: readers must hear of it.

        A dead feed publishes nothing, so nothing else would tell them.
        """
        turned = []
        for race_id, standing in self._races.items():
            fresh = self._freshness(standing, now)
            if self._told.get(race_id, fresh) != fresh:
                turned.append(standing)
            self._told[race_id] = fresh
        return turned

    def age_seconds(self, now: int) -> float:
        """Seconds from the newest word of any race or feed to `now`; 0 on an empty board."""
        words = chain([self.newest_recorded], (f["recorded_time"] for f in self.feeds.values()))
        newest = max(words)
        return max(now - newest, 0) / MICROS if newest else 0.0

    def _freshness(self, standing: Standing, now: int) -> Freshness:
        return views.freshness(views.feeds_of(standing.view, self.feeds.values()), now)

    def _advance(self, partition: int, offset: int) -> None:
        self._heads[partition] = max(self._heads.get(partition, 0), offset + 1)


def by_time_to_off(standing: Standing) -> tuple[int, str]:
    """Sort key: announced off, then id."""
    return standing.view["scheduled_off"] or standing.view["event_time"], standing.race_id
