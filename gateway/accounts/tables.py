"""Tables of accounts. Everything that belongs to a user goes with them (`ON DELETE CASCADE`)."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gateway.database import Base


def now() -> datetime:
    """This instant."""
    return datetime.now(UTC)


def owner() -> Mapped[UUID]:
    """A column `user_id` of a table that goes with its user."""
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)


class User(Base):
    """A person with an account. `email_key` is the address as it is compared."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320), unique=True)
    confirmed_at: Mapped[datetime | None]
    password_hash: Mapped[str | None] = mapped_column(String(256))
    tier: Mapped[str] = mapped_column(String(16), default="free")
    created_at: Mapped[datetime] = mapped_column(default=now)


class Preferences(Base):
    """What a user wishes. Quiet hours are minutes of the local day, from `quiet_from` up to `quiet_until`."""

    __tablename__ = "preferences"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    odds_format: Mapped[str] = mapped_column(String(16), default="decimal")
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    locale: Mapped[str] = mapped_column(String(35), default="en")
    quiet_from: Mapped[int | None]
    quiet_until: Mapped[int | None]
    interactions: Mapped[bool] = mapped_column(default=False)
    """Consent to publish what was viewed, tracked and ticketed under a pseudonym."""
    pseudonym: Mapped[UUID | None]
    """New with each consent, gone when it is withdrawn: what was published then is nobody's."""


class Tracked(Base):
    """A horse, rider, trainer or track that a user follows; `key` is its id, or a track's code."""

    __tablename__ = "tracked"
    __table_args__ = (UniqueConstraint("user_id", "kind", "key"), Index(None, "kind", "key"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = owner()
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(128))
    name: Mapped[str] = mapped_column(String(128))
    created_at: Mapped[datetime] = mapped_column(default=now)


class Play(Base):
    """Responsible play: reminders, the user's own limits, a pause, an exclusion that is never shortened."""

    __tablename__ = "play"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    remind_minutes: Mapped[int | None]
    remind_stake: Mapped[float | None]
    paused_until: Mapped[datetime | None] = mapped_column(index=True)
    excluded_until: Mapped[datetime | None] = mapped_column(index=True)


class Stake(Base):
    """What a user noted that they staked, in their own currency; for the reminder of stakes."""

    __tablename__ = "stakes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = owner()
    amount: Mapped[float]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Exclusion(Base):
    """A self-exclusion of an account that was deleted: the address gets no new one before its end."""

    __tablename__ = "exclusions"

    address_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    until: Mapped[datetime] = mapped_column(index=True)


class Kept(Base):
    """The answer to a change that came with an Idempotency-Key; encrypted, for a day."""

    __tablename__ = "kept_answers"

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[UUID] = owner()
    request_hash: Mapped[str] = mapped_column(String(64))
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
