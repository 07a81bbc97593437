"""Options of hpr backtest."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

History = Literal["hong-kong", "uk-ire", "anz-bsp", "us", "betfair", "simulator"]

Strategies = Annotated[
    list[str],
    typer.Argument(help="favourite, random, a rule (.toml), or FILE.py:Class. Several share one run."),
]
Data = Annotated[
    list[Path] | None, typer.Option(help="Folder of records, or captures; the simulator needs none.")
]
Whose = Annotated[History, typer.Option(help="Whose records they are.")]
Start = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of races.")]
End = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of races.")]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        help="Folder of hpr train, or a version in the registry: form, learnt from all records, scores "
        "beside the market. Of several, each race has the one trained latest before it.",
    ),
]
At = Annotated[
    str,
    typer.Option(help="When to decide: close, change, 10m, 5m, 1m, 10s before the off; comma separated."),
]
Pool = Annotated[str, typer.Option(help="Pool of one race that favourite and random bet on, such as exacta.")]
Where = Annotated[
    Literal["TOTE", "FIXED", "STARTING_PRICE", "EXCHANGE"] | None,
    typer.Option(help="Where they bet; what the records are of if left out."),
]
Stake = Annotated[str, typer.Option(help="flat:10, proportional:0.01 or kelly:0.25.")]
Bankroll = Annotated[float, typer.Option(min=0.01, help="Money to begin with.")]
DailyLoss = Annotated[float | None, typer.Option(min=0.01, help="Money that may be lost in a day.")]
Commission = Annotated[float, typer.Option(min=0, max=0.5, help="Commission of the exchange.")]
Delay = Annotated[float, typer.Option(min=0, help="Seconds until an exchange order is placed.")]
PoolSize = Annotated[
    float | None, typer.Option(min=1, help="Money in a pool, so that own stakes move dividends.")
]
Takeout = Annotated[float, typer.Option(min=0, max=0.5, help="The pool's takeout, with --pool-size.")]
Walked = Annotated[
    Literal["year", "month", "day"] | None,
    typer.Option(help="Walk forward over the grid of a rule, by period."),
]
Seed = Annotated[int, typer.Option(help="Of the strategy random, and of the simulator.")]
Races = Annotated[int, typer.Option(min=1, help="Races that the simulator runs.")]
Out = Annotated[Path | None, typer.Option(help="The report: .html, and .json beside it.")]
Journal = Annotated[Path, typer.Option(help="File that counts the strategies tried on the same races.")]
