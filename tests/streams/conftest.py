"""One chdb engine a process may have, with one folder: it is shared, and emptied for each test."""

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from schemas.codec import default_codec
from streams.clickhouse.database import connect
from streams.clickhouse.target import ClickHouseTarget


@pytest.fixture(scope="session")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"chdb:///{tmp_path_factory.mktemp('chdb') / 'data'}"


@pytest.fixture(scope="session")
def engine(dsn: str) -> Iterator[Client]:
    client = connect(dsn)
    yield client
    client.close()


@pytest.fixture
def client(engine: Client) -> Client:
    for (name,) in engine.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase()"
    ).result_rows:
        engine.command(f"DROP TABLE IF EXISTS {name}")
    return engine


@pytest.fixture
def target(client: Client) -> ClickHouseTarget:
    return ClickHouseTarget(client, default_codec())
