"""Results of Great Britain and Ireland, and of races abroad that their bookmakers bet on, as events."""

from feeds.uk_ire.history import SOURCE, read

__all__ = ["SOURCE", "read"]
