"""hpr alerts: what was due against what was delivered, and how often a rule would have fired."""

import asyncio
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from pydantic import ValidationError

from hpr.codec import codec
from hpr.options import AsJson, Broker, Prefix, Registry
from hpr.settings import Settings, settings
from schemas.errors import SettingsError
from schemas.identity import iso

if TYPE_CHECKING:
    from gateway.alerts.reconcile import Reconciliation
    from gateway.alerts.rules import Rule

app = typer.Typer(help="Users' alerts, looked at afterwards or beforehand.", no_args_is_help=True)

Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Racing day, as the races' ids have it.")]
Archive = Annotated[
    str | None, typer.Option(help="Where the day is archived; the topics if left out [HPR_ARCHIVE].")
]
SHOWN_REASONS = 10


@app.command()
def reconcile(
    *,
    day: Day,
    archive: Archive = None,
    database: Annotated[str | None, typer.Option(help="Database of accounts, by URL [HPR_DATABASE].")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Keep nothing for the users to read.")] = False,
    broker: Broker = None,
    topic_prefix: Prefix = None,
    registry: Registry = None,
    json: AsJson = False,
) -> None:
    """Derive the alerts of a day again and hold them against what was delivered, by channel.

    Each user's part is kept for GET /v1/me/reconciliations.

    Example: hpr alerts reconcile --day 2026-11-25 --archive .hpr/archive
    """
    chosen = settings(
        broker=broker, topic_prefix=topic_prefix, registry=registry, database=database, archive=archive
    )
    told, unread = asyncio.run(_reconciled(chosen, day.date(), keep=not dry_run))
    channels = {kind: account.told() for kind, account in sorted(told.channels.items())}
    if json:
        figures = {"day": f"{day:%Y-%m-%d}", "channels": channels, "users": len(told.users),
                   "not_due": told.beyond, "unread": unread}  # fmt: skip
        typer.echo(orjson.dumps(figures).decode())
        return
    if not channels:
        typer.echo(f"no alert was due on {day:%Y-%m-%d}")
    for kind, account in channels.items():
        typer.echo(_line(kind, account))
        for reason, count in list(account["why"].items())[:SHOWN_REASONS]:
            typer.echo(f"  {count} {reason}")
    if told.beyond:
        typer.echo(f"{told.beyond} more in the outbox are not due by what is kept")
    if unread:
        typer.echo(f"{unread} records could not be read", err=True)


def _line(kind: str, told: dict[str, Any]) -> str:
    late = (
        "" if told["late_p50_seconds"] is None
        else f", {told['late_p50_seconds']:.3f} s late (p99 {told['late_p99_seconds']:.3f} s)"
    )  # fmt: skip
    return f"{kind}: {told['delivered']} of {told['due']} delivered{late}, {told['missed']} missed"


async def _reconciled(chosen: Settings, day: date, *, keep: bool) -> "tuple[Reconciliation, int]":
    from gateway.alerts.previews import moments_of
    from gateway.database import Database
    from gateway.delivery import reconciliation
    from gateway.migrations import migrate
    from streams.sources import days

    if (datetime.now(UTC).date() - day).days >= chosen.deliveries_days:
        raise SettingsError(
            f"{day} is too long ago: deliveries leave the log after {chosen.deliveries_days} days "
            "(HPR_DELIVERIES_DAYS), and all of them would seem missed"
        )
    database = Database(chosen.database)
    try:
        await migrate(database)
        with days.kept(chosen.archive, chosen.broker, day) as source:
            kept = days.Day(source, codec(chosen), chosen.topic_prefix, day)
            told = await reconciliation.of_day(database, day, moments_of(kept))
        if keep:
            async with database.write() as session:
                await reconciliation.tell(session, day, told)
    finally:
        await database.close()
    return told, sum(count for count, _ in kept.understanding.unread.values())


@app.command()
def preview(
    rule: Annotated[str, typer.Argument(help="The rule as JSON, a file that holds it, or - for stdin.")],
    *,
    day: Day,
    archive: Archive = None,
    broker: Broker = None,
    topic_prefix: Prefix = None,
    registry: Registry = None,
    json: AsJson = False,
) -> None:
    """Say how often a rule would have fired on a day, and on what.

    Example: hpr alerts preview '{"kind": "SCRATCH", "tracks": ["BEL"]}' --day 2026-11-21
    """
    from gateway.alerts import previews

    chosen = settings(broker=broker, topic_prefix=topic_prefix, registry=registry, archive=archive)
    where = previews.Where(chosen.broker, chosen.topic_prefix, chosen.archive, codec(chosen).history)
    found = previews.find(where, _rule(rule), day.date(), (), seconds=float("inf")).preview
    first = [{"at": iso(each.event_time), "race_id": each.race_id, "title": each.title, "text": each.text}
             for each in found.first]  # fmt: skip
    if json:
        typer.echo(orjson.dumps({"day": f"{day:%Y-%m-%d}", "times": found.times, "first": first}).decode())
        return
    times = "once" if found.times == 1 else f"{found.times} times"
    typer.echo(f"it would have fired {times} on {day:%A, %d %B %Y}")
    for each in first:
        typer.echo(f"  {each['at']} {each['title']}")


def _rule(given: str) -> "Rule":
    from gateway.alerts.rules import Rule

    text = sys.stdin.read() if given == "-" else given
    if not text.lstrip().startswith("{"):
        text = Path(given).read_text(encoding="utf-8")
    try:
        return Rule.model_validate_json(text)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise SettingsError(f"the rule is not understood: {wrong}") from error
