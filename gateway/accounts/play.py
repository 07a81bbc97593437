"""Responsible play: whether value, tickets and alerts are withheld from a user, asked in one place."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.tables import Play


@dataclass(frozen=True, slots=True)
class Withheld:
    """Value, tickets and alerts are withheld until then, because of a pause or a self-exclusion."""

    why: Literal["pause", "exclusion"]
    until: datetime


def withheld(play: Play | None, at: datetime) -> Withheld | None:
    """What `play` says at an instant: nothing, or that value, tickets and alerts are withheld."""
    if play is None:
        return None
    if play.excluded_until is not None and play.excluded_until > at:
        return Withheld("exclusion", play.excluded_until)
    if play.paused_until is not None and play.paused_until > at:
        return Withheld("pause", play.paused_until)
    return None


async def withheld_from(session: AsyncSession, user_id: UUID, at: datetime) -> Withheld | None:
    """The same for one user of the database."""
    return withheld(await session.get(Play, user_id), at)


async def everyone_withheld(
    session: AsyncSession, at: datetime, among: Iterable[UUID] | None = None
) -> dict[UUID, Withheld]:
    """Every user, or those `among` some, from whom value, tickets and alerts are withheld."""
    asked = select(Play).where(or_(Play.paused_until > at, Play.excluded_until > at))
    if among is not None:
        asked = asked.where(Play.user_id.in_(list(among)))
    found = ((play.user_id, withheld(play, at)) for play in await session.scalars(asked))
    return {user_id: said for user_id, said in found if said is not None}
