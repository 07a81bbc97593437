"""Tables of alert rules, of the channels by which alerts go out, and of the outbox."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gateway.accounts.tables import now, owner
from gateway.database import Base


class RuleVersion(Base):
    """One version of a rule, in the order in which they were made; the newest of a rule counts."""

    __tablename__ = "rule_versions"
    __table_args__ = (UniqueConstraint("rule_id", "version"),)

    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    rule_id: Mapped[UUID] = mapped_column(index=True)
    user_id: Mapped[UUID] = owner()
    version: Mapped[int]
    deleted: Mapped[bool] = mapped_column(default=False)
    latest: Mapped[bool] = mapped_column(default=True, index=True)
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Channel(Base):
    """A way to a user: webhook, webpush, mail, websocket or apprise; `address` says where to."""

    __tablename__ = "channels"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = owner()
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(80), default="")
    address: Mapped[dict[str, Any]]
    secrets: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Of a webhook: each with `secret` and `until` (seconds since 1970, null of the newest)."""
    events: Mapped[list[str]] = mapped_column(default=list)
    """Kinds that it takes; none means all."""
    digest_minutes: Mapped[int | None]
    """Of a mail channel: one mail for all alerts of so many minutes."""
    state: Mapped[str] = mapped_column(String(16), default="active")
    """`active`, `disabled` (by the user, or after days of failure) or `gone` (the receiver said so)."""
    reason: Mapped[str | None] = mapped_column(String(300))
    failing_since: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Delivery(Base):
    """One delivery: one alert, or several that go in one message, by one channel. Its id is deterministic."""

    __tablename__ = "deliveries"
    __table_args__ = (
        Index(None, "state", "due_at"),
        Index(None, "channel_id", "created_at"),
        Index(None, "done_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = owner()
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    channel_kind: Mapped[str] = mapped_column(String(16))
    race_id: Mapped[str] = mapped_column(String(40))
    items: Mapped[list[dict[str, Any]]]
    """The alerts, as the notifier keeps them."""
    state: Mapped[str] = mapped_column(String(16), default="pending")
    """`pending`, `sent`, `late`, `failed` or `withheld`."""
    reason: Mapped[str | None] = mapped_column(String(300))
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    event_time: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=now)
    done_at: Mapped[datetime | None]


class Attempt(Base):
    """The delivery log: one try with what was sent and what came back."""

    __tablename__ = "attempts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    seconds: Mapped[float]
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(300))
    request: Mapped[dict[str, Any]]
    response: Mapped[str | None] = mapped_column(Text)
    """The beginning of what the receiver said."""


class Reconciled(Base):
    """What of a user's alerts of a racing day was due, and what came of it, by kind of channel."""

    __tablename__ = "reconciliations"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    made_at: Mapped[datetime] = mapped_column(default=now)
    channels: Mapped[list[dict[str, Any]]]


class RuleMemory(Base):
    """What a rule remembers of a runner: whether its signal is on, and how often it has been."""

    __tablename__ = "rule_memory"

    rule_id: Mapped[UUID] = mapped_column(primary_key=True)
    race_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    runner_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    version: Mapped[int]
    signal_on: Mapped[bool]
    episode: Mapped[int]


class ReadOffset(Base):
    """How far the notifier has read a partition, kept with what it made of it."""

    __tablename__ = "notifier_offsets"

    topic: Mapped[str] = mapped_column(String(200), primary_key=True)
    partition: Mapped[int] = mapped_column(primary_key=True)
    next_offset: Mapped[int] = mapped_column(BigInteger())


class Tenure(Base):
    """Which notifier is in office: one that started later takes over, and the other's writes fail."""

    __tablename__ = "notifier_tenure"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    rules_published: Mapped[int] = mapped_column(BigInteger(), default=0)
    """Number of the last rule version that went to its topic."""
