"""Users: found, made, confirmed, changed, taken out."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.digests import keyed
from gateway.accounts.forms import email_key
from gateway.accounts.tables import Exclusion, Play, Preferences, User
from gateway.site import Site

UNCONFIRMED = timedelta(days=7)
"""How long an address may stay unconfirmed before it is forgotten."""


async def by_email(session: AsyncSession, email: str) -> User | None:
    """The user of an address."""
    return (await session.scalars(select(User).where(User.email_key == email_key(email)))).one_or_none()


async def make(session: AsyncSession, email: str, password_hash: str, tier: str = "free") -> User:
    """A new, unconfirmed user with usual preferences."""
    made = User(email=email, email_key=email_key(email), password_hash=password_hash, tier=tier)
    session.add(made)
    await session.flush()
    session.add_all([Preferences(user_id=made.id), Play(user_id=made.id)])
    await session.flush()
    return made


def address_hash(site: Site, email: str) -> str:
    """What is kept of the address of an account that was deleted while excluded."""
    return keyed(site.key("exclusion"), email_key(email))


async def excluded_until(session: AsyncSession, site: Site, email: str, at: datetime) -> datetime | None:
    """Until when an address gets no account, because its last one excluded itself."""
    found = await session.get(Exclusion, address_hash(site, email))
    return found.until if found is not None and found.until > at else None


async def remove(session: AsyncSession, site: Site, user_id: UUID, at: datetime) -> None:
    """Take a user out with all that is theirs. A self-exclusion outlives the account."""
    user = await session.get_one(User, user_id)
    play = await session.get(Play, user_id)
    if play is not None and play.excluded_until is not None and play.excluded_until > at:
        kept = Exclusion(address_hash=address_hash(site, user.email), until=play.excluded_until)
        await session.merge(kept)
    await session.execute(delete(User).where(User.id == user_id))


async def sweep(session: AsyncSession, at: datetime) -> None:
    """Forget addresses that were never confirmed, and exclusions that are over."""
    await session.execute(delete(User).where(User.confirmed_at.is_(None), User.created_at < at - UNCONFIRMED))
    await session.execute(delete(Exclusion).where(Exclusion.until <= at))
