"""The database of accounts and what hangs on them: SQLite in a file or PostgreSQL by URL, all the same."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, URL, DateTime, Dialect, MetaData, Uuid, event, make_url
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator
from sqlalchemy.util import await_only

from gateway.errors import GatewayError

DEFAULT_URL = "sqlite:///.hpr/hpr.sqlite3"
BUSY_MS = 10_000
"""How long a writer waits for another one: SQLite has one at a time, also among processes."""
WAIT_SECONDS = 0.01
DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


class Time(TypeDecorator[datetime]):
    """An instant: a datetime in UTC with its zone, to the microsecond, in order on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant in UTC; SQLite, which knows no zones, gets it without.

        Raises ValueError for a datetime without a zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone: give times in UTC")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant in UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")
"""A JSON value, whatever the database calls it."""


class Base(DeclarativeBase):
    """Of every table. Ids are UUIDs, times are `datetime` in UTC (`Time`), dicts and lists are JSON."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Time(),
        UUID: Uuid(),
        dict[str, Any]: Json,
        list[str]: Json,
        list[dict[str, Any]]: Json,
    }


class Database:
    """Sessions on one database. `read` and `write` are all that others need of it."""

    def __init__(self, url: str = DEFAULT_URL) -> None:
        """Takes `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`; nothing is opened yet.

        Raises GatewayError for another URL.
        """
        self.url = async_url(url)
        self.engine = _engine(self.url)
        self._readers = _sessions(self.engine)
        # SQLite: a transaction that begins as a writer cannot lose its place to another one midway.
        self._writers = _sessions(self.engine.execution_options(hpr_writes=True))

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session whose changes are not kept."""
        async with self._readers() as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction, kept at the end of the block and not at all if that raises."""
        async with self._writers() as session, session.begin():
            yield session

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def async_url(url: str) -> URL:
    """`url` with the driver that is used; raises GatewayError if it is of no known database."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise GatewayError(
            f"not a database: give {DEFAULT_URL} or postgresql://user:password@host/name"
        ) from error
    kind = parsed.drivername.partition("+")[0]
    if kind not in DRIVERS:
        raise GatewayError(f"no database {kind!r} is known: give a sqlite:/// or postgresql:// URL")
    if kind == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise GatewayError(f"SQLite needs a file, as {DEFAULT_URL}: what is only in memory is lost")
    return parsed.set(drivername=DRIVERS[kind])


def _sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine, expire_on_commit=False)


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url, pool_size=10, max_overflow=20, pool_pre_ping=True)
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url)
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    # The driver would begin transactions by itself, and late: here SQLAlchemy says when.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={BUSY_MS}", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    _write_ahead(cursor)
    cursor.close()


def _write_ahead(cursor: Any) -> None:
    """The mode of the file from its first opening on, for which SQLite does not wait by itself."""
    until = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            # Not of the loop: others go on meanwhile.
            await_only(asyncio.sleep(WAIT_SECONDS))
        else:
            return


def _begin(connection: Any) -> None:
    writes = connection.get_execution_options().get("hpr_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
