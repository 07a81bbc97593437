"""Replay of real captures through the pure path, next to flumine and betfairlightweight."""

import gc
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.environments import PROJECT, Peer
from benchmarks.report import Report, Row, machine, row
from feeds.betfair.files import merged
from feeds.betfair.recorded import recorded
from schemas.errors import HprError
from schemas.records import Event
from streams.lines import BUFFER_BYTES
from streams.replay import Races, located, replay

ONE = ("1.206064380",)
FIVE = ("1.170462852", "1.170462855", "1.170462859", "1.170462893", "1.170462894")

Work = Callable[[list[Path]], object]

COMPARED = [
    ("one market, scored and written", "one scored", "flumine", "flumine, one"),
    ("one market, decode and fold", "one folded", "flumine", "flumine, one"),
    ("five markets, scored and written", "five scored", "flumine", "flumine, five"),
    ("five markets, in two processes", "five in two", "flumine", "flumine, five"),
    ("one market, scored and written", "one scored", "betfairlightweight", "betfairlightweight, one"),
    ("one market, decode and fold", "one folded", "betfairlightweight", "betfairlightweight, one"),
    ("five markets, scored and written", "five scored", "betfairlightweight", "betfairlightweight, five"),
    ("five markets, in two processes", "five in two", "betfairlightweight", "betfairlightweight, five"),
]
"""What a row is called, our figure, the peer, and its figure."""


def measure(runs: int = 5) -> Report:
    """Messages a second of ours and of the peers in turns, each warmed up by a run that does not count.

    Raises HprError where the captures are not on this machine.
    """
    one, five = captures(ONE), captures(FIVE)
    with ExitStack() as stack:
        flumine = stack.enter_context(Peer("flumine"))
        lightweight = stack.enter_context(Peer("betfairlightweight"))
        pool = stack.enter_context(Peer("pool", with_project=True))
        peers = {
            "flumine, one": lambda: flumine.ask(names(one)),
            "flumine, five": lambda: flumine.ask(names(five)),
            "betfairlightweight, one": lambda: lightweight.ask(names(one)),
            "betfairlightweight, five": lambda: lightweight.ask(names(five)),
        }
        ours = {
            "one scored": lambda: timed(score_and_write, one),
            "one folded": lambda: timed(decode_and_fold, one),
            "five scored": lambda: timed(score_and_write, five),
            "five in two": lambda: pool.ask([names(five), 2]),
        }
        seconds = in_turns({**ours, **peers}, runs)
    counts = {name: messages(five if "five" in name else one) for name in seconds}
    rates = {name: [counts[name] / each for each in found] for name, found in seconds.items()}
    return Report("replay", machine(), rows(rates))


def rows(rates: dict[str, list[float]]) -> list[Row]:
    """Rows from the messages a second of each run."""
    return [
        row(what, peer, rates[ours], rates[theirs], "messages/s") for what, ours, peer, theirs in COMPARED
    ]


def in_turns(each: dict[str, Callable[[], Any]], runs: int) -> dict[str, list[float]]:
    """Seconds of every run of each, one after the other; the first round is for warming up."""
    rounds = [{name: float(run()) for name, run in each.items()} for _ in range(runs + 1)]
    return {name: [seconds[name] for seconds in rounds[1:]] for name in each}


def timed(work: Work, files: list[Path]) -> float:
    """Seconds of one run with the garbage collector set as `hpr replay` sets it."""
    with collector_as_in_replay():
        began = time.perf_counter()
        work(files)
        return time.perf_counter() - began


def score_and_write(files: list[Path]) -> int:
    """Every scoring point computed, and every line published written to a file; returns the lines."""
    lines = 0
    with tempfile.TemporaryFile(buffering=BUFFER_BYTES) as out:
        for published in replay(events(files)):
            out.write(published.line + b"\n")
            lines += 1
    return lines


def decode_and_fold(files: list[Path]) -> Races:
    """The captures decoded and folded into the states of their races; nothing is scored."""
    races = Races()
    for each in located(events(files)):
        races[each.event["race_id"]].fold(each.name, each.event)
    return races


def events(files: list[Path]) -> Iterator[tuple[str, Event]]:
    """Events of captures, as `hpr replay` reads them."""
    return (named for _, events in recorded(files) for named in events)


def messages(files: list[Path]) -> int:
    """How many stream messages the captures hold."""
    return sum(1 for _ in merged(files))


@contextmanager
def collector_as_in_replay() -> Iterator[None]:
    """No search for cycles while it lasts; what the run left behind is collected at the end."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def captures(markets: tuple[str, ...]) -> list[Path]:
    """Files of win markets under HPR_DATA, or ../shared/data beside the checkout.

    Raises HprError naming the first that is not there.
    """
    data = Path(os.environ.get("HPR_DATA") or PROJECT.parent / "shared" / "data")
    files = [data / "betfair_streams" / "win" / f"{market}.bz2" for market in markets]
    for file in files:
        if not file.is_file():
            raise HprError(f"{file}: no such capture; set HPR_DATA to the folder that has betfair_streams")
    return files


def names(files: list[Path]) -> list[str]:
    """Full paths, for a peer."""
    return [str(file.resolve()) for file in files]
