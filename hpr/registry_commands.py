"""hpr models: the registry of form models, and what is in force."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import orjson
import typer

from hpr.options import AsJson
from hpr.settings import settings
from schemas.errors import ModelError

if TYPE_CHECKING:
    from models.registry import Registry

app = typer.Typer(help="The registry of form models, and what is in force.", no_args_is_help=True)

Folder = Annotated[str | None, typer.Option("--models", help="Folder of the registry [HPR_MODELS].")]
Why = Annotated[str, typer.Option(help="Why, for the log.")]
Version = Annotated[str, typer.Argument(help="Version, as `hpr models list` prints it.")]


def _registry(folder: str | None) -> "Registry":
    # Only now: models are slow to load, and every other command would wait for them.
    from models.registry import Registry

    return Registry(Path(settings(models=folder).models))


@app.command("list")
def list_(*, models: Folder = None, json: AsJson = False) -> None:
    """All versions at hand, with what each is in force as and how it was judged.

    Example: hpr models list
    """
    registry = _registry(models)
    champion, candidate = registry.choice("CHAMPION").version, registry.choice("CANDIDATE").version
    rows = [_row(registry, version, champion, candidate) for version in registry.versions()]
    if json:
        typer.echo(orjson.dumps(rows).decode())
        return
    for row in rows:
        losses = ", ".join(f"{name} {loss:.4f}" for name, loss in row["log_loss"].items())
        typer.echo(f"{row['version']}  {row['role'] or '-':9}  {row['trained_on'] or row['wrong']}; {losses}")


def _row(registry: "Registry", version: str, champion: str, candidate: str) -> dict[str, Any]:
    role = "champion" if version == champion else "candidate" if version == candidate else ""
    row: dict[str, Any] = {"version": version, "role": role, "trained_on": "", "log_loss": {}, "wrong": ""}
    try:
        model = registry.model(version)
    except ModelError as error:
        return {**row, "wrong": str(error)}
    return row | dict(model.card)


@app.command()
def show(version: Version, *, models: Folder = None) -> None:
    """One version whole, as JSON: features, weights, ranges, what it was trained on and how it was judged.

    Example: hpr models show guide-0123456789ab
    """
    typer.echo(msgspec.json.format(_registry(models).model(version).data).decode())


@app.command()
def log(*, models: Folder = None) -> None:
    """Who was champion or candidate since when, the oldest first, as JSON lines.

    Example: hpr models log
    """
    for entry in _registry(models).log():
        typer.echo(msgspec.json.encode(entry).decode())


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A model's file, as `hpr train` writes it.")],
    *,
    models: Folder = None,
) -> None:
    """Keep a model's file in the registry; prints its version.

    Example: hpr models add guide.json
    """
    typer.echo(_registry(models).add(file.read_bytes()))


@app.command()
def promote(version: Version, *, why: Why = "", models: Folder = None) -> None:
    """Make a version champion: running workers score with it within a second.

    Example: hpr models promote guide-0123456789ab --why "better on two months of shadow scores"
    """
    _registry(models).act("promote", "CHAMPION", version, why)
    typer.echo(f"champion: {version}")


@app.command()
def nominate(version: Version, *, why: Why = "", models: Folder = None) -> None:
    """Score a version in the shadow of the champion from now on.

    Example: hpr models nominate guide-0123456789ab
    """
    _registry(models).act("nominate", "CANDIDATE", version, why)
    typer.echo(f"candidate: {version}")


@app.command()
def rollback(*, why: Why = "", models: Folder = None) -> None:
    """Make the champion before this one champion again.

    Example: hpr models rollback
    """
    typer.echo(f"champion: {_registry(models).rollback(why).version}")
