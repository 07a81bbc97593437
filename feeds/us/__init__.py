"""North American racing: past-performance files, result charts and rows of charts, as events."""

from feeds.us.history import SOURCE, read

__all__ = ["SOURCE", "read"]
