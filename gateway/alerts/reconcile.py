"""Alerts due against alerts delivered, by channel: delivered, how late, missed and why; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from gateway.alerts.engine import Fired
from schemas.identity import MICROS

SETTLING = 2 * MICROS
"""A notifier takes a change of a rule in within so long: what falls into it may be due or not."""

SENT = "sent"
UNKNOWN = "no delivery was made, and why is not known"

Place = tuple[UUID, str]
"""A channel and an alert."""


@dataclass(frozen=True, slots=True)
class Line:
    """A channel as far as it matters what is due to it; times are microseconds since 1970."""

    channel_id: UUID
    user_id: UUID
    kind: str
    made_at: int
    events: tuple[str, ...] = ()
    closed: str | None = None
    """Why it takes nothing now."""


class Due(NamedTuple):
    """An alert that one channel should have had."""

    line: Line
    fired: Fired
    settling: bool


class Kept(NamedTuple):
    """What the outbox says of an alert on one channel."""

    state: str
    reason: str | None
    seconds: float | None
    """From the provider's event to its being sent."""


@dataclass(slots=True)
class Account:
    """Of one channel kind, or of one user's: what was due and what came of it."""

    due: int = 0
    delivered: int = 0
    seconds: list[float] = field(default_factory=list)
    missed: Counter[str] = field(default_factory=Counter)

    def add(self, due: Due, kept: Kept | None) -> None:
        """Take in one alert that was due."""
        self.due += 1
        if kept is not None and kept.state == SENT:
            self.delivered += 1
            if kept.seconds is not None:
                self.seconds.append(kept.seconds)
        else:
            self.missed[why(due, kept)] += 1

    def told(self) -> dict[str, Any]:
        """As JSON has it; seconds to the millisecond."""
        return {
            "due": self.due,
            "delivered": self.delivered,
            "late_p50_seconds": _share(self.seconds, 0.50),
            "late_p99_seconds": _share(self.seconds, 0.99),
            "missed": self.due - self.delivered,
            "why": dict(self.missed.most_common()),
        }


@dataclass(slots=True)
class Reconciliation:
    """Of all; by channel kind, and by user and channel kind. `beyond` were delivered, and are not due."""

    channels: dict[str, Account] = field(default_factory=dict)
    users: dict[UUID, dict[str, Account]] = field(default_factory=dict)
    beyond: int = 0


def due_of(
    fired: Iterable[tuple[int, Fired]],
    lines: Mapping[UUID, list[Line]],
    begun: Mapping[tuple[UUID, int], int],
) -> dict[Place, Due]:
    """What each channel should have had of what fired, each alert once a channel.

    `lines` are each user's channels, `begun` when each version of a rule came into force.
    """
    found: dict[Place, Due] = {}
    for at, each in fired:
        rule = each.held.rule
        settling = at - begun.get((each.held.rule_id, each.held.version), 0) < SETTLING
        for line in lines.get(each.held.user_id, ()):
            wanted = not rule.channels or line.channel_id in rule.channels
            if wanted and line.made_at <= at and (not line.events or each.kind in line.events):
                place = line.channel_id, each.alert_id
                if place not in found or (found[place].settling and not settling):
                    found[place] = Due(line, each, settling)
    return found


def reconcile(due: Mapping[Place, Due], kept: Mapping[Place, Kept]) -> Reconciliation:
    """Both sides held against each other."""
    told = Reconciliation(beyond=len(kept.keys() - due.keys()))
    for place, each in due.items():
        found = kept.get(place)
        if found is None and each.settling:
            continue
        line = each.line
        told.channels.setdefault(line.kind, Account()).add(each, found)
        told.users.setdefault(line.user_id, {}).setdefault(line.kind, Account()).add(each, found)
    return told


def why(due: Due, kept: Kept | None) -> str:
    """Why an alert that was due has not been delivered."""
    if kept is None:
        return f"no delivery was made: {due.line.closed}" if due.line.closed else UNKNOWN
    return f"{kept.state}: {kept.reason}" if kept.reason else kept.state


def seconds_of(item: Mapping[str, Any], done_at: datetime | None) -> float | None:
    """From an alert's event to its being sent."""
    return None if done_at is None else round(done_at.timestamp() - item["event_time"] / MICROS, 3)


def _share(seconds: list[float], part: float) -> float | None:
    ordered = sorted(seconds)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)] if ordered else None
