"""What alembic runs: on the connection that it was given, or, to write a new revision, on HPR_DATABASE."""

import asyncio
import os
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON, Connection

from gateway import tables
from gateway.database import DEFAULT_URL, Database, Time


def rendered(kind: str, found: Any, autogen: AutogenContext) -> str | Literal[False]:
    """How a column's type is written in a new revision, which must not change with the code."""
    if kind == "type" and isinstance(found, Time):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(found, JSON):
        autogen.imports.add("from sqlalchemy.dialects.postgresql import JSONB")
        return 'sa.JSON().with_variant(JSONB(), "postgresql")'
    return False


def run(connection: Connection) -> None:
    """Migrate on `connection`; SQLite changes a table by copying it."""
    context.configure(connection, target_metadata=tables.METADATA, render_as_batch=True, render_item=rendered)
    with context.begin_transaction():
        context.run_migrations()


async def run_by_url() -> None:
    """Migrate the database that the environment names."""
    database = Database(os.environ.get("HPR_DATABASE", DEFAULT_URL))
    async with database.engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await database.close()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(run_by_url())
