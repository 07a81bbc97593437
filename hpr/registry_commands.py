"""hpr models: the registry of form models, and what is in force."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import orjson
import typer

from hpr.models_registry import models_of
from hpr.options import AsJson, Broker, Prefix
from hpr.options import Registry as SchemaRegistry
from hpr.settings import Settings, settings
from schemas.errors import ModelError, SettingsError

if TYPE_CHECKING:
    from models.registry import Registry
    from models.trial import Trial

app = typer.Typer(help="The registry of form models, and what is in force.", no_args_is_help=True)

Folder = Annotated[str | None, typer.Option("--models", help="The registry: folder or MLflow [HPR_MODELS].")]
Why = Annotated[str, typer.Option(help="Why, for the log.")]
Force = Annotated[bool, typer.Option("--force", help="Without evidence, for the reason given by --why.")]
Version = Annotated[str, typer.Argument(help="Version, as `hpr models list` prints it.")]


def _registry(folder: str | None) -> "Registry":
    return models_of(settings(models=folder))


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
    source: Annotated[Path, typer.Argument(help="Folder that `hpr train` wrote, or a guide model's file.")],
    *,
    models: Folder = None,
) -> None:
    """Keep a model in the registry; prints its version, which is its content.

    Example: hpr models add models/hong-kong
    """
    registry = _registry(models)
    if not source.exists():
        raise ModelError(
            f"{source}: no such file or folder: name what hpr train wrote, or a guide model's file"
        )
    if source.is_dir():
        typer.echo(registry.add_folder(source))
    else:
        typer.echo(registry.add(source.read_bytes()))


@app.command()
def trial(
    *,
    models: Folder = None,
    broker: Broker = None,
    topic_prefix: Prefix = None,
    registry: SchemaRegistry = None,
    json: AsJson = False,
) -> None:
    """How the candidate does beside the champion, over the races that both scored since it was nominated.

    Example: hpr models trial
    """
    from models.succession import is_watched
    from models.trial import in_words

    chosen = settings(models=models, broker=broker, topic_prefix=topic_prefix, registry=registry)
    held = _registry(models)
    champion, candidate = held.choice("CHAMPION").version, held.choice("CANDIDATE").version
    if not candidate:
        raise ModelError("there is no candidate: nominate one (hpr models nominate)")
    found, watched = _trial(chosen, held), is_watched(held)
    if json:
        row = {
            "champion": champion,
            "candidate": candidate,
            "watched": watched,
            "races": found.races,
            "log_loss_champion": found.champion / found.races if found.races else None,
            "log_loss_candidate": found.candidate / found.races if found.races else None,
            "difference": found.difference,
            "evidence": found.evidence,
            "counter_evidence": found.counter_evidence,
            "verdict": found.verdict,
        }
        typer.echo(orjson.dumps(row).decode())
        return
    typer.echo(f"champion   {champion}")
    typer.echo(f"candidate  {candidate}{', the champion before it' if watched else ''}")
    typer.echo(in_words(found))


def _trial(chosen: Settings, registry: "Registry") -> "Trial":
    """Today's trial, from the topic. Raises BrokerError."""
    from hpr.codec import codec
    from streams.trials import Source, read

    return read(Source(chosen.broker, chosen.topic_prefix, codec(chosen))).of(registry)


def _forced(force: bool, why: str) -> bool:
    if force and not why:
        raise SettingsError("--force needs --why: it is written to the log")
    return force


@app.command()
def promote(
    version: Version,
    *,
    why: Why = "",
    force: Force = False,
    models: Folder = None,
    broker: Broker = None,
    topic_prefix: Prefix = None,
    registry: SchemaRegistry = None,
) -> None:
    """Make the candidate champion: running workers score with it within a second.

    It is refused unless its trial shows that it is better. The champion before it becomes the candidate, and
    is rolled back to if it turns out better.

    Example: hpr models promote guide-0123456789ab
    """
    from models.succession import admit
    from models.succession import promote as promoted

    chosen = settings(models=models, broker=broker, topic_prefix=topic_prefix, registry=registry)
    held = _registry(models)
    if _forced(force, why):
        reason = f"forced: {why}"
    else:
        shown = admit(held, version, lambda: _trial(chosen, held))
        reason = "; ".join(part for part in (why, shown) if part)
    promoted(held, version, reason)
    typer.echo(f"champion: {version}")


@app.command()
def nominate(version: Version, *, why: Why = "", force: Force = False, models: Folder = None) -> None:
    """Score a version in the shadow of the champion from now on.

    Example: hpr models nominate guide-0123456789ab
    """
    from models.succession import nominate as nominated

    nominated(_registry(models), version, why, forced=_forced(force, why))
    typer.echo(f"candidate: {version}")


@app.command()
def rollback(*, why: Why = "", models: Folder = None) -> None:
    """Make the champion before this one champion again; nobody is candidate then.

    Example: hpr models rollback
    """
    from models.succession import roll_back

    typer.echo(f"champion: {roll_back(_registry(models), why).version}")
