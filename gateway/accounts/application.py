"""Accounts within the application: the database brought up to date, routes, the edge, and what is swept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import structlog
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from gateway.accounts import routes, sessions, tickets, users
from gateway.delivery import routes as deliveries
from gateway.edge import Edge
from gateway.idempotency import Repeats
from gateway.idempotency import sweep as sweep_answers
from gateway.migrations import migrate
from gateway.site import Site

log = structlog.get_logger()
SWEEP_SECONDS = 600.0


def install(app: FastAPI, site: Site) -> None:
    """Give `app` the routes of accounts, and put the edge around all of it."""
    app.state.site = site
    for router in (*routes.routers(site), *deliveries.routers(site)):
        app.include_router(router)
    app.add_middleware(Repeats, site=site)
    app.add_middleware(Edge, site=site)


@asynccontextmanager
async def opened(site: Site) -> AsyncIterator[None]:
    """The database up to date, and swept of what is over while the block lasts."""
    await migrate(site.database)
    sweeping = asyncio.create_task(_sweep(site))
    try:
        yield
    finally:
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping
        await site.rates.close()
        await site.database.close()


async def _sweep(site: Site) -> None:
    while True:
        try:
            async with site.database.write() as session:
                for part in (sessions.sweep, tickets.sweep, users.sweep, sweep_answers):
                    await part(session, datetime.now(UTC))
        except SQLAlchemyError:
            log.exception("what is over could not be swept; trying again")
        await asyncio.sleep(SWEEP_SECONDS)
