import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from hpr.settings import Settings, settings
from schemas.errors import SettingsError


@pytest.fixture
def toml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes hpr.toml into the working folder; no HPR_ variable is set."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("HPR_")]:
        monkeypatch.delenv(name)

    def write(text: str) -> None:
        (tmp_path / "hpr.toml").write_text(text, "utf-8")

    return write


Toml = Callable[[str], None]


def test_defaults_need_nothing(toml: Toml) -> None:
    chosen = settings()
    assert (chosen.broker, chosen.topic_prefix, chosen.replication) == ("127.0.0.1:9092", "", 1)
    assert (chosen.host, chosen.port, chosen.log_level) == ("127.0.0.1", 8000, "info")


def test_flags_go_before_variables_and_these_before_the_file(
    toml: Toml, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml('broker = "file:1"\nport = 1\nhost = "file"\n')
    monkeypatch.setenv("HPR_BROKER", "variable:2")
    monkeypatch.setenv("HPR_PORT", "2")
    chosen = settings(broker="flag:3", port=None)
    assert (chosen.broker, chosen.port, chosen.host) == ("flag:3", 2, "file")


def test_every_setting_can_come_from_the_file(toml: Toml) -> None:
    values: dict[str, Any] = {
        "broker": "a:1,b:2",
        "topic_prefix": "test.",
        "replication": 3,
        "host": "0.0.0.0",
        "port": 0,
        "http_host": "0.0.0.0",
        "http_port": 9200,
        "form_http_port": 9110,
        "notifier_http_port": 9120,
        "worker_instance": "w1",
        "registry": "http://127.0.0.1:8081",
        "registry_cache": "ids",
        "history": "chdb.sock",
        "archive": "kept",
        "betfair_app_key": "key",
        "betfair_username": "punter",
        "betfair_password": "secret",
        "betfair_certificate": "client.crt",
        "betfair_certificate_key": "client.key",
        "betfair_countries": "GB,IE",
        "betfair_market_types": "WIN",
        "betfair_hours": 12.0,
        "betfair_record": "record",
        "betfair_heartbeat_ms": 1000,
        "betfair_conflate_ms": 50,
        "betfair_market_limit": 100,
        "betfair_connections": 2,
        "betfair_stream": "127.0.0.1:443",
        "betfair_login": "https://127.0.0.1",
        "betfair_api": "https://127.0.0.1",
        "betfair_ca": "ca.pem",
        "database": "postgresql://hpr@127.0.0.1/hpr",
        "secrets": "/run/secrets",
        "smtp": "smtps://mail.example.org",
        "mail_from": "races@example.org",
        "mails": "mails",
        "public_url": "https://races.example.org",
        "live_prefix": "live.",
        "private_destinations": 1,
        "deliveries_days": 30,
        "limits": "redis://127.0.0.1:6379",
        "anonymous_requests": 60,
        "address_requests": 600,
        "log_level": "debug",
        "models": "mlflow+http://127.0.0.1:5000",
        "models_cache": "cache",
        "trials": "promote",
        "form_snapshot": "state/form",
        "log_format": "json",
    }
    assert set(values) == set(Settings.model_fields)
    toml("".join(f"{name} = {value!r}\n" for name, value in values.items()))
    assert settings().model_dump() == values | {"betfair_password": SecretStr("secret")}
    assert "'secret'" not in repr(settings())


def test_every_setting_says_what_it_is() -> None:
    undescribed = {name for name, field in Settings.model_fields.items() if not field.description}
    assert undescribed <= {"log_level", "log_format"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('brokre = "a:1"\n', "brokre: Extra inputs are not permitted"),
        ('port = "high"\n', "port: Input should be a valid integer"),
        ("port = 70000\n", "port: Input should be less than or equal to 65535"),
        ("replication = 0\n", "replication: Input should be greater than or equal to 1"),
        ('broker = ""\n', "broker: String should have at least 1 character"),
        ('topic_prefix = "a b"\n', "topic_prefix: String should match pattern"),
        ('log_level = "loud"\n', "log_level: Input should be 'debug', 'info', 'warning' or 'error'"),
        ("port = \n", "hpr.toml: Invalid value"),
        ("[hpr]\nport = 1\n", "hpr: Extra inputs are not permitted"),
    ],
)
def test_what_is_wrong_in_the_file_is_one_line_by_its_name(toml: Toml, text: str, words: str) -> None:
    toml(text)
    with pytest.raises(SettingsError) as wrong:
        settings()
    assert words in str(wrong.value)
    assert "\n" not in str(wrong.value)


def test_a_wrong_variable_is_named_like_a_wrong_flag(toml: Toml, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPR_PORT", "high")
    with pytest.raises(SettingsError, match="setting not understood: port"):
        settings()
    with pytest.raises(SettingsError, match="setting not understood: replication"):
        settings(port=1, replication=99)


def test_two_mistakes_are_both_named(toml: Toml) -> None:
    with pytest.raises(SettingsError, match=r"replication: .*; port: "):
        settings(port=-1, replication=0)


def test_variables_that_are_no_settings_are_left_alone(toml: Toml, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPR_NO_SKIP", "1")
    assert "no_skip" not in settings().model_dump()


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_a_port_that_there_is_not_is_refused(toml: Toml, port: str) -> None:
    assert settings(betfair_stream="localhost:65535").betfair_stream == "localhost:65535"
    with pytest.raises(SettingsError, match=r"betfair_stream: .*the port is 1 to 65535"):
        settings(betfair_stream=f"localhost:{port}")
