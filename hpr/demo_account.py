"""The account of `hpr up`: made at the first start, with a password of its own."""

import asyncio
import secrets as random
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from gateway.accounts import passwords, users
from gateway.accounts.tables import User
from gateway.database import Database
from gateway.migrations import migrate
from gateway.secrets import secret
from hpr.settings import Settings

EMAIL = "demo@example.org"
NAME = "demo_password"


def how_to_sign_in(settings: Settings) -> str | None:
    """Make the demo's account, if the database has no other one, and say how to sign in."""
    password = secret(Path(settings.secrets), NAME, lambda: random.token_urlsafe(12))
    if not asyncio.run(_made(settings.database, password)):
        return None
    return f"Sign in as {EMAIL} with the password {password}"


async def _made(url: str, password: str) -> bool:
    """Whether there is a demo account with this password; it is never put beside people's."""
    database = Database(url)
    try:
        await migrate(database)
        password_hash = await passwords.hashed(password)
        async with database.write() as session:
            demo = await users.by_email(session, EMAIL)
            if demo is None:
                if await session.scalar(select(User.id).limit(1)) is not None:
                    return False
                demo = await users.make(session, EMAIL, password_hash, "pro")
            demo.confirmed_at = demo.confirmed_at or datetime.now(UTC)
            demo.password_hash = password_hash
    finally:
        await database.close()
    return True
