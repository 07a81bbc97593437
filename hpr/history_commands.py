"""hpr feed of history: bulk records of past races into the topics, a provider each or all in one."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Annotated

import orjson
import structlog
import typer

from hpr.feed_commands import Speed, run_feed
from hpr.histories import NAMES, Name, reader
from hpr.options import AsJson, Flags, begin, shared
from hpr.settings import Settings
from schemas.errors import FeedError
from schemas.records import Event

log = structlog.get_logger("hpr.feed")

Folder = Annotated[Path, typer.Argument(help="Folder of the records.")]
Day = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of races.")]
LastDay = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of races.")]
Days = tuple[datetime | None, datetime | None]

ABOUT: dict[Name, str] = {
    "hong-kong": """Hong Kong's history: the Jockey Club's meetings, with details where there are some.

    Example: hpr feed hong-kong data/ --from 2022-09-01 --to 2025-07-16
    """,
    "uk-ire": """Results of Great Britain and Ireland, with starting prices.

    Example: hpr feed uk-ire data/ --from 2024-01-01
    """,
    "anz-bsp": """Betfair's starting prices of Australia and New Zealand, with what traded before.

    Example: hpr feed anz-bsp data/ --from 2025-01-01
    """,
}


@dataclass(slots=True)
class Reading:
    """A provider's events on their way, and what was read so far."""

    name: Name
    events: Iterator[tuple[str, Event]]
    counts: Counter[str] = field(default_factory=Counter)


def read(name: Name, paths: list[Path], days: Days) -> Reading:
    """The events that paths hold. Raises FeedError where there are none of the provider's records.

    The first event is read at once, so that what is missing is known before a broker is asked.
    """
    first, last = (day and day.date() for day in days)
    counts: Counter[str] = Counter()
    events = reader(name)(paths, first, last, counts)
    head = list(zip(events, range(1), strict=False))
    return Reading(name, chain((named for named, _ in head), events), counts)


def provider(name: Name) -> Callable[..., None]:
    """The command that feeds a provider's folder."""

    def feed(
        folder: Folder, *, start: Day = None, end: LastDay = None, speed: Speed = "max", flags: Flags
    ) -> None:
        chosen = begin(flags)
        _feed(read(name, [folder], (start, end)), speed, chosen)

    feed.__doc__ = ABOUT[name]
    return shared(feed)


@shared
def us(
    source: Annotated[
        list[Path], typer.Argument(help="Past-performance files, chart files, archives or folders of them.")
    ],
    *,
    start: Day = None,
    end: LastDay = None,
    speed: Speed = "max",
    flags: Flags,
) -> None:
    """North America's past performances, result charts and rows of charts.

    Example: hpr feed us SAR0607.DRF BEL09292018.1 BEL09292018.2
    """
    chosen = begin(flags)
    _feed(read("us", source, (start, end)), speed, chosen)


@shared
def history(
    folder: Annotated[Path, typer.Argument(help="Folder that holds the providers' folders.")],
    *,
    start: Day = None,
    end: LastDay = None,
    json: AsJson = False,
    flags: Flags,
) -> None:
    """All the bulk history that a folder holds, provider after provider, as fast as it goes.

    Example: hpr feed history data/
    """
    chosen = begin(flags)
    figures: dict[str, dict[str, float]] = {}
    missing: list[str] = []
    for name in NAMES:
        try:
            reading = read(name, [folder], (start, end))
        except FeedError as error:
            log.info("nothing to feed", source=name, why=str(error))
            missing.append(str(error))
            continue
        figures[name], stopped = _feed(reading, "max", chosen)
        if stopped:
            break
    if not figures:
        raise FeedError(f"no history: {'; '.join(missing)}")
    typer.echo(orjson.dumps(figures).decode() if json else _text(figures))


def _feed(reading: Reading, speed: str, chosen: Settings) -> tuple[dict[str, float], bool]:
    """Publish what is read; its figures, and whether a signal ended it."""
    feed, seconds = run_feed(reading.name, reading.events, speed, chosen)
    counts = {name.replace(" ", "_"): n for name, n in sorted(reading.counts.items())}
    log.info("read", source=reading.name, **counts)
    rejects = {"dead_letters": feed.dead_letters, "seconds": round(seconds, 1)}
    return {"events": feed.published, **rejects, **counts}, feed.stop.is_set()


def _text(figures: dict[str, dict[str, float]]) -> str:
    said = "{races:,.0f} races, {events:,.0f} events, {dead_letters:,.0f} dead letters in {seconds:,.1f} s"
    return "\n".join(f"{name}: {said.format_map({'races': 0, **told})}" for name, told in figures.items())
