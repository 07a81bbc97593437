"""Routes of rules, channels, webhooks and deliveries, one module a part."""

from fastapi import APIRouter

from gateway.delivery.routes import channels, deliveries, rules, webhooks
from gateway.site import Site

PARTS = (rules, channels, webhooks, deliveries)


def routers(site: Site) -> list[APIRouter]:
    """All of them."""
    return [part.routes(site) for part in PARTS]
