"""hpr feed of history: bulk records of past races into the topics, a provider each."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import structlog
import typer

from hpr import logs
from hpr.feed_commands import Speed, run_feed
from hpr.options import Broker, LogFormat, LogLevel, Prefix, Registry
from hpr.settings import settings
from schemas.records import Event

log = structlog.get_logger("hpr.feed")

Folder = Annotated[Path, typer.Argument(help="Folder of the records.")]
Day = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of races.")]
LastDay = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of races.")]
Days = tuple[datetime | None, datetime | None]
Reader = Callable[[Path, date | None, date | None, Counter[str]], Iterator[tuple[str, Event]]]


def hong_kong(
    folder: Folder,
    *,
    start: Day = None,
    end: LastDay = None,
    speed: Speed = "max",
    broker: Broker = None,
    topic_prefix: Prefix = None,
    registry: Registry = None,
    log_level: LogLevel = None,
    log_format: LogFormat = None,
) -> None:
    """Hong Kong's history: the Jockey Club's meetings, with details where there are some.

    Example: hpr feed hong-kong data/ --from 2022-09-01 --to 2025-07-16
    """
    from feeds import hong_kong as provider

    options = {"broker": broker, "topic_prefix": topic_prefix, "registry": registry}
    options |= {"log_level": log_level, "log_format": log_format}
    _feed((provider.SOURCE, provider.read), folder, (start, end), speed, options)


def uk_ire(
    folder: Folder,
    *,
    start: Day = None,
    end: LastDay = None,
    speed: Speed = "max",
    broker: Broker = None,
    topic_prefix: Prefix = None,
    registry: Registry = None,
    log_level: LogLevel = None,
    log_format: LogFormat = None,
) -> None:
    """Results of Great Britain and Ireland, with starting prices.

    Example: hpr feed uk-ire data/ --from 2024-01-01
    """
    from feeds import uk_ire as provider

    options = {"broker": broker, "topic_prefix": topic_prefix, "registry": registry}
    options |= {"log_level": log_level, "log_format": log_format}
    _feed((provider.SOURCE, provider.read), folder, (start, end), speed, options)


def anz_bsp(
    folder: Folder,
    *,
    start: Day = None,
    end: LastDay = None,
    speed: Speed = "max",
    broker: Broker = None,
    topic_prefix: Prefix = None,
    registry: Registry = None,
    log_level: LogLevel = None,
    log_format: LogFormat = None,
) -> None:
    """Betfair's starting prices of Australia and New Zealand, with what traded before.

    Example: hpr feed anz-bsp data/ --from 2025-01-01
    """
    from feeds import anz_bsp as provider

    options = {"broker": broker, "topic_prefix": topic_prefix, "registry": registry}
    options |= {"log_level": log_level, "log_format": log_format}
    _feed((provider.SOURCE, provider.read), folder, (start, end), speed, options)


def _feed(
    provider: tuple[str, Reader], folder: Path, days: Days, speed: str, options: dict[str, str | None]
) -> None:
    chosen = settings(**options)
    logs.configure(chosen.log_level, chosen.log_format)
    counts: Counter[str] = Counter()
    first, last = (day and day.date() for day in days)
    source, read = provider
    run_feed(source, read(folder, first, last, counts), speed, chosen)
    log.info("read", source=source, **{name.replace(" ", "_"): n for name, n in sorted(counts.items())})
