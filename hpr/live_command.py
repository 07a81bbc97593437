"""hpr feed betfair --live: options of the live feed, and the feed made from the settings."""

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hpr.settings import Settings
from schemas.errors import SettingsError
from topics.producer import EventProducer

if TYPE_CHECKING:
    from feeds.betfair.live.live import LiveFeed, Options
    from feeds.betfair.live.session import Account, Credentials

REQUIRED = ("betfair_app_key", "betfair_username", "betfair_password")

Live = Annotated[
    bool, typer.Option("--live", help="Betfair's Exchange Stream itself, by the account in HPR_BETFAIR_*.")
]
Countries = Annotated[
    list[str] | None,
    typer.Option(
        "--country", help="Live: races there, by ISO 3166 code; all if left out [HPR_BETFAIR_COUNTRIES]."
    ),
]
MarketTypes = Annotated[
    list[str] | None,
    typer.Option(
        "--market-type", help="Live: WIN, PLACE or OTHER_PLACE [HPR_BETFAIR_MARKET_TYPES, WIN,PLACE]."
    ),
]
Hours = Annotated[
    float | None, typer.Option(help="Live: races that start within so many hours [HPR_BETFAIR_HOURS, 24].")
]
Record = Annotated[
    str | None,
    typer.Option(help="Live: folder to record to, in Betfair's historical format [HPR_BETFAIR_RECORD]."),
]
HeartbeatMs = Annotated[
    int | None,
    typer.Option(help="Live: the stream's heartbeat, 500 to 5000 [HPR_BETFAIR_HEARTBEAT_MS, 5000]."),
]
ConflateMs = Annotated[
    int | None, typer.Option(help="Live: changes conflated to one in so long [HPR_BETFAIR_CONFLATE_MS, 0].")
]
MarketLimit = Annotated[
    int | None,
    typer.Option(help="Live: markets that one subscription may have [HPR_BETFAIR_MARKET_LIMIT, 200]."),
]
Connections = Annotated[
    int | None, typer.Option(help="Live: connections at most [HPR_BETFAIR_CONNECTIONS, 4].")
]


def live_flags(**flags: Any) -> dict[str, Any]:
    """Flags of the live feed by the names of their settings; lists become what a variable would hold."""
    return {
        f"betfair_{name}": ",".join(value) if isinstance(value, list) else value
        for name, value in flags.items()
        if value is not None and value != []
    }


def run(chosen: Settings, producer: Callable[[], EventProducer]) -> None:
    """Feed until Ctrl-C or SIGTERM; `producer` is made once all else is in place.

    Raises SettingsError where the account is not told, FeedError where Betfair refuses for good.
    """
    from feeds.betfair.live.connection import Address
    from feeds.betfair.live.live import LiveFeed
    from feeds.betfair.live.recorder import Recorder
    from feeds.betfair.live.session import Account, tls

    credentials = _credentials(chosen)
    for name in ("httpx", "httpcore"):  # whose debug records show the session's token
        logging.getLogger(name).setLevel(logging.WARNING)
    host, _, port = chosen.betfair_stream.rpartition(":")
    ca, record = _path(chosen.betfair_ca), _path(chosen.betfair_record)
    account = Account(credentials, chosen.betfair_login, chosen.betfair_api, ca)
    address = Address(host, int(port), tls(ca))
    with Recorder(record) if record else nullcontext() as recorder:
        feed = LiveFeed(account, address, producer(), options=_options(chosen), recorder=recorder)
        asyncio.run(_until_told(feed, account))


async def _until_told(feed: "LiveFeed", account: "Account") -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with account:
        await feed.run(stop)


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def _credentials(chosen: Settings) -> "Credentials":
    from feeds.betfair.live.session import Credentials

    key, username, password = chosen.betfair_app_key, chosen.betfair_username, chosen.betfair_password
    if key is None or username is None or password is None:
        missing = [f"HPR_{name.upper()}" for name in REQUIRED if getattr(chosen, name) is None]
        raise SettingsError(f"--live needs {', '.join(missing)}; set them as variables or in hpr.toml")
    certificate, its_key = _path(chosen.betfair_certificate), _path(chosen.betfair_certificate_key)
    return Credentials(key, username, password.get_secret_value(), certificate, its_key)


def _options(chosen: Settings) -> "Options":
    from feeds.betfair.live.catalogue import Window
    from feeds.betfair.live.live import Options

    window = Window(
        tuple(filter(None, chosen.betfair_countries.split(","))),
        tuple(chosen.betfair_market_types.split(",")),
        chosen.betfair_hours,
    )
    return Options(
        window,
        heartbeat_ms=chosen.betfair_heartbeat_ms,
        conflate_ms=chosen.betfair_conflate_ms,
        market_limit=chosen.betfair_market_limit,
        connections=chosen.betfair_connections,
    )
