"""Routes of accounts, one module a part."""

from fastapi import APIRouter

from gateway.accounts.routes import (
    account,
    factors,
    keys,
    passkeys,
    play,
    preferences,
    session,
    sign_up,
)
from gateway.site import Site

PARTS = (sign_up, session, account, factors, passkeys, keys, preferences, play)


def routers(site: Site) -> list[APIRouter]:
    """All of them, in the order in which a person meets them."""
    return [part.routes(site) for part in PARTS]
