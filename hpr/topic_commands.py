"""hpr topics: the catalogue against a cluster."""

import orjson
import typer

from hpr.options import AsJson, Broker, Prefix
from hpr.settings import settings

app = typer.Typer(help="The catalogue of topics against a cluster.", no_args_is_help=True)


@app.command()
def create(broker: Broker = None, topic_prefix: Prefix = None, json: AsJson = False) -> None:
    """Create the topics that are missing; those that exist are left as they are.

    Example: hpr topics create --broker 127.0.0.1:9092
    """
    from topics import admin

    chosen = settings(broker=broker, topic_prefix=topic_prefix)
    created = admin.create(chosen.broker, chosen.topic_prefix, chosen.replication)
    _print(created, json, "created", "nothing to create")


@app.command()
def check(broker: Broker = None, topic_prefix: Prefix = None, json: AsJson = False) -> None:
    """Compare the cluster's topics with the catalogue; exit status 1 if anything differs.

    Example: hpr topics check --broker 127.0.0.1:9092
    """
    from topics import admin

    chosen = settings(broker=broker, topic_prefix=topic_prefix)
    problems = admin.check(chosen.broker, chosen.topic_prefix)
    _print(problems, json, "differs", "all topics are as the catalogue says")
    if problems:
        raise typer.Exit(1)


@app.command("list")
def list_topics(json: AsJson = False) -> None:
    """Show the catalogue.

    Example: hpr topics list
    """
    from dataclasses import asdict

    from topics.catalogue import ALL

    if json:
        typer.echo(orjson.dumps([asdict(topic) for topic in ALL]).decode())
        return
    for topic in ALL:
        typer.echo(
            f"{topic.name:<22} {topic.schema:<12} {topic.partitions:>2} by {topic.key:<8} {topic.purpose}"
        )


def _print(found: list[str], json: bool, word: str, nothing: str) -> None:
    if json:
        typer.echo(orjson.dumps({word: found}).decode())
    else:
        typer.echo("\n".join(f"{word}: {line}" for line in found) if found else nothing)
