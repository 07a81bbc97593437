"""A race day from a seed: cards, odds, scratches and results of races that nobody ran."""

from feeds.simulator.day import Chances, RaceDay, demo, real
from feeds.simulator.events import SOURCE, Named, events

__all__ = ["SOURCE", "Chances", "Named", "RaceDay", "demo", "events", "real"]
