import pytest
from clickhouse_connect.driver.client import Client

from schemas.codec import default_codec
from schemas.errors import AnalyticsError, SettingsError
from streams.clickhouse import database
from streams.clickhouse.database import connect, migrate, migrations
from streams.clickhouse.questions import ask
from streams.clickhouse.target import ClickHouseTarget
from tests.streams.clickhouse.test_target import DAY, fill


def test_migrations_are_applied_once(client: Client) -> None:
    assert migrate(client) == list(migrations())
    assert migrate(client) == []


def test_a_migration_that_was_cut_off_is_finished(client: Client) -> None:
    first = next(iter(migrations().values()))
    client.command(first[0])
    assert migrate(client) == list(migrations())


def test_what_earlier_migrations_held_is_carried_over(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = migrations()
    monkeypatch.setattr(database, "migrations", lambda: {name: every[name] for name in list(every)[:1]})
    target = ClickHouseTarget(client, default_codec())
    fill(target)
    monkeypatch.undo()
    assert migrate(client) == list(every)[1:]
    carried = ask(client, "calibration", {"day": DAY})
    assert sum(band["runners"] for band in carried) == 2
    fill(target)
    assert ask(client, "calibration", {"day": DAY}) == carried


def test_tables_of_a_later_release_are_left_alone(client: Client) -> None:
    migrate(client)
    client.insert("hpr_migrations", [["9999_future.sql"]], ["name"])
    with pytest.raises(AnalyticsError, match="set up by a later release"):
        migrate(client)


def test_a_server_that_is_away_and_a_dsn_that_is_none_are_clear_lines() -> None:
    with pytest.raises(AnalyticsError, match=r"^ClickHouse cannot be reached: [^\n]+$"):
        connect("clickhouse://127.0.0.1:9/default")
    with pytest.raises(SettingsError, match="give chdb:///FOLDER"):
        connect("nowhere")


def test_only_known_questions_are_asked(client: Client) -> None:
    with pytest.raises(SettingsError, match="no question 'drop'"):
        ask(client, "drop", {})
