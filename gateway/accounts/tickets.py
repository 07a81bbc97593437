"""Tickets: what may be done once and soon by whoever brings the token."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.credentials import Ticket
from gateway.accounts.digests import digest, new_token

Purpose = Literal["confirm", "reset", "address", "passkey-new", "passkey-use"]
LIFE: dict[Purpose, timedelta] = {
    "confirm": timedelta(days=2),
    "reset": timedelta(hours=1),
    "address": timedelta(hours=12),
    "passkey-new": timedelta(minutes=10),
    "passkey-use": timedelta(minutes=10),
}


async def issue(
    session: AsyncSession,
    purpose: Purpose,
    at: datetime,
    user_id: UUID | None = None,
    *,
    token: str | None = None,
    detail: str = "",
) -> str:
    """A token for one use. Of a user the earlier ones of that purpose are void."""
    if user_id is not None:
        await session.execute(delete(Ticket).where(Ticket.user_id == user_id, Ticket.purpose == purpose))
    token = token or new_token()
    session.add(
        Ticket(
            user_id=user_id,
            purpose=purpose,
            token_hash=digest(token),
            detail=detail,
            expires_at=at + LIFE[purpose],
        )
    )
    await session.flush()
    return token


async def redeem(session: AsyncSession, purpose: Purpose, token: str, at: datetime) -> Ticket | None:
    """Use the token up: its ticket, or None if there is none, it is over, or was used."""
    asked = (
        delete(Ticket)
        .where(Ticket.token_hash == digest(token), Ticket.purpose == purpose, Ticket.expires_at > at)
        .returning(Ticket)
    )
    return (await session.scalars(asked)).one_or_none()


async def sweep(session: AsyncSession, at: datetime) -> None:
    """Drop tickets that are over."""
    await session.execute(delete(Ticket).where(Ticket.expires_at <= at))
