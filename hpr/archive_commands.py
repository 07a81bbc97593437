"""hpr archive: what an archive holds, whether it is whole, and its upkeep."""

import re
from dataclasses import asdict
from typing import Annotated

import orjson
import typer

from hpr.codec import codec
from hpr.options import AsJson, Prefix, Registry
from hpr.settings import settings
from schemas.errors import SettingsError
from streams.archive.reader import Archive
from streams.archive.store import open_store

app = typer.Typer(help="Archives: Avro object files of all that flowed.", no_args_is_help=True)

Where = Annotated[str, typer.Argument(help="A folder, or a URL such as s3://bucket/prefix.")]


@app.command("ls")
def list_archive(where: Where, json: AsJson = False) -> None:
    """Show what an archive holds of each topic and partition.

    Example: hpr archive ls .hpr/archive
    """
    from streams.archive.upkeep import held

    for each in held(_open(where)):
        if json:
            typer.echo(orjson.dumps(asdict(each)).decode())
        else:
            typer.echo(
                f"{each.topic:<24} {each.partition:>3} {each.first_offset:>9} to {each.next_offset - 1:<9} "
                f"{each.records:>10} records {each.files:>5} files {each.bytes:>12,} bytes  "
                f"{each.first_hour} to {each.last_hour}"
            )


@app.command()
def verify(where: Where, json: AsJson = False) -> None:
    """Read every file whole and check offsets and checksums; exit status 1 if anything is wrong.

    Example: hpr archive verify .hpr/archive
    """
    from streams.archive.upkeep import absent, problems

    archive = _open(where)
    found = list(problems(archive))
    gone = [] if found else list(absent(archive))
    if json:
        typer.echo(orjson.dumps({"problems": found, "absent": gone}).decode())
    else:
        for line in found:
            typer.echo(f"damaged: {line}")
        for line in gone:
            typer.echo(f"never had: {line}")
        if not found:
            typer.echo("the archive is whole")
    if found:
        raise typer.Exit(1)


@app.command()
def compact(
    where: Where,
    newest: Annotated[
        bool, typer.Option("--newest", help="The newest hours too: only while no sink writes here.")
    ] = False,
    topic_prefix: Prefix = None,
    registry: Registry = None,
    json: AsJson = False,
) -> None:
    """Join the parts of hours that are over; a sink does so itself, this is for what one left behind.

    Example: hpr archive compact .hpr/archive --newest
    """
    from streams.archive.upkeep import compact as join

    archive = _open(where)
    if newest:
        archive.store.own()
    closed = join(
        archive, codec(settings(topic_prefix=topic_prefix, registry=registry)).history, newest=newest
    )
    typer.echo(orjson.dumps({"hours": closed}).decode() if json else f"{closed} hours closed")


@app.command()
def prune(
    where: Where,
    before: Annotated[str, typer.Option(help="First day or hour (UTC) to keep: 2026-11-25, 2026-11-25T21.")],
    topic: Annotated[list[str] | None, typer.Option(help="Only these topics, by full name.")] = None,
    json: AsJson = False,
) -> None:
    """Delete old hours, by when Kafka got the records.

    Example: hpr archive prune .hpr/archive --before 2025-11-25 --topic racing.odds
    """
    from streams.archive.upkeep import prune as remove

    if not re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d)?", before):
        raise SettingsError(f"--before {before}: give a day or an hour, as 2026-11-25 or 2026-11-25T21")
    gone = remove(_open(where), before, topic)
    typer.echo(orjson.dumps({"hours": gone}).decode() if json else f"{gone} hours deleted")


def _open(where: str) -> Archive:
    archive = Archive(open_store(where))
    if not archive.topics():
        raise SettingsError(f"{where}: no archive is here; `hpr sink --archive {where}` makes one")
    return archive
