"""Structured logs on standard error, for people or as JSON; standard output belongs to a command's result."""

import logging
import sys
from typing import Any

import structlog

SECRETIVE = ("aiosqlite", "asyncpg", "sqlalchemy", "websockets", "httpcore", "urllib3", "apprise")
"""Loggers that below warnings write what they carry: cookies, keys, rows, addresses with a token in them."""
QUIET = ("faust", "aiokafka", "mode", "asyncio", "uvicorn", "alembic", "httpx", "streams.transport")


def configure(level: str, style: str) -> None:
    """Set up structlog and, through it, the standard library's loggers."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    console = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    renderer: Any = structlog.processors.JSONRenderer() if style == "json" else console
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info if style == "json" else _as_it_is,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in SECRETIVE:
        logging.getLogger(name).setLevel("WARNING")
    for name in QUIET:
        logging.getLogger(name).setLevel("NOTSET" if level == "debug" else "WARNING")


def _as_it_is(_logger: Any, _name: str, event: Any) -> Any:
    return event
