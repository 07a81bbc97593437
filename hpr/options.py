"""Options that several commands share."""

from typing import Annotated, Literal

import typer

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
AsJson = Annotated[bool, typer.Option("--json", help="Print figures as JSON.")]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"] | None,
    typer.Option(help="Least level logged [HPR_LOG_LEVEL]."),
]
LogFormat = Annotated[
    Literal["console", "json"] | None, typer.Option(help="Logs for people or as JSON [HPR_LOG_FORMAT].")
]
