"""Options that several commands share, and a decorator that gives them to a command."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Literal

import typer

from hpr import logs
from hpr.settings import Settings, settings

Broker = Annotated[
    str | None, typer.Option(help="Kafka brokers, host:port, comma separated [HPR_BROKER, 127.0.0.1:9092].")
]
Prefix = Annotated[
    str | None, typer.Option("--topic-prefix", help="Put before every topic's name [HPR_TOPIC_PREFIX].")
]
Registry = Annotated[
    str | None,
    typer.Option(
        help="A Confluent-compatible schema registry by URL, instead of the one built in [HPR_REGISTRY]."
    ),
]
HttpHost = Annotated[str | None, typer.Option(help="Address of health and metrics [HPR_HTTP_HOST].")]
AsJson = Annotated[bool, typer.Option("--json", help="Print figures as JSON.")]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"] | None,
    typer.Option(help="Least level logged [HPR_LOG_LEVEL]."),
]
LogFormat = Annotated[
    Literal["console", "json"] | None, typer.Option(help="Logs for people or as JSON [HPR_LOG_FORMAT].")
]

SHARED = {
    "broker": Broker,
    "topic_prefix": Prefix,
    "registry": Registry,
    "log_level": LogLevel,
    "log_format": LogFormat,
}
"""What every command beside the topics takes."""

Flags = dict[str, Any]
"""Settings by flag; None for a flag that was not given."""


def shared(command: Callable[..., None]) -> Callable[..., None]:
    """A command that takes the shared options too; they come to `command` as its keyword `flags`."""

    @wraps(command)
    def taking(*args: Any, **options: Any) -> None:
        command(*args, flags={name: options.pop(name) for name in SHARED}, **options)

    own = [p for name, p in inspect.signature(command).parameters.items() if name != "flags"]
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)
        for name, option in SHARED.items()
    ]
    taking.__signature__ = inspect.Signature([*own, *more])  # type: ignore[attr-defined]
    taking.__annotations__ = {p.name: p.annotation for p in [*own, *more]}
    return taking


def begin(flags: Flags, **others: Any) -> Settings:
    """The settings in force, with the log set up as they say. Raises SettingsError."""
    chosen = settings(**flags, **others)
    logs.configure(chosen.log_level, chosen.log_format)
    return chosen
