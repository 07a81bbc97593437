"""hpr schemas: the schemas against their committed history and against a registry."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from hpr import codec
from hpr.options import AsJson, Prefix, Registry
from hpr.settings import Settings, settings
from schemas import history, sources
from schemas.errors import SchemaError
from topics import id_cache, ids
from topics.catalogue import ALL

app = typer.Typer(
    help="The schemas against their committed history and against a registry.", no_args_is_help=True
)


@app.command()
def check(json: AsJson = False) -> None:
    """Refuse a schema that is not FULL_TRANSITIVE compatible with its history, or not in it.

    Example: hpr schemas check
    """
    committed = history.load()
    problems = []
    for topic in ALL:
        schema = sources.raw(topic.schema)
        wrong = committed.check(topic.subject, schema)
        problems += [f"{topic.subject}: {problem}" for problem in wrong]
        versions = committed.subjects.get(topic.subject, ())
        if not wrong and (not versions or versions[-1].id != committed.id_of(schema)):
            problems.append(f"{topic.subject}: changed and not in the history; run `hpr schemas commit`")
    if json:
        typer.echo(orjson.dumps({"problems": problems}).decode())
    else:
        typer.echo("\n".join(problems) if problems else f"{len(ALL)} subjects are as their history says")
    if problems:
        raise typer.Exit(1)


@app.command()
def commit() -> None:
    """Add changed schemas to the history in this checkout, each with a new id.

    Example: hpr schemas commit
    """
    committed = history.load()
    grown = committed
    for topic in ALL:
        grown = grown.add(topic.subject, sources.raw(topic.schema))
    added = set(grown.schemas) - set(committed.schemas)
    history.save(grown, Path(history.__file__).with_name("history"))
    typer.echo(f"{len(added)} schemas added: {', '.join(map(str, sorted(added))) or 'none'}")


@app.command()
def show(
    name: Annotated[
        str | None, typer.Argument(help="An event, a subject or an id; all subjects if left out.")
    ] = None,
) -> None:
    """Show what the history holds.

    Example: hpr schemas show OddsUpdate
    """
    committed = history.load()
    if name is None:
        for subject, versions in sorted(committed.subjects.items()):
            ids = ", ".join(f"version {v.version} id {v.id}" for v in versions)
            typer.echo(f"{subject:<28} {ids}")
        return
    if name in sources.names():
        found = sources.raw(name)
    elif name in committed.subjects:
        found = committed.schemas[committed.subjects[name][-1].id]
    elif name.isdigit() and int(name) in committed.schemas:
        found = committed.schemas[int(name)]
    else:
        raise SchemaError(f"no event, subject or id called {name}; `hpr schemas show` lists the subjects")
    typer.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())


@app.command()
def register(registry: Registry = None, topic_prefix: Prefix = None, json: AsJson = False) -> None:
    """Register the schemas at a registry, FULL_TRANSITIVE, and keep the ids that it gives.

    Nothing is registered if the registry refuses any of them.

    Example: hpr schemas register --registry http://127.0.0.1:8081
    """
    chosen = settings(registry=registry, topic_prefix=topic_prefix)
    done = ids.register(codec.connect(chosen), ids.wanted(chosen.topic_prefix))
    file = _keep(chosen)
    if json:
        rows = [
            {"subject": one.subject, "version": one.version.version, "id": one.version.id, "new": one.new}
            for one in done
        ]
        typer.echo(orjson.dumps({"registered": rows, "kept_in": str(file)}).decode())
        return
    for subject, version, new in done:
        typer.echo(f"{subject:<28} {'new  ' if new else 'known'} version {version.version} id {version.id}")
    typer.echo(f"the ids are kept in {file}")


@app.command()
def fetch(registry: Registry = None, topic_prefix: Prefix = None) -> None:
    """Keep the ids of a registry anew, so that everything runs without it.

    Example: hpr schemas fetch --registry http://127.0.0.1:8081
    """
    chosen = settings(registry=registry, topic_prefix=topic_prefix)
    typer.echo(f"the ids are kept in {_keep(chosen)}")


def _keep(chosen: Settings) -> Path:
    registry = codec.connect(chosen)
    found = ids.fetch(registry, ids.wanted(chosen.topic_prefix))
    file = codec.kept_in(chosen, registry)
    id_cache.write(file, registry.url, found)
    return file
