"""Scoring time of a race, alone and in blocks, next to the package `shin`, whose core is compiled."""

import gc
import time

import numpy as np

from benchmarks.environments import Peer
from benchmarks.report import Report, machine, row
from models import MarketBatch, MarketModel

BLOCKS = (1, 16, 64, 256)
RUNNERS, PLACES = 12, 3
RACES = 4_096
"""Races scored for one figure."""

SHIN, WITH_PLACES = "shin", "shin, Harville loops"
"""The peer alone, which gives win probabilities, and with the places added in plain Python."""


def measure(runs: int = 5, races: int = RACES) -> Report:
    """Microseconds a race of ours and of the peer, in turns; the peer has no blocks, only single races."""
    model = MarketModel()
    blocks = {size: market(size) for size in BLOCKS}
    ours: dict[int, list[float]] = {size: [] for size in BLOCKS}
    theirs: dict[str, list[float]] = {SHIN: [], WITH_PLACES: []}
    prices = blocks[256].back.tolist()
    with Peer("shin") as peer:
        for run in range(runs + 1):
            seconds = {size: score(model, batch, races) for size, batch in blocks.items()}
            alone = {name: peer.ask(question(prices, races, name)) for name in theirs}
            if run:  # the first round is for warming up
                for size in BLOCKS:
                    ours[size].append(seconds[size])
                for name, found in alone.items():
                    theirs[name].append(found)
    rows = [
        row(f"block of {size}", name, ours[size], theirs[name], "us/race")
        for name in theirs
        for size in BLOCKS
    ]
    return Report("score", machine(), rows)


def question(prices: list[list[float]], races: int, name: str) -> dict[str, object]:
    """What the peer is asked to score; fewer races with its slow loops."""
    if name == SHIN:
        return {"prices": prices, "races": races, "places": 0}
    return {"prices": prices, "races": max(races // 16, 1), "places": PLACES}


def score(model: MarketModel, batch: MarketBatch, races: int) -> float:
    """Microseconds a race for at least `races` of them."""
    size = len(batch.places)
    rounds = -(-races // size)
    gc.collect()
    gc.disable()
    try:
        began = time.perf_counter()
        for _ in range(rounds):
            model.score(batch)
        return (time.perf_counter() - began) / (rounds * size) * 1e6
    finally:
        gc.enable()


def market(races: int, runners: int = RUNNERS) -> MarketBatch:
    """A made-up win market with a book of about 1.02 on each race."""
    chances = np.random.default_rng(7).dirichlet(np.full(runners, 2.0), races)
    back = np.clip(1.0 / (np.maximum(chances, 0.002) * 1.02), 1.01, 1000.0)
    money = np.full((races, runners), 100.0)
    return MarketBatch(
        back=back,
        back_size=money,
        lay=back * 1.03,
        lay_size=money,
        last=back * 1.01,
        traded=money * 10.0,
        past=np.repeat(back[:, :, None], 3, axis=2) * np.array([1.01, 0.98, 1.1]),
        places=np.full(races, PLACES),
        age_seconds=np.full(races, 2.0),
    )
