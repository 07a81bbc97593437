"""A world to deliver in, on both databases, and receivers."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.postgres import Cluster
from gateway.database import Database
from gateway.delivery.senders import check_chat
from tests.gateway.delivery.receivers import Receivers, receiving
from tests.gateway.delivery.world import World, made_world
from topics.embedded import EmbeddedBroker


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite; a test that wants PostgreSQL too asks with BOTH."""
    if getattr(request, "param", "sqlite") == "sqlite":
        file = tmp_path / "hpr.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        return f"sqlite:///{file}"
    url: str = request.getfixturevalue("postgres_migrated")
    cluster: Cluster = request.getfixturevalue("postgres")
    cluster.empty(url)
    return url


@pytest.fixture
def receivers() -> Iterator[Receivers]:
    """Receivers on free ports."""
    with receiving() as found:
        yield found


@pytest.fixture(scope="session", autouse=True)
def _services_loaded() -> None:
    """Apprise loads its many services once."""
    check_chat("json://localhost", private=True)


@pytest.fixture
async def world(
    database: Database, database_url: str, tmp_path: Path, receivers: Receivers
) -> AsyncIterator[World]:
    """A user, and all that a notifier needs."""
    with EmbeddedBroker() as broker:
        async with made_world(database, database_url, broker, tmp_path, smtp=receivers.smtp) as made:
            yield made
