"""Hong Kong's history: the Jockey Club's meetings, joined with its details, as events."""

from feeds.hong_kong.history import SOURCE, read

__all__ = ["SOURCE", "read"]
