from pathlib import Path

from gateway.accounts import passwords, users
from gateway.database import Database
from hpr.demo_account import EMAIL, how_to_sign_in
from hpr.settings import Settings, settings


def _settings(folder: Path) -> Settings:
    return settings(database=f"sqlite:///{folder}/hpr.sqlite3", secrets=str(folder / "secrets"))


async def _check(url: str, password: str) -> None:
    database = Database(url)
    async with database.read() as session:
        user = await users.by_email(session, EMAIL)
    await database.close()
    assert user is not None
    assert user.confirmed_at is not None
    assert user.tier == "pro"
    assert (await passwords.verified(password, user.password_hash))[0]


def test_the_demo_says_how_to_sign_in_the_same_way_each_time(tmp_path: Path) -> None:
    import asyncio

    first = how_to_sign_in(_settings(tmp_path))
    assert first is not None
    assert first == how_to_sign_in(_settings(tmp_path))
    asyncio.run(_check(_settings(tmp_path).database, first.rpartition(" ")[2]))


def test_no_demo_account_is_put_beside_people_s(tmp_path: Path) -> None:
    import asyncio

    async def somebody() -> None:
        from gateway.migrations import migrate

        database = Database(_settings(tmp_path).database)
        await migrate(database)
        async with database.write() as session:
            await users.make(session, "ann@example.org", "")
        await database.close()

    asyncio.run(somebody())
    assert how_to_sign_in(_settings(tmp_path)) is None
