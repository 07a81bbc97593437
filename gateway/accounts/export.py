"""Everything that is kept of an account, told from the tables themselves, so that none is forgotten."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts import tiers
from gateway.database import Base

SECRET = {
    "password_hash", "secret_hash", "token_hash", "code_hash", "key_hash", "request_hash", "pseudonym",
    "secrets",
}  # fmt: skip
"""Columns that are of use to a thief only, beside every column of bytes."""


def entitlements(tier: str) -> dict[str, int]:
    """What a tier gives, by name."""
    return asdict(tiers.of(tier))


async def everything(session: AsyncSession, user_id: UUID) -> bytes:
    """JSON of every row of every table that is the user's, by table."""
    told: dict[str, list[dict[str, Any]]] = {}
    for table in Base.metadata.sorted_tables:
        column = table.c.get("user_id") if table.name != "users" else table.c.id
        if column is None:
            continue
        rows = (await session.execute(select(table).where(column == user_id))).mappings()
        shown = _shown(table)
        told[str(table.name)] = [{name: row[name] for name in shown} for row in rows]
    return orjson.dumps(told, default=_text)


def _shown(table: Table) -> list[str]:
    return [
        str(column.name)
        for column in table.columns
        if column.name not in SECRET and column.type.python_type is not bytes
    ]


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)
