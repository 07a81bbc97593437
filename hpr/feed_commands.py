"""hpr feed: one feed into the topics."""

import signal
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import structlog
import typer

from feeds.runner import Feed
from hpr.codec import codec
from hpr.live_command import (
    ConflateMs,
    Connections,
    Countries,
    HeartbeatMs,
    Hours,
    Live,
    MarketLimit,
    MarketTypes,
    Record,
    live_flags,
)
from hpr.live_command import run as run_live
from hpr.options import Flags, begin, shared
from hpr.settings import Settings
from schemas.errors import SettingsError
from schemas.records import Event
from topics.admin import answers, require
from topics.catalogue import DEAD_LETTERS, FEED_STATUS, FORM_EVENTS, RACE_EVENTS
from topics.producer import EventProducer

app = typer.Typer(help="One feed into the topics.", no_args_is_help=True)
log = structlog.get_logger("hpr.feed")

FED = (*RACE_EVENTS, *FORM_EVENTS, DEAD_LETTERS, FEED_STATUS)
"""Topics that feeds publish to."""

Speed = Annotated[str, typer.Option(help="Times real time, such as 1 or 60, or max for as fast as it goes.")]


@app.command()
@shared
def betfair(
    *,
    source: Annotated[
        list[Path] | None, typer.Argument(help="Captures (.bz2, .gz, .zip, plain) or folders of them.")
    ] = None,
    live: Live = False,
    country: Countries = None,
    market_type: MarketTypes = None,
    hours: Hours = None,
    record: Record = None,
    heartbeat_ms: HeartbeatMs = None,
    conflate_ms: ConflateMs = None,
    market_limit: MarketLimit = None,
    connections: Connections = None,
    speed: Speed = "max",
    max_gap: Annotated[
        float, typer.Option(min=0, help="Silence of the recording, in seconds, beyond which it is cut short.")
    ] = 60.0,
    flags: Flags,
) -> None:
    """Betfair market streams: recorded ones, several merged by publish time, or --live as they come.

    Example: hpr feed betfair captures/ --speed 60
    """
    from feeds.betfair.files import find_captures
    from feeds.betfair.recorded import recorded

    if live == bool(source):
        raise SettingsError("give captures or folders of them, or --live")
    if source:
        find_captures(source)
    chosen = begin(
        flags,
        **live_flags(
            countries=country,
            market_types=market_type,
            hours=hours,
            record=record,
            heartbeat_ms=heartbeat_ms,
            conflate_ms=conflate_ms,
            market_limit=market_limit,
            connections=connections,
        ),
    )
    if not source:
        run_live(chosen, lambda: _producer(chosen))
        return
    run_feed("betfair", (named for _, events in recorded(source) for named in events), speed, chosen, max_gap)


@app.command()
@shared
def simulator(
    *,
    seed: Annotated[int, typer.Option(help="Same seed and start, same bytes.")] = 1,
    profile: Annotated[
        Literal["demo", "real"],
        typer.Option(help="demo: a race every few minutes; real: a day in its own time."),
    ] = "demo",
    start: Annotated[datetime | None, typer.Option(help="First instant (UTC); now if left out.")] = None,
    races: Annotated[
        int | None, typer.Option(min=1, help="Races; as the profile has it if left out.")
    ] = None,
    races_at_once: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Races open at once, at all tracks, without end.")
    ] = None,
    speed: Speed = "1",
    flags: Flags,
) -> None:
    """A simulated race day.

    Example: hpr feed simulator --seed 7
    """
    from dataclasses import replace

    from feeds import simulator as world

    chosen = begin(flags)
    first = (start or datetime.now(UTC)).replace(tzinfo=UTC)
    day = (world.demo if profile == "demo" else world.real)(seed, first)
    if races_at_once is not None:
        day = world.crowd(day, races_at_once)
    if races is not None:
        day = replace(day, races=races)
    told = (named for named in world.events(day, form=True) if named[0] != "FeedStatus")
    run_feed("simulator", told, speed, chosen)


def parse_speed(text: str) -> float | None:
    """A speed factor; None for max. Raises SettingsError for anything else."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0.0 < speed < 1e6:
        raise SettingsError(f"--speed {text}: give a number such as 1 or 60, or max")
    return speed


def run_feed(
    source: str,
    events: Iterable[tuple[str, Event]],
    speed: str,
    chosen: Settings,
    longest_gap: float | None = None,
) -> tuple[Feed, float]:
    """Publish `events` at `speed` until they end or a signal comes; the feed as it ended, and the seconds."""
    factor = parse_speed(speed)
    feed = Feed(source, _producer(chosen), factor, longest_gap, on_progress=_progress)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: feed.stop.set())
    started = time.monotonic()
    feed.run(events)
    seconds = time.monotonic() - started
    log.info(
        "feed ended",
        source=source,
        events=feed.published,
        dead_letters=feed.dead_letters,
        seconds=round(seconds, 1),
    )
    return feed, seconds


def _producer(chosen: Settings) -> EventProducer:
    wire = codec(chosen)
    wait_for_broker(chosen.broker)
    require(chosen.broker, [chosen.topic_prefix + topic.name for topic in FED])
    return EventProducer(chosen.broker, chosen.topic_prefix, wire)


def _progress(feed: Feed) -> None:
    log.info("feeding", source=feed.source, events=feed.published, dead_letters=feed.dead_letters)


def wait_for_broker(bootstrap: str) -> None:
    """Wait until Kafka answers, saying so once and then now and again."""
    tries = 0
    while not answers(bootstrap):
        if tries % 10 == 0:
            log.warning("no Kafka answers yet; trying again", broker=bootstrap)
        tries += 1
        time.sleep(1.0)
