"""What we believe: probability models as pure functions over arrays."""

from models.interface import MarketBatch, Model, Scores
from models.market import MarketModel, PlaceMarketModel
from models.movement import movement, relative, trend
from models.overround import power, proportional, shin
from models.places import DISCOUNTED, HARVILLE, finish_within
from models.quotes import Quotes, consensus

__all__ = [
    "DISCOUNTED",
    "HARVILLE",
    "MarketBatch",
    "MarketModel",
    "Model",
    "PlaceMarketModel",
    "Quotes",
    "Scores",
    "consensus",
    "finish_within",
    "movement",
    "power",
    "proportional",
    "relative",
    "shin",
    "trend",
]
