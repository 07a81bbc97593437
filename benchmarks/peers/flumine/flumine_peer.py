"""flumine's simulation with a strategy that takes every market book and does nothing; gives seconds."""

import gc
import json
import logging
import sys
import time

from betfairlightweight.streaming import cache
from flumine import BaseStrategy, FlumineSimulation, clients
from flumine.streams.betfairhistoricalstream import BetfairHistoricalStream

ABSENT = {"discountAllowed": True, "marketBaseRate": 5.0, "regulators": [], "version": 0}
strict_definition = cache.MarketDefinition


def definition(**fields: object) -> object:
    # The recorder of some captures left fields out without which the peer does not read them at all.
    return strict_definition(**{**ABSENT, **fields})


class Idle(BaseStrategy):
    def check_market_book(self, *_: object) -> bool:
        return True

    def process_market_book(self, *_: object) -> None:
        pass


def simulate(files: list[str]) -> float:
    framework = FlumineSimulation(client=clients.SimulatedClient())
    several = len(files) > 1
    streams = [BetfairHistoricalStream(file_path=f, event_processing=several, event_id="x") for f in files]
    framework.add_strategy(Idle(streams=streams))
    began = time.perf_counter()
    framework.run()
    return time.perf_counter() - began


logging.disable(logging.CRITICAL)
cache.MarketDefinition = definition
for line in sys.stdin:
    # The same settings of the collector as ours.
    gc.collect()
    gc.freeze()
    gc.disable()
    print(json.dumps(simulate(json.loads(line))), flush=True)
    gc.enable()
    gc.unfreeze()
