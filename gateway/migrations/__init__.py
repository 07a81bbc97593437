"""Migrations of the database, applied when a gateway or a notifier starts."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.database import Database

FOLDER = Path(__file__).parent
LOCK = 0x687072
"""PostgreSQL's advisory lock under which one process migrates and others wait."""


async def migrate(database: Database) -> None:
    """Bring `database` to the newest revision; safe when several processes start at once."""
    async with database.engine.execution_options(hpr_writes=True).connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            # A table that is changed by copying must not take with it what hangs on it.
            await _foreign_keys(connection, "OFF")
        async with connection.begin():
            if not sqlite:
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            await connection.run_sync(_upgrade)
        if sqlite:
            await _foreign_keys(connection, "ON")


async def _foreign_keys(connection: AsyncConnection, mode: str) -> None:
    """SQLite takes this only outside of a transaction, which SQLAlchemy would begin."""
    raw = (await connection.get_raw_connection()).driver_connection
    assert raw is not None
    await raw.execute(f"PRAGMA foreign_keys={mode}")


def migrate_now(url: str) -> None:
    """The same for a program that runs no loop."""

    async def all_of_it() -> None:
        database = Database(url)
        try:
            await migrate(database)
        finally:
            await database.close()

    asyncio.run(all_of_it())


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
