"""A delivery on its way, and what came of a try."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery with all that its sender needs."""

    id: UUID
    user_id: UUID
    channel_id: UUID
    channel_kind: str
    address: dict[str, Any]
    secrets: tuple[str, ...]
    items: list[dict[str, Any]]
    attempts: int
    due_at: datetime
    expires_at: datetime
    digest: bool = False
    together: tuple[UUID, ...] = ()
    """Further deliveries whose alerts are among the items: a digest."""


class Outcome(NamedTuple):
    """What came of a try. `seconds` is how long it took; `request` what was sent, without secrets."""

    ok: bool
    status: int | None = None
    error: str | None = None
    retry_after: float | None = None
    gone: bool = False
    """The receiver says that it will never be there again."""
    final: bool = False
    """Another try cannot help."""
    request: dict[str, Any] = {}  # noqa: RUF012  # never changed
    response: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Tried:
    """A parcel, what came of it and when; without an outcome it was late."""

    parcel: Parcel
    outcome: Outcome | None
    at: datetime
    due_at: datetime | None = None
    """When it is tried again."""
    state: str = "pending"
    reason: str | None = None
