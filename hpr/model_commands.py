"""hpr evaluate and hpr train: honest figures of models on history, and models from it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
import typer

from hpr.options import AsJson
from hpr.progress import Steps, steps
from schemas.errors import HprError, SettingsError

Jurisdiction = Literal["hong-kong", "uk-ire"]
Data = Annotated[Path, typer.Option("--data", help="Folder of the records, as hpr feed reads it.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the boosted trees.")]
Only = Annotated[
    Literal["all", "combined"],
    typer.Option("--models", help="All, or only the public and what is combined with it: quicker."),
]
Month = ["%Y-%m", "%Y-%m-%d"]
INTERRUPTED = 130
"""Exit status of a command that Ctrl-C ended, as shells have it."""


def evaluate(
    jurisdiction: Annotated[Jurisdiction, typer.Argument(help="Whose races.")],
    *,
    data: Data,
    first: Annotated[datetime, typer.Option("--from", formats=Month, help="First month judged.")],
    last: Annotated[datetime, typer.Option("--to", formats=Month, help="Last month judged.")],
    models: Only = "all",
    ablations: Annotated[
        bool, typer.Option("--ablations", help="Also fit form's logit without each group of features.")
    ] = False,
    seed: Seed = 1,
    json: AsJson = False,
) -> None:
    """Judge models walk-forward: each season by what was fitted on the races before it.

    Example: hpr evaluate hong-kong --data data/ --from 2022-09 --to 2025-08 --json
    """
    if last < first:
        raise SettingsError("--to is before --from: name the first month and the last")
    from models import ablation, evaluation

    months = first.date().replace(day=1), last.date().replace(day=1)
    end, trees = evaluation.seasons(*months)[-1][1], models == "all"
    with _fitting() as shown:
        table = _table(jurisdiction, data, end, shown)
        groups = 1 + len(ablation.groups()) if ablations else 0
        shown.begin("fitting", evaluation.fits_of_walk(table, *months, trees=trees) + groups)
        say, done = shown.say, shown.done
        judged = list(evaluation.walk(table, *months, seed=seed, trees=trees, say=say, done=done))
        without = list(ablation.ablations(table, months[0], end, say, done)) if groups and judged else []
    if not judged:
        raise HprError(f"{data}: no season from {first:%Y-%m} to {last:%Y-%m} with enough races before it")
    best = "combined"
    found: dict[str, Any] = {
        "jurisdiction": jurisdiction,
        "data_hash": table.digest(),
        "seed": seed,
        "rows": evaluation.rows(judged),
        "calibration": (bins := evaluation.calibration(judged, best)),
        "calibration_errors": evaluation.calibration_errors(bins),
        "exotics": evaluation.exotic_rows(judged),
        "money": evaluation.money(judged, best),
        "ablations": without,
        "exponents": {season.name: list(season.exponents) for season in judged},
        "left_out": {season.name: list(season.left_out) for season in judged},
    }
    typer.echo(orjson.dumps(found).decode() if json else _tables(found))


def train(
    jurisdiction: Annotated[Jurisdiction, typer.Argument(help="Whose races.")],
    *,
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for the artefacts.")],
    before: Annotated[
        datetime | None, typer.Option(formats=Month, help="Train on races before this day [all].")
    ] = None,
    seed: Seed = 1,
    json: AsJson = False,
) -> None:
    """Fit all models on past races and write them, named by their content, with a manifest.

    Example: hpr train hong-kong --data data/ --out models/hong-kong
    """
    from models import artefacts, evaluation
    from models.training import fit_beliefs, fits_asked
    from models.windows import Fits

    with _fitting() as shown:
        table = _table(jurisdiction, data, before.date() if before else date.today(), shown)
        last = float(before.date().toordinal() if before else table.day.max(initial=0.0) + 1.0)
        table = table.where(table.day < last)
        shown.begin("fitting", fits_asked(table, last))
        fits = Fits(table, seed, done=shown.done)
        beliefs = fit_beliefs(fits, last, shown.say) if len(table) else None
        if beliefs is None:
            raise HprError(f"{data}: too few races to train on")
        counted = table.where(table.sample())
        season = evaluation.Season(
            "in sample", counted, evaluation.win_of(beliefs, counted), beliefs.exponents
        )
        about = {
            "jurisdiction": jurisdiction,
            "data_hash": table.digest(),
            "seed": seed,
            "trained_to": date.fromordinal(int(table.day.max())).isoformat(),
            "races": len(table),
            "metrics": {"in_sample": evaluation.rows([season])},
        }
        manifest = artefacts.write(out, beliefs, about)
    figures = {"version": manifest.version, "races": manifest.races, "files": manifest.files}
    text = f"{manifest.version}: trained on {manifest.races} races to {manifest.trained_to}, in {out}"
    typer.echo(orjson.dumps(figures).decode() if json else text)


def _table(jurisdiction: Jurisdiction, data: Path, last: date, shown: Steps) -> Any:
    """Features and finishes of all races of a folder; of those up to `last` the bar is made."""
    from feeds import hong_kong, uk_ire
    from models.form.assembly import PastRace, assemble
    from models.table import tabulate

    if not data.is_dir():
        raise HprError(f"{data}: no such folder: name the folder of the records")
    shown.say("reading")
    reached = shown.days(last)
    read = {"hong-kong": hong_kong.read, "uk-ire": uk_ire.read}[jurisdiction]

    def seen(race: PastRace) -> None:
        reached(race.facts.race_date)

    return tabulate(assemble(read(data)), seen=seen)


@contextmanager
def _fitting() -> Iterator[Steps]:
    """How far fitting is, shown; linear algebra on one thread. Ctrl-C waits for no fit under way."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    try:
        with threadpool_limits(1), steps() as shown:
            yield shown
    except KeyboardInterrupt:
        typer.echo("Aborted.", err=True)
        os._exit(INTERRUPTED)


def _tables(found: dict[str, Any]) -> str:
    """The same for people."""
    parts = []
    for name in ("rows", "calibration", "calibration_errors", "exotics", "money", "ablations"):
        held = found[name]
        if held:
            head = list({key: None for row in held for key in row})
            lines = [[str(row.get(key, "")) for key in head] for row in held]
            widths = [max(len(cell) for cell in column) for column in zip(head, *lines, strict=True)]
            parts.append("\n".join(_line(line, widths) for line in [head, *lines]))
    return "\n\n".join(parts)


def _line(cells: list[str], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
