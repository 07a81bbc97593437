"""hpr learn: the past from records on disk into the form worker's state, past the topics."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from hpr.model_commands import Data, Jurisdiction
from hpr.options import AsJson
from hpr.progress import steps
from hpr.settings import settings
from schemas.errors import HprError


def learn(
    jurisdiction: Annotated[Jurisdiction, typer.Argument(help="Whose races.")],
    *,
    data: Data,
    before: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Learn the races before this day [all].")
    ] = None,
    snapshot: Annotated[
        str | None, typer.Option(help="File of its state [HPR_FORM_SNAPSHOT, .hpr/form/snapshot].")
    ] = None,
    json: AsJson = False,
) -> None:
    """Learn form from records of past races, for a form worker that begins with them.

    It is what the worker would know had all of it been fed. Races of that day and later come through the
    topics. Start `hpr form` with the same snapshot afterwards.

    Example: hpr learn hong-kong --data data/ --before 2025-09-01
    """
    from streams.form_history import learn as learnt
    from streams.form_snapshot import pack, write

    path = Path(settings(form_snapshot=snapshot).form_snapshot)
    if path.exists():
        raise HprError(f"{path} is there: a form worker has begun with it; move it away to learn anew")
    if not data.is_dir():
        raise HprError(f"{data}: no such folder: name the folder of the records")
    last = before.date() - timedelta(days=1) if before else None
    with steps() as shown:
        shown.say("reading")
        state = learnt(_said(jurisdiction, data, last, shown.days(last or date.today())))
        shown.say("writing")
        if not state.learnt:
            raise HprError(f"{data}: no race with an official result before {before or 'today'}")
        write(path, pack(state, {}))
    figures = {"races": len(state.learnt), "settled": state.book.settled.isoformat(), "snapshot": str(path)}
    text = f"{len(state.learnt)} races learnt, in {path}"
    typer.echo(orjson.dumps(figures).decode() if json else text)


def _said(
    jurisdiction: Jurisdiction, data: Path, last: date | None, reached: Callable[[date], None]
) -> Iterator[tuple[str, Any]]:
    from feeds import hong_kong, uk_ire

    read = {"hong-kong": hong_kong.read, "uk-ire": uk_ire.read}[jurisdiction]
    events: Iterator[tuple[str, Any]] = read(data, None, last)
    for name, event in events:
        if name == "RaceCard":
            reached(date.fromisoformat(event["race_date"]))
        yield name, event
