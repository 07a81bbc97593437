"""The package shin: win probabilities race after race, and if asked Harville's places by loops."""

import gc
import itertools
import json
import sys
import time

import shin


def harville(win: list[float], places: int) -> list[float]:
    """Chance of each runner to finish within `places` (Harville 1973), over all orders of finish."""
    within = [0.0] * len(win)
    for order in itertools.permutations(range(len(win)), places):
        chance, left = 1.0, 1.0
        for runner in order:
            chance *= win[runner] / left
            left -= win[runner]
        for runner in order:
            within[runner] += chance
    return within


def score(prices: list[list[float]], races: int, places: int) -> float:
    """Microseconds a race."""
    began = time.perf_counter()
    for race in itertools.islice(itertools.cycle(prices), races):
        win = shin.calculate_implied_probabilities(race)
        if places:
            harville(win, places)
    return (time.perf_counter() - began) / races * 1e6


for line in sys.stdin:
    gc.collect()
    gc.disable()
    print(json.dumps(score(**json.loads(line))), flush=True)
    gc.enable()
