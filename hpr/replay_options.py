"""Options of hpr replay."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

Sources = Annotated[
    list[str],
    typer.Argument(
        help="Captures (.bz2, .gz, .zip, plain) or folders of them; or archive:FOLDER, "
        "s3://bucket/prefix, topics:PREFIX."
    ),
]
Out = Annotated[Path | None, typer.Option(help="File for the predictions; standard output if left out.")]
Into = Annotated[
    str | None, typer.Option(help="Prefix of topics to publish the events to, instead of predictions.")
]
Since = Annotated[datetime | None, typer.Option("--from", help="Only what was recorded from then on (UTC).")]
Until = Annotated[datetime | None, typer.Option("--to", help="Only what was recorded before (UTC).")]
Speed = Annotated[str, typer.Option(help="Times real time, such as 1 or 60, or max for as fast as it goes.")]
RunSize = Annotated[int, typer.Option(min=1, help="Events worked at once; the lines are the same for any.")]
Processes = Annotated[int, typer.Option(min=1, help="Processes; the lines are the same for any number.")]
