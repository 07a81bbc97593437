"""Routes of rules, channels, webhooks, deliveries and what comes of them, one module a part."""

from fastapi import APIRouter

from gateway.delivery.routes import channels, deliveries, previews, reconciliations, rules, webhooks
from gateway.site import Site

PARTS = (previews, rules, channels, webhooks, deliveries, reconciliations)


def routers(site: Site) -> list[APIRouter]:
    """All of them."""
    return [part.routes(site) for part in PARTS]
