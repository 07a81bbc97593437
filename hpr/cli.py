"""The hpr command: the whole surface for a person at a terminal."""

import sys
from typing import Annotated

import typer

from hpr import (
    account_commands,
    alert_commands,
    archive_commands,
    feed_commands,
    history_commands,
    registry_commands,
    schema_commands,
    service_commands,
    topic_commands,
)
from hpr.audit_command import audit
from hpr.backtest_command import backtest
from hpr.bench_command import bench
from hpr.learn_command import learn
from hpr.model_commands import evaluate, train
from hpr.notifier_command import notifier
from hpr.replay_command import replay
from hpr.sink_command import sink
from schemas.errors import HprError, SettingsError

app = typer.Typer(
    name="hpr",
    help="Horse-racing intelligence over Kafka, live. It helps you decide; it never bets and never promises.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(service_commands.up)
app.add_typer(feed_commands.app, name="feed")
for name in history_commands.ABOUT:
    feed_commands.app.command(name)(history_commands.provider(name))
feed_commands.app.command()(history_commands.us)
feed_commands.app.command()(history_commands.history)
app.command()(service_commands.worker)
app.command()(service_commands.form)
app.command()(learn)
app.command()(service_commands.gateway)
app.command()(notifier)
app.add_typer(registry_commands.app, name="models")
app.command()(sink)
app.command()(replay)
app.command()(audit)
app.command()(train)
app.command()(evaluate)
app.command()(backtest)
app.add_typer(archive_commands.app, name="archive")
app.add_typer(topic_commands.app, name="topics")
app.add_typer(schema_commands.app, name="schemas")
app.add_typer(account_commands.app, name="accounts")
app.add_typer(alert_commands.app, name="alerts")
app.command()(bench)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("horseracepro"))
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""
    del version


def main() -> None:
    """Run the command; exit status 0, 1 (the work failed) or 2 (called wrongly), one line says why."""
    try:
        app()
    except HprError as error:
        typer.echo(f"hpr: {error}", err=True)
        sys.exit(2 if isinstance(error, SettingsError) else 1)
    except ModuleNotFoundError as error:
        # An image holds what its own service needs.
        typer.echo(
            f"hpr: {error.name} is missing: install horseracepro[models,training,worker,gateway]", err=True
        )
        sys.exit(1)
    except OSError as error:
        typer.echo(f"hpr: {error}", err=True)
        sys.exit(1)
