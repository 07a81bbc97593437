"""Sessions: begun, found by the cookie's token, proved, ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.credentials import Session
from gateway.accounts.digests import digest, new_token
from gateway.accounts.play import withheld
from gateway.accounts.principal import Principal
from gateway.accounts.tables import Play, User

LIFE = timedelta(days=90)
IDLE = timedelta(days=14)
PENDING = timedelta(minutes=10)
"""How long a password's proof waits for the second factor."""
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Begun:
    """A new session; `token` goes into the cookie and is kept nowhere."""

    session: Session
    token: str


async def begin(session: AsyncSession, user_id: UUID, agent: str, pending: bool, at: datetime) -> Begun:
    """Sign a user in, or with `pending` only as far as the second factor."""
    token = new_token()
    made = Session(
        user_id=user_id,
        token_hash=digest(token),
        pending=pending,
        agent=agent[:200],
        created_at=at,
        seen_at=at,
        proved_at=at,
        expires_at=at + (PENDING if pending else LIFE),
    )
    session.add(made)
    await session.flush()
    return Begun(made, token)


async def find(session: AsyncSession, token: str, at: datetime) -> tuple[Principal, datetime] | None:
    """Whose session the token opens, and when it was last seen; None if it is over or never was."""
    asked = (
        select(Session, User.tier, Play)
        .join(User, User.id == Session.user_id)
        .outerjoin(Play, Play.user_id == Session.user_id)
        .where(Session.token_hash == digest(token), Session.expires_at > at, Session.seen_at > at - IDLE)
    )
    row = (await session.execute(asked)).one_or_none()
    if row is None:
        return None
    found, tier, play = row
    principal = Principal(
        found.user_id,
        tier,
        session_id=found.id,
        proved_at=found.proved_at,
        pending=found.pending,
        withheld=withheld(play, at),
    )
    return principal, found.seen_at


async def seen(session: AsyncSession, session_id: UUID, at: datetime) -> None:
    """Note that a session is in use."""
    await session.execute(update(Session).where(Session.id == session_id).values(seen_at=at))


async def prove(session: AsyncSession, session_id: UUID, at: datetime) -> None:
    """Note that the user proved once more who they are."""
    await session.execute(update(Session).where(Session.id == session_id).values(proved_at=at))


async def end(session: AsyncSession, user_id: UUID, session_id: UUID) -> bool:
    """End one session of a user; False if they have no such."""
    asked = delete(Session).where(Session.id == session_id, Session.user_id == user_id).returning(Session.id)
    return (await session.scalar(asked)) is not None


async def end_all(session: AsyncSession, user_id: UUID, but: UUID | None = None) -> None:
    """Sign a user out everywhere, or everywhere `but` here."""
    asked = delete(Session).where(Session.user_id == user_id)
    await session.execute(asked if but is None else asked.where(Session.id != but))


async def sweep(session: AsyncSession, at: datetime) -> None:
    """Drop sessions that are over."""
    await session.execute(delete(Session).where((Session.expires_at <= at) | (Session.seen_at <= at - IDLE)))
