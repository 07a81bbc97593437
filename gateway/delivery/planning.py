"""From rules that fired to rows of the outbox: which channels, when, in one message or several; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from gateway.alerts.engine import Fired
from gateway.alerts.words import age
from schemas.identity import MICROS, uuid_of

AT_ONCE = ("webhook", "websocket")
"""Kinds of channels for programs: never grouped, never quiet."""

GROUP_FROM = 3
"""So many alerts of one kind and track at once make one message."""

SIGNALS = ("VALUE", "STEAM", "DRIFT", "TOP_PICK")
"""Kinds that say nothing true of a stale board."""


@dataclass(frozen=True, slots=True)
class Way:
    """A user's channel with the user's quiet hours."""

    channel_id: UUID
    user_id: UUID
    kind: str
    events: tuple[str, ...] = ()
    digest_minutes: int | None = None
    quiet: tuple[int, int] | None = None
    """Minutes of the local day: from, until."""
    time_zone: str = "UTC"
    address: dict[str, Any] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


class Row(NamedTuple):
    """A delivery to be kept."""

    id: UUID
    way: Way
    race_id: str
    items: list[dict[str, Any]]
    state: str
    reason: str | None
    due_at: datetime
    expires_at: datetime
    event_time: datetime


def item_of(fired: Fired, now: int) -> dict[str, Any]:
    """An alert as the outbox keeps it, at `now` (microseconds since 1970)."""
    old = max(now - fired.event_time, 0) / MICROS
    return {
        "alert_id": fired.alert_id,
        "kind": fired.kind,
        "race_id": fired.race_id,
        "runner_id": fired.runner_id,
        "title": fired.title,
        "text": " · ".join(part for part in (fired.text, age(old)) if part),
        "value": fired.value,
        "sequence": fired.sequence,
        "event_time": fired.event_time,
        "expires_at": fired.expires_at,
        "rule_id": str(fired.held.rule_id),
        "rule_version": fired.held.version,
        "data_age_seconds": round(old, 3),
    }


def plan(
    fired: Sequence[Fired],
    ways: dict[UUID, list[Way]],
    withheld: dict[UUID, str],
    stale: frozenset[str],
    now: int,
) -> list[Row]:
    """Rows for what fired at `now`, each alert once a channel.

    `ways` are the channels of each user, `withheld` why somebody gets nothing, `stale` the races whose
    board is stale.
    """
    chosen: dict[tuple[UUID, str], tuple[Way, Fired]] = {}
    for each in fired:
        rule = each.held.rule
        for way in ways.get(each.held.user_id, ()):
            wanted = not rule.channels or way.channel_id in rule.channels
            if wanted and (not way.events or each.kind in way.events):
                chosen.setdefault((way.channel_id, each.alert_id), (way, each))
    groups: dict[tuple[Any, ...], list[tuple[Way, Fired]]] = {}
    for way, each in chosen.values():
        track = each.race_id.partition("-")[0]
        groups.setdefault((way.channel_id, each.kind, track), []).append((way, each))
    return [row for group in groups.values() for row in _rows(group, withheld, stale, now)]


def _rows(
    group: list[tuple[Way, Fired]], withheld: dict[UUID, str], stale: frozenset[str], now: int
) -> Iterable[Row]:
    way = group[0][0]
    alerts = [each for _, each in group]
    together = way.kind not in AT_ONCE and len(alerts) >= GROUP_FROM
    for some in [alerts] if together else [[each] for each in alerts]:
        state, reason, due = _judged(way, some[0], withheld, stale, now)
        ids = ",".join(sorted(each.alert_id for each in some))
        yield Row(
            UUID(uuid_of(f"delivery:{way.channel_id}:{ids}")), way, some[0].race_id,
            [item_of(each, now) for each in some], state, reason, due, at(max(e.expires_at for e in some)),
            at(min(each.event_time for each in some)),
        )  # fmt: skip


def _judged(
    way: Way, fired: Fired, withheld: dict[UUID, str], stale: frozenset[str], now: int
) -> tuple[str, str | None, datetime]:
    """State, reason, and when it is due."""
    instant = at(now)
    if way.user_id in withheld:
        return "withheld", withheld[way.user_id], instant
    if fired.kind in SIGNALS and fired.race_id in stale:
        return "withheld", "the board is stale", instant
    if way.digest_minutes:
        return "pending", None, _boundary(now, way.digest_minutes)
    if fired.expires_at < now:
        return "late", "past its use when it was made", instant
    if way.quiet and way.kind not in AT_ONCE:
        return "pending", None, after_quiet(instant, way.quiet, way.time_zone)
    return "pending", None, instant


def _boundary(now: int, minutes: int) -> datetime:
    """The end of the present digest: those who wait for it go in one mail."""
    step = minutes * 60 * MICROS
    return at((now // step + 1) * step)


def after_quiet(instant: datetime, quiet: tuple[int, int], time_zone: str) -> datetime:
    """The instant itself, or the end of the quiet hours that it falls into.

    >>> night = datetime(2026, 1, 1, 23, 30, tzinfo=UTC)
    >>> after_quiet(night, (22 * 60, 7 * 60), "UTC").isoformat()
    '2026-01-02T07:00:00+00:00'
    """
    local = instant.astimezone(ZoneInfo(time_zone))
    minute, (begins, ends) = local.hour * 60 + local.minute, quiet
    inside = begins <= minute < ends if begins <= ends else minute >= begins or minute < ends
    if not inside:
        return instant
    days = 1 if ends <= minute else 0
    end = local.replace(hour=ends // 60 % 24, minute=ends % 60, second=0, microsecond=0)
    return (end + timedelta(days=days)).astimezone(UTC)


def at(micros: int) -> datetime:
    """The instant of microseconds since 1970."""
    return datetime.fromtimestamp(micros // MICROS, UTC).replace(microsecond=micros % MICROS)
