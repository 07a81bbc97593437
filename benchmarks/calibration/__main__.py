"""`python -m benchmarks.calibration`: real and simulated moments, side by side, into docs/simulator.md.

Reads ../shared/data beside the project; writes the tables and the plots, and fails if a main moment is off.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from benchmarks.calibration import plots
from benchmarks.calibration.compare import Line, market_lines, race_lines
from benchmarks.calibration.learning import Judged, learned
from benchmarks.calibration.moments import median, moments
from benchmarks.calibration.results import race_moments, real_races
from benchmarks.calibration.simulated import START, simulated_races, simulated_tapes
from benchmarks.calibration.tapes import captured
from benchmarks.environments import PROJECT
from benchmarks.figures import put
from feeds.simulator import RaceDay, crowd, demo, events, real

DATA = PROJECT.parent / "shared" / "data"
PAGE = PROJECT / "docs" / "simulator.md"
IMAGES = PROJECT / "docs" / "images"
SEED, RACES, TAPES = 1, 3_000, 150


def main() -> int:
    """Measure, write, and say what is off."""
    lines = [*_races(), *_markets()]
    judged = learned(SEED, "GB")
    plots.learning_charts(judged, IMAGES / "simulator-learning.png")
    sections = [table(lines), learning_table(judged), speed_table()]
    PAGE.write_text(put(PAGE.read_text(encoding="utf-8"), sections), encoding="utf-8")
    print("\n".join(sections))
    off = [line.what for line in lines if line.main and not line.within]
    if off:
        print("more than 10 % off: " + "; ".join(off), file=sys.stderr)
    return int(bool(off))


def _races() -> list[Line]:
    real_ones = real_races(DATA)
    simulated = {country: simulated_races(SEED, country, RACES) for country in real_ones}
    both = tuple(
        {country: race_moments(races) for country, races in each.items()} for each in (real_ones, simulated)
    )
    plots.race_charts(real_ones, simulated, (both[0], both[1]), IMAGES / "simulator-races.png")
    return [line for country in real_ones for line in race_lines(country, both[0][country], both[1][country])]


def _markets() -> list[Line]:
    tapes, simulated = captured(DATA), simulated_tapes(SEED, TAPES)
    found = median([moments(tape) for tape in tapes]), median([moments(tape) for tape in simulated])
    plots.odds_charts(tapes, simulated, IMAGES / "simulator-odds.png")
    plots.moment_charts(*found, IMAGES / "simulator-markets.png")
    return list(market_lines(*found))


def table(lines: Sequence[Line]) -> str:
    """Moments as a Markdown table; those held within 10 % marked."""
    rows = [
        f"| {line.what} | {line.real:,.4g} | {line.simulated:,.4g} | {line.ratio:.2f} | {_held(line)} |"
        for line in lines
    ]
    head = ["| moment | real | simulated | ratio | held |", "| --- | ---: | ---: | ---: | --- |"]
    return "\n".join([*head, *rows]) + "\n"


def _held(line: Line) -> str:
    return "yes" if line.main else ""


def learning_table(judged: Sequence[Judged]) -> str:
    """Log-loss and regret as a Markdown table."""
    rows = [f"| {j.name} | {j.log_loss:.4f} | {j.regret:.4f} ± {j.regret_error:.4f} |" for j in judged]
    head = ["| model | log-loss, nats a race | regret |", "| --- | ---: | ---: |"]
    return "\n".join([*head, *rows]) + "\n"


def speed_table() -> str:
    """Events a second of one core, by the processor's clock."""
    days = {
        "demo, 60 races": (replace(demo(SEED, START), races=60), 0),
        "real, 8 races": (real(SEED, START), 0),
        "1,000 races at once, all open": (crowd(real(SEED, START), 1_000), 6_000),
    }
    rows = [f"| {name} | {events_a_second(*each):,.0f} |" for name, each in days.items()]
    return "\n".join(["| day | events a second |", "| --- | ---: |", *rows]) + "\n"


def events_a_second(day: RaceDay, after: int, most: int = 300_000) -> float:
    """Of a day's events after the first ones. From the first event on, the horses have to be bred too."""
    named = events(day)
    for _ in islice(named, after):
        pass
    began = time.process_time()
    made = sum(1 for _ in islice(named, most))
    return made / (time.process_time() - began)


if __name__ == "__main__":
    sys.exit(main())
