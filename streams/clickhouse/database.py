"""A connection to ClickHouse, in process or on a server, and the migrations that its tables need."""

import time
from collections.abc import Callable
from importlib.resources import files
from typing import Any, TypeVar

import clickhouse_connect
import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from schemas.errors import AnalyticsError, SettingsError

log = structlog.get_logger("hpr.clickhouse")

T = TypeVar("T")
TIMEOUT_SECONDS = 10
WAIT_SECONDS = 2.0
IN_PROCESS = "chdb://"
MIGRATIONS = "hpr_migrations"


def connect(dsn: str) -> Client:
    """A client of `chdb:///FOLDER` (in this process, which then owns the folder) or `clickhouse://…`.

    Raises AnalyticsError if nothing answers, SettingsError for a DSN that is not understood.
    """
    if "://" not in dsn:
        raise SettingsError(
            f"--clickhouse {dsn}: give chdb:///FOLDER, or clickhouse://user:password@host:8123/db"
        )
    options: dict[str, Any] = (
        {} if dsn.startswith(IN_PROCESS) else {"connect_timeout": TIMEOUT_SECONDS, "send_receive_timeout": 60}
    )
    return asked(lambda: clickhouse_connect.get_client(dsn=dsn, **options), "cannot be reached")


def connect_patiently(dsn: str) -> Client:
    """The same, waiting for a server that is away; a folder that cannot be had is an error at once."""
    while True:
        try:
            return connect(dsn)
        except AnalyticsError as error:
            if dsn.startswith(IN_PROCESS):
                raise
            log.warning("waiting for ClickHouse", why=str(error))
            time.sleep(WAIT_SECONDS)


def asked(act: Callable[[], T], what: str) -> T:
    """What `act` gives; AnalyticsError in one line where ClickHouse fails."""
    try:
        return act()
    except (ClickHouseError, OSError, ImportError, ValueError) as error:
        line = " ".join(str(error).split())[:300] or repr(error)
        raise AnalyticsError(f"ClickHouse {what}: {line}") from error


def migrate(client: Client) -> list[str]:
    """Apply the migrations that have not been; returns their names. A migration is applied whole or again.

    Raises AnalyticsError, also where a later release has migrated already.
    """
    asked(
        lambda: client.command(
            f"CREATE TABLE IF NOT EXISTS {MIGRATIONS} (name String, applied_at DateTime DEFAULT now()) "
            "ENGINE = MergeTree ORDER BY name"
        ),
        "cannot be set up",
    )
    rows = asked(lambda: client.query(f"SELECT name FROM {MIGRATIONS}").result_rows, "does not answer")
    applied, ours = {str(row[0]) for row in rows}, migrations()
    if unknown := applied - ours.keys():
        raise AnalyticsError(
            f"ClickHouse was set up by a later release ({', '.join(sorted(unknown))}): use that"
        )
    new = [name for name in ours if name not in applied]
    for name in new:
        for statement in ours[name]:
            # Killed in between, the next start finds part of it done.
            repeatable = statement.replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ")
            repeatable = repeatable.replace("MATERIALIZED VIEW ", "MATERIALIZED VIEW IF NOT EXISTS ")
            asked(lambda sql=repeatable: client.command(sql), f"refuses migration {name}")  # type: ignore[misc]
        asked(lambda n=name: client.insert(MIGRATIONS, [[n]], ["name"]), "refuses")  # type: ignore[misc]
    return new


def migrations() -> dict[str, list[str]]:
    """Statements of each migration by its name, in order."""
    folder = files("streams").joinpath("clickhouse", "migrations")
    found = sorted((f.name, f.read_text("utf-8")) for f in folder.iterdir() if f.name.endswith(".sql"))
    return {name: [text for part in sql.split(";\n") if (text := _bare(part))] for name, sql in found}


def _bare(statement: str) -> str:
    lines = (line for line in statement.splitlines() if not line.startswith("--"))
    return "\n".join(lines).strip().rstrip(";")
