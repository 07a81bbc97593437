"""hpr accounts: the database of accounts."""

import typer

from hpr.settings import settings

app = typer.Typer(help="The database of accounts.", no_args_is_help=True)


@app.callback()
def accounts() -> None:
    """The database of accounts."""


@app.command()
def migrate(
    *,
    database: str | None = typer.Option(
        None, help="sqlite:///FILE or postgresql://HOST/NAME; a password belongs in HPR_DATABASE."
    ),
) -> None:
    """Bring the database to this release; a gateway and a notifier do it at their start too.

    Example: hpr accounts migrate
    """
    from gateway.migrations import migrate_now

    migrate_now(settings(database=database).database)
    typer.echo("the database is up to date")
