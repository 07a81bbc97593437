"""Pages of lists: the newest first, each with an opaque cursor to the next."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import Select, and_, or_
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.problems import ProblemError

T = TypeVar("T", bound=BaseModel)

Cursor = Annotated[
    str | None, Query(description="The `next_cursor` of the page before; none for the first", max_length=200)
]
Limit = Annotated[int, Query(ge=1, le=200, description="Most items of a page")]


class Page(BaseModel, Generic[T]):
    """Some of a list; `next_cursor` leads to the next ones and is null on the last page."""

    items: list[T]
    next_cursor: str | None


def encode_cursor(created_at: datetime, id: UUID) -> str:
    """The place after an item."""
    return urlsafe_b64encode(f"{created_at.isoformat()} {id}".encode()).decode()


def decode_cursor(cursor: str) -> tuple[datetime, UUID]:
    """The item whose place it is; raises ProblemError for a text that is no cursor."""
    try:
        created_at, _, id = urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        # A zone of its own counts before this one.
        return datetime.fromisoformat(created_at).astimezone(UTC), UUID(id)
    except (ValueError, binascii.Error, OverflowError) as error:
        detail = "cursor: give the next_cursor of a page of this list, or none."
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "Request not understood", detail) from error


async def page_of(
    session: AsyncSession,
    asked: Select[Any],
    table: Any,
    item: type[T],
    *,
    cursor: str | None,
    limit: int,
) -> Page[T]:
    """A page of what `asked` selects from `table`, which has `created_at` and `id`, as `item`s.

    Items that come or go meanwhile move no other one to another page.
    """
    if cursor is not None:
        at, id = decode_cursor(cursor)
        asked = asked.where(or_(table.created_at < at, and_(table.created_at == at, table.id < id)))
    asked = asked.order_by(table.created_at.desc(), table.id.desc()).limit(limit + 1)
    rows = list(await session.scalars(asked))
    more = encode_cursor(rows[limit - 1].created_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page[T](items=[item.model_validate(row) for row in rows[:limit]], next_cursor=more)
