"""hpr bench: one benchmark, with ratios against its peers measured in the same run."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from hpr.options import AsJson
from schemas.errors import HprError

CHECKOUT = Path(__file__).resolve().parents[1]


def bench(
    name: Annotated[Literal["replay", "score", "latency"], typer.Argument(help="Which benchmark.")],
    runs: Annotated[int, typer.Option(min=1, help="Runs; the medians are printed.")] = 5,
    json: AsJson = False,
) -> None:
    """Run one benchmark of a checkout; peers are installed in environments of their own.

    Example: hpr bench replay --json
    """
    if not (CHECKOUT / "benchmarks").is_dir():
        raise HprError("benchmarks are not installed with the package: run `hpr bench` of a checkout")
    # The benchmarks are no part of the installed package.
    sys.path.insert(0, str(CHECKOUT))
    from benchmarks import latency, replay, score
    from benchmarks.report import print_report

    module = {"replay": replay, "score": score, "latency": latency}[name]
    print_report(module.measure(runs), json)
