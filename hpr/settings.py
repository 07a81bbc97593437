"""Settings of every command: flags, then HPR_* variables, then hpr.toml in the working folder."""

from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from hpr.gateway_settings import GatewaySettings
from hpr.live_settings import LiveSettings
from schemas.errors import SettingsError


class Settings(GatewaySettings, LiveSettings):
    """What can be set. Unknown names in hpr.toml are errors, so that a typing slip is seen."""

    model_config = SettingsConfigDict(env_prefix="HPR_", toml_file="hpr.toml", extra="forbid")

    broker: str = Field(
        "127.0.0.1:9092", min_length=1, description="Kafka brokers, host:port, comma separated"
    )
    topic_prefix: str = Field("", pattern=r"^[a-zA-Z0-9._-]*$", description="Put before every topic's name")
    replication: int = Field(1, ge=1, le=15, description="Replicas of topics created")
    host: str = Field("127.0.0.1", description="Address that the gateway listens on")
    port: int = Field(8000, ge=0, le=65535, description="Port that the gateway listens on")
    http_host: str = Field(
        "127.0.0.1", description="Address of health and metrics of worker, form worker and notifier"
    )
    http_port: int = Field(
        9100, ge=0, le=65535, description="Port of a worker's health and metrics; 0 for none"
    )
    form_http_port: int = Field(
        0, ge=0, le=65535, description="Port of the form worker's health and metrics; 0 for none"
    )
    notifier_http_port: int = Field(
        0, ge=0, le=65535, description="Port of the notifier's health and metrics; 0 for none"
    )
    worker_instance: str | None = Field(None, description="Static group membership of a worker, one for each")
    models: str = Field(
        ".hpr/models",
        min_length=1,
        repr=False,
        description="The registry of form models: a folder, mlflow:FOLDER, or mlflow+http://HOST:PORT, "
        "user:password in it",
    )
    models_cache: str = Field(
        ".hpr/models-cache", min_length=1, description="Folder that keeps models fetched from MLflow"
    )
    trials: Literal["tell", "rollback", "promote"] = Field(
        "rollback",
        description="What the form worker does by itself once a trial has a verdict: tell it; roll back a "
        "champion that is worse than the one before it, and refuse a candidate that is worse; or promote "
        "one that is better too",
    )
    form_snapshot: str = Field(
        ".hpr/form/snapshot", min_length=1, description="File that the form worker keeps its state in"
    )
    registry: str | None = Field(
        None, repr=False, description="URL of a schema registry, user:password in it; built in if not set"
    )
    registry_cache: str = Field(
        ".hpr/registry", min_length=1, description="Folder that keeps the ids of a registry by URL"
    )
    history: str = Field(
        ".hpr/history.sock",
        min_length=1,
        repr=False,
        description="Where history is asked: the socket of a sink into chdb, or a ClickHouse server by DSN",
    )
    archive: str | None = Field(
        None,
        min_length=1,
        description="Archive of what flowed, by folder or URL, for previews and reconciliation; without "
        "one they read the topics",
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags before variables before the file; there are no .env and no secret files."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def settings(**flags: Any) -> Settings:
    """The settings in force; flags that are None were not given.

    Raises SettingsError naming the setting and what is wrong with it.
    """
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise SettingsError(f"setting not understood: {wrong}") from error
    except ValueError as error:
        raise SettingsError(f"hpr.toml: {error}") from error
