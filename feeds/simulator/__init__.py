"""A race day from a seed: cards, odds, scratches and results of races that nobody ran."""

from feeds.simulator.day import REAL, Chances, RaceDay, crowd, demo, real
from feeds.simulator.events import SOURCE, Named, events
from feeds.simulator.history import PastRun, form_of, history
from feeds.simulator.seasons import History

__all__ = [
    "REAL",
    "SOURCE",
    "Chances",
    "History",
    "Named",
    "PastRun",
    "RaceDay",
    "crowd",
    "demo",
    "events",
    "form_of",
    "history",
    "real",
]
