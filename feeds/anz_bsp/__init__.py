"""Betfair's starting prices of Australia and New Zealand, with what traded before the off, as events."""

from feeds.anz_bsp.history import SOURCE, read

__all__ = ["SOURCE", "read"]
