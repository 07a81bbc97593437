"""flumine's simulation: a strategy that takes every market book and does nothing gives seconds; one bets.

A question is a list of files, or files, seconds, queue and stake for one bet on each market's favourite.
"""

import gc
import json
import logging
import sys
import time

from betfairlightweight.streaming import cache
from flumine import BaseStrategy, FlumineSimulation, clients
from flumine.order.ordertype import LimitOrder
from flumine.order.trade import Trade
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


class Favourite(BaseStrategy):
    """Backs the shortest price once, so many seconds before the off, at the best price or behind it."""

    seconds, queue, stake = 60.0, False, 10.0

    def check_market_book(self, market: object, book: object) -> bool:
        if book.inplay:
            self.context.setdefault("off", {}).setdefault(market.market_id, book.publish_time_epoch)
        return book.status == "OPEN" and not book.inplay and market.seconds_to_start <= self.seconds

    def process_market_book(self, market: object, book: object) -> None:
        runners = [r for r in book.runners if r.status == "ACTIVE" and r.ex.available_to_back]
        if market.market_id in self.context.setdefault("done", set()) or not runners:
            return
        self.context["done"].add(market.market_id)
        runner = min(runners, key=lambda r: r.ex.available_to_back[0]["price"])
        offered = runner.ex.available_to_lay if self.queue else runner.ex.available_to_back
        if not offered:
            return
        trade = Trade(market.market_id, runner.selection_id, runner.handicap, self)
        market.place_order(trade.create_order("BACK", LimitOrder(offered[0]["price"], self.stake)))


def bet(files: list[str], seconds: float, queue: bool, stake: float) -> list[dict[str, object]]:
    """The orders of Favourite over files, one market each."""
    orders = []
    for file in files:
        framework = FlumineSimulation(client=clients.SimulatedClient())
        streams = [BetfairHistoricalStream(file_path=file)]
        strategy = Favourite(streams=streams, max_selection_exposure=1e6, max_order_exposure=1e6)
        strategy.seconds, strategy.queue, strategy.stake = seconds, queue, stake
        framework.add_strategy(strategy)
        framework.run()
        offs = strategy.context.get("off", {})
        orders += [
            told(order, offs.get(market.market_id))
            for market in framework.markets
            for order in market.blotter
        ]
    return orders


def told(order: object, off: int | None) -> dict[str, object]:
    """An order as it stood at the off: some captures hold no suspension, at which it would lapse."""
    fills = [(price, size) for time, price, size in order.simulated.matched if off is None or time < off]
    matched = sum(size for _, size in fills)
    back = sum(price * size for price, size in fills)
    return {
        "market": order.market_id, "runner": str(order.selection_id), "price": order.order_type.price,
        "matched": round(matched, 2), "average": back / matched if matched else 0.0,
        "profit": back - matched if order.profit > 0.0 else -matched,
    }  # fmt: skip


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
    asked = json.loads(line)
    print(json.dumps(simulate(asked) if isinstance(asked, list) else bet(**asked)), flush=True)
    gc.enable()
    gc.unfreeze()
