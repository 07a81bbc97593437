"""Real and simulated side by side: odds charts, moments, and what models learn."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from benchmarks.calibration.learning import Judged
from benchmarks.calibration.moments import BUCKETS, MarketMoments
from benchmarks.calibration.results import Race, RaceMoments
from benchmarks.calibration.tapes import LAST, Tape

mpl.use("Agg")

REAL, SIMULATED = "#1f77b4", "#d95f02"
HOUR = 60.0
CENTRES = [0.5 * (low + high) for low, high in BUCKETS]


def odds_charts(real: Sequence[Tape], simulated: Sequence[Tape], path: Path) -> None:
    """The last hour of last traded prices: real markets left, right simulated ones of like fields."""
    pairs = list(zip(real, alike(real, simulated), strict=False))
    rows = len(pairs)
    figure, axes = plt.subplots(rows, 2, figsize=(12, 2.9 * rows), sharex=True, sharey=True)
    for row, pair in enumerate(pairs):
        for axis, tape, name in zip(axes[row], pair, ("real", "simulated"), strict=True):
            _odds(axis, tape)
            if row == 0:
                axis.set_title(name)
            if row == rows - 1:
                axis.set_xlabel("minutes to the off")
    _save(figure, path)


def alike(real: Sequence[Tape], simulated: Sequence[Tape]) -> list[Tape]:
    """For each real market the first simulated one left whose number of runners is nearest."""
    left, found = list(simulated), list[Tape]()
    for tape in real[: len(simulated)]:
        nearest = min(
            range(len(left)), key=[abs(len(each.lines) - len(tape.lines)) for each in left].__getitem__
        )
        found.append(left.pop(nearest))
    return found


def _odds(axis: Any, tape: Tape) -> None:
    for line in tape.lines.values():
        shown = line[(line[:, 0] <= HOUR) & ~np.isnan(line[:, 1 + LAST])]
        axis.step(shown[:, 0], shown[:, 1 + LAST], where="post", linewidth=0.8)
    axis.set_yscale("log")
    axis.set_xlim(HOUR, 0.0)
    axis.set_ylim(1.4, 120.0)
    axis.set_yticks([2, 5, 10, 20, 50, 100], ["2", "5", "10", "20", "50", "100"])


def moment_charts(real: MarketMoments, simulated: MarketMoments, path: Path) -> None:
    """Moments of exchange markets by minutes to the off."""
    shown = {
        "volatility": "volatility of log odds a minute",
        "updates_a_minute": "updates a minute",
        "back_overround": "overround to back",
        "spread_ticks": "spread in ticks, odds below 10",
        "turnover": "part of the money traded",
        "lay_overround": "overround to lay",
    }
    figure, axes = plt.subplots(2, 3, figsize=(13, 6.5))
    for axis, (name, title) in zip(axes.flat, shown.items(), strict=True):
        for moments, colour, label in ((real, REAL, "real"), (simulated, SIMULATED, "simulated")):
            axis.plot(CENTRES, getattr(moments, name), "o-", color=colour, label=label)
        axis.set_title(title, fontsize=10)
        axis.set_xlim(HOUR, 0.0)
    axes[0, 0].legend()
    _save(figure, path)


def race_charts(
    real: dict[str, list[Race]],
    simulated: dict[str, list[Race]],
    moments: tuple[dict[str, RaceMoments], dict[str, RaceMoments]],
    path: Path,
) -> None:
    """Field sizes and strike rates by rank in the betting, a column a country."""
    figure, axes = plt.subplots(2, len(real), figsize=(13, 6), sharey="row")
    sizes = np.arange(2, 22)
    for column, country in enumerate(real):
        for races, by, colour, label in (
            (real, moments[0], REAL, "real"),
            (simulated, moments[1], SIMULATED, "simulated"),
        ):
            counted = np.bincount([len(race.odds) for race in races[country]], minlength=30)[2:22]
            axes[0, column].step(sizes, counted / counted.sum(), where="mid", color=colour, label=label)
            strikes = by[country].strikes
            axes[1, column].plot(range(1, len(strikes) + 1), strikes, "o-", color=colour)
        axes[0, column].set_title(f"{country}: field size", fontsize=10)
        axes[1, column].set_title("strike rate by rank in the betting", fontsize=10)
    axes[0, 0].legend()
    _save(figure, path)


def learning_charts(judged: Sequence[Judged], path: Path) -> None:
    """Calibration of each model, and its regret."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.5))
    left.plot([0.003, 1.0], [0.003, 1.0], color="grey", linewidth=0.8)
    for each in judged[1:]:
        given, won, _ = zip(*(b for b in each.bins if b[2] >= 50 and b[1] > 0.0), strict=True)
        left.plot(given, won, "o-", label=each.name, markersize=4)
    left.set(xscale="log", yscale="log", xlabel="chance given", ylabel="part that won")
    left.legend()
    right.barh([j.name for j in judged], [j.regret for j in judged], color=SIMULATED)
    right.invert_yaxis()
    right.set_xlabel("regret, nats a race, against the true chances")
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=65, metadata={"Software": None})
    plt.close(figure)
    with Image.open(path) as image:
        small = image.convert("RGB").quantize(48)
    small.save(path, optimize=True)
