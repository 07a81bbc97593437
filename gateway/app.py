"""The gateway as one application, and the server that runs it."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import uvicorn
from fastapi import FastAPI
from uvicorn.server import ServerState

from gateway import exotic_routes, interactions, pages, past, problems, registry, rest
from gateway.accounts import application as accounts
from gateway.accounts.live import LiveAuthority
from gateway.alerts.previews import Previews, Where
from gateway.errors import GatewayError
from gateway.hub import Hub
from gateway.protocol import Limits
from gateway.race_page import RacePage
from gateway.site import Site, SiteSettings, open_site
from gateway.viewer import Authority
from gateway.ws import LiveProtocol
from schemas import history
from schemas.codec import Codec
from schemas.history import History

BACKLOG = 1024
USER_TIMEOUT_MS = 20_000
SHUTDOWN_SECONDS = 3
UNSENT_BYTES = 256 * 1024
"""What the kernel holds unsent of a connection: a slow client is to be conflated, not to read old states."""


def create_app(
    bootstrap: str,
    prefix: str = "",
    static: Path = pages.BUILT,
    limits: Limits | None = None,
    committed: History | None = None,
    *,
    codec: Codec | None = None,
    authority: Authority | None = None,
    site: Site | None = None,
    past_at: str = past.DEFAULT,
    archive: str | None = None,
) -> FastAPI:
    """The application: reads `racing.races` and `feeds.status` under `prefix` from the brokers `bootstrap`.

    `static` is the folder of the built dashboard, `committed` the schema history if not the project's own,
    `codec` one with ids of its own, such as another registry's, which are then the ids that are served;
    `authority` says who live clients are, where there are accounts, those of `site`; `past_at` where
    history is asked: a socket's path, or a ClickHouse server by DSN; `archive` where days are previewed.
    """
    authority = authority or (None if site is None else LiveAuthority(site))
    codec = codec or Codec(committed or history.load())
    hub = Hub(bootstrap, prefix, codec, limits, authority)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as open_here:
            if site is not None:
                await open_here.enter_async_context(accounts.opened(site))
            await hub.start()
            open_here.push_async_callback(hub.stop)
            open_here.callback(app.state.previews.close)
            yield

    app = FastAPI(
        title="HorseRacePro",
        summary="Live races: probabilities, prices, alerts. It helps a person decide; it never bets.",
        version="1",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.hub = hub
    app.state.previews = Previews(Where(bootstrap, prefix, archive, codec.history))
    problems.install(app)
    for router in (rest.races(hub), exotic_routes.routes(hub), past.routes(past_at), rest.service(hub)):
        app.include_router(router)
    app.add_middleware(RacePage, hub=hub)
    if site is not None:
        accounts.install(app, site)
        app.include_router(interactions.routes(site, interactions.Publisher(bootstrap, prefix, codec)))
    registry.install(app, codec.history)
    pages.install(app, static)
    return app


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to `host` and `port` (0: any free one).

    Raises GatewayError if the port is taken or the address is not of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise GatewayError(f"cannot listen on {host}: {error.strerror}") from error
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Inherited by connections: one that reads nothing any more is dropped by the kernel.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
    try:
        bound.bind(address)
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise GatewayError(
            f"cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}; try another --port"
        ) from error
    return bound


def server(app: FastAPI) -> uvicorn.Server:
    """The server for `app`; run it with `sockets=[listen(host, port)]`.

    The live protocol has its own way past ASGI, which would cost a task, a queue and a copy a client.
    """

    def live(config: uvicorn.Config, server_state: ServerState, app_state: dict[str, Any]) -> LiveProtocol:
        del config, app_state
        return LiveProtocol(app.state.hub, server_state)

    config = uvicorn.Config(
        app,
        loop="uvloop",
        ws=cast(type[asyncio.Protocol], live),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    return uvicorn.Server(config)


def serve(
    host: str,
    port: int,
    bootstrap: str,
    prefix: str = "",
    *,
    codec: Codec | None = None,
    site: SiteSettings | None = None,
    past_at: str = past.DEFAULT,
    archive: str | None = None,
) -> None:
    """Serve until told to stop; without `site` there are no accounts.

    Raises GatewayError, before anything is started, if the port cannot be had or the site not be opened.
    """
    opened = None if site is None else open_site(site)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # a connection is a file
    with listen(host, port) as bound:
        app = create_app(bootstrap, prefix, codec=codec, site=opened, past_at=past_at, archive=archive)
        server(app).run(sockets=[bound])
