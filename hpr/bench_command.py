"""hpr bench: one benchmark, with ratios against its peers measured in the same run."""

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from hpr.options import AsJson
from schemas.errors import HprError

CHECKOUT = Path(__file__).resolve().parents[1]

Name = Literal[
    "replay",
    "score",
    "belief",
    "codec",
    "latency",
    "worker",
    "memory",
    "profile",
    "fanout",
    "alerts",
    "rest",
    "archive",
    "history",
    "clickhouse",
]


def bench(
    name: Annotated[Name, typer.Argument(help="Which benchmark.")],
    runs: Annotated[
        int | None,
        typer.Option(min=1, help="Runs; the medians are printed [5; worker 3; memory, profile, history 1]."),
    ] = None,
    scale: Annotated[
        float,
        typer.Option(
            min=0.01, help="Part of the usual length of latency, worker, memory, profile and clickhouse."
        ),
    ] = 1.0,
    json: AsJson = False,
) -> None:
    """Run one benchmark of a checkout; peers are installed in environments of their own.

    Example: hpr bench replay --json
    """
    if not (CHECKOUT / "benchmarks").is_dir():
        raise HprError("benchmarks are not installed with the package: run `hpr bench` of a checkout")
    # The benchmarks are no part of the installed package.
    sys.path.insert(0, str(CHECKOUT))
    from benchmarks.report import print_report

    measure = import_module(f"benchmarks.{name}").measure
    with redirect_stdout(sys.stderr):  # what is measured may log: the output is the report alone
        report = measure(**_lengths(measure, runs, scale))
    print_report(report, json)


def _lengths(measure: Callable[..., Any], runs: int | None, scale: float) -> dict[str, Any]:
    """What a benchmark takes of the two; without `runs` it has its own number of them."""
    given: dict[str, Any] = {"scale": scale} if runs is None else {"runs": runs, "scale": scale}
    return {key: value for key, value in given.items() if key in signature(measure).parameters}
