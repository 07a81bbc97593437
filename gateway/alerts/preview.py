"""Would have fired: a rule stepped over recorded events before anyone depends on it; pure."""

from collections.abc import Iterable
from typing import NamedTuple, cast
from uuid import UUID

from gateway.alerts.engine import Engine, Fired
from gateway.alerts.index import Held, Index
from gateway.alerts.rules import Rule
from schemas.records import Alert, Event, Prediction, RaceView

NOBODY = UUID(int=0)
SHOWN = 20


class Preview(NamedTuple):
    """How often a rule would have fired, and the first of these."""

    times: int
    first: list[Fired]


def preview(
    rule: Rule, events: Iterable[tuple[str, Event]], tracked: tuple[tuple[str, str], ...] = ()
) -> Preview:
    """Step `rule` over events (schema name and record, in the order in which they were recorded).

    Predictions, alerts and views count, others are passed over; alerts that come twice count once.
    """
    engine = Engine(Index([Held(NOBODY, NOBODY, 1, rule, tracked)]))
    found: dict[str, Fired] = {}
    for name, event in events:
        for fired in step(engine, name, event):
            found.setdefault(fired.alert_id, fired)
    return Preview(len(found), list(found.values())[:SHOWN])


def step(engine: Engine, name: str, event: Event) -> Iterable[Fired]:
    """What one record fires, by the name of its schema."""
    if name == "RaceView":
        engine.view(cast(RaceView, event))
    elif name == "Alert":
        return engine.alert(cast(Alert, event))
    elif name == "Prediction":
        return engine.prediction(cast(Prediction, event))
    return ()
