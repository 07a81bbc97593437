"""The same behaviour on SQLite and on PostgreSQL."""

import asyncio
import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from gateway import tables
from gateway.accounts.tables import Preferences, User
from gateway.database import DEFAULT_URL, Database, async_url
from gateway.errors import GatewayError
from gateway.migrations import migrate
from hpr.settings import Settings

EAST = timezone(timedelta(hours=9))


def _user(name: str = "ann", **fields: object) -> User:
    return User(email=f"{name}@example.org", email_key=f"{name}@example.org", **fields)


async def test_an_instant_comes_back_in_utc_to_the_microsecond(database: Database) -> None:
    at = datetime(2026, 3, 1, 2, 3, 4, 567891, EAST)
    async with database.write() as session:
        session.add(_user(created_at=at))
    async with database.read() as session:
        found = (await session.scalars(select(User))).one()
        earlier = await session.scalar(
            select(func.count()).where(User.created_at < at + timedelta(microseconds=1))
        )
    assert found.created_at == at
    assert found.created_at.tzinfo == UTC
    assert earlier == 1


async def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="has no time zone"):
        async with database.write() as session:
            session.add(_user(created_at=datetime(2026, 3, 1)))


async def test_what_belongs_to_a_user_goes_with_them_and_belongs_to_nobody_else(database: Database) -> None:
    async with database.write() as session:
        user = _user()
        session.add(user)
        await session.flush()
        session.add(Preferences(user_id=user.id))
    async with database.write() as session:
        await session.delete(await session.get_one(User, user.id))
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Preferences)) == 0
    with pytest.raises(IntegrityError):
        async with database.write() as session:
            session.add(Preferences(user_id=user.id))


async def test_a_block_that_raises_keeps_nothing(database: Database) -> None:
    async def fail_midway() -> None:
        async with database.write() as session:
            session.add(_user())
            await session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_midway()
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 0


async def test_writers_that_read_first_do_not_fail_each_other(database: Database) -> None:
    async with database.write() as session:
        session.add(_user(tier="0"))

    async def add_one() -> None:
        async with database.write() as session:
            user = (await session.scalars(select(User).with_for_update())).one()
            await asyncio.sleep(0.001)
            user.tier = str(int(user.tier) + 1)

    await asyncio.gather(*(add_one() for _ in range(12)))
    async with database.read() as session:
        assert (await session.scalars(select(User.tier))).one() == "12"


async def test_migrating_again_and_at_once_changes_nothing_and_the_tables_are_the_code_s(
    database: Database,
) -> None:
    await asyncio.gather(*(migrate(database) for _ in range(3)))

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), tables.METADATA))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_several_processes_may_make_the_database_at_once(tmp_path: Path) -> None:
    opened = [Database(f"sqlite:///{tmp_path}/new/hpr.sqlite3") for _ in range(4)]
    await asyncio.gather(*map(migrate, opened))
    for database in opened:
        async with database.read() as session:
            assert await session.scalar(select(func.count()).select_from(User)) == 0
        await database.close()


async def test_a_new_file_that_another_process_holds_is_waited_for(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "hpr.sqlite3", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, other.close)
    release.start()
    database = Database(f"sqlite:///{tmp_path}/hpr.sqlite3")
    async with database.read() as session:
        assert await session.scalar(text("PRAGMA journal_mode")) == "wal"
    await database.close()
    release.join()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://localhost/hpr", "no database 'mysql' is known"),
        ("hpr.sqlite3", "not a database"),
        ("sqlite://", "needs a file"),
    ],
)
def test_another_url_is_refused_with_what_to_give(url: str, said: str) -> None:
    with pytest.raises(GatewayError, match=said):
        async_url(url)


def test_the_password_of_a_database_is_not_shown() -> None:
    assert "secret" not in str(async_url("postgresql://hpr:secret@localhost/hpr"))


def test_the_default_is_the_setting_s() -> None:
    assert Settings.model_fields["database"].default == DEFAULT_URL
