"""API keys: `hpr_PREFIX_SECRET`, shown once, kept as a hash, named, scoped, rotated."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.credentials import ApiKey
from gateway.accounts.digests import digest, new_token, same
from gateway.accounts.play import withheld
from gateway.accounts.principal import Principal, Scope
from gateway.accounts.tables import Play, User

MARK = "hpr_"
PREFIX_BYTES = 6
USED_EVERY = timedelta(minutes=1)
NOBODYS = digest("no key")


def _new() -> tuple[str, str, str]:
    """A key, its prefix and the hash of its secret."""
    prefix, secret = MARK + secrets.token_hex(PREFIX_BYTES), new_token()
    return f"{prefix}_{secret}", prefix, digest(secret)


async def make(
    session: AsyncSession, user_id: UUID, name: str, scopes: Iterable[Scope], expires_at: datetime | None
) -> tuple[ApiKey, str]:
    """A new key: its row, and itself, which nobody sees again."""
    key, prefix, secret_hash = _new()
    made = ApiKey(
        user_id=user_id,
        name=name,
        prefix=prefix,
        secret_hash=secret_hash,
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    session.add(made)
    await session.flush()
    return made, key


async def rotate(session: AsyncSession, key: ApiKey) -> str:
    """Give a key another secret and prefix; the old one opens nothing from now on."""
    made, key.prefix, key.secret_hash = _new()
    key.used_at = None
    await session.flush()
    return made


async def find(session: AsyncSession, key: str, at: datetime) -> tuple[Principal, datetime | None] | None:
    """Whose key it is and when it was last used; None if it is nobody's or over."""
    prefix, secret = _parts(key if key.isascii() and key.isprintable() else "")
    asked = (
        select(ApiKey, User.tier, Play)
        .join(User, User.id == ApiKey.user_id)
        .outerjoin(Play, Play.user_id == ApiKey.user_id)
        .where(ApiKey.prefix == prefix)
    )
    row = (await session.execute(asked)).one_or_none()
    # An unknown prefix takes the same steps as a wrong secret.
    matches = same(digest(secret), NOBODYS if row is None else row[0].secret_hash)
    if row is None or not matches or (row[0].expires_at is not None and row[0].expires_at <= at):
        return None
    found, tier, play = row
    scopes = frozenset(Scope(scope) for scope in found.scopes if scope in set(Scope))
    principal = Principal(found.user_id, tier, scopes, key_id=found.id, withheld=withheld(play, at))
    return principal, found.used_at


async def used(session: AsyncSession, key_id: UUID, at: datetime) -> None:
    """Note that a key is in use."""
    await session.execute(update(ApiKey).where(ApiKey.id == key_id).values(used_at=at))


async def count(session: AsyncSession, user_id: UUID) -> int:
    """How many keys a user has."""
    asked = select(func.count()).select_from(ApiKey).where(ApiKey.user_id == user_id)
    return await session.scalar(asked) or 0


def _parts(key: str) -> tuple[str, str]:
    """Prefix and secret, which may itself hold underscores."""
    mark, _, rest = key.partition("_")
    public, _, secret = rest.partition("_")
    return f"{mark}_{public}", secret
