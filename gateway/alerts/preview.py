"""Would have fired: a rule stepped over what was kept of a day, before anyone depends on it; pure."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from gateway.alerts.engine import Fired
from gateway.alerts.history import Moment, Version, again
from gateway.alerts.index import Held
from gateway.alerts.rules import Rule

NOBODY = UUID(int=0)
SHOWN = 20


class Preview(NamedTuple):
    """How often a rule would have fired, and the first of these."""

    times: int
    first: list[Fired]


def preview(rule: Rule, moments: Iterable[Moment], tracked: tuple[tuple[str, str], ...] = ()) -> Preview:
    """Step `rule` over what happened, in the order in which it was known; what comes twice counts once."""
    found: dict[str, Fired] = {}
    for _, fired in again(moments, [Version(Held(NOBODY, NOBODY, 1, rule, tracked))]):
        found.setdefault(fired.alert_id, fired)
    return Preview(len(found), list(found.values())[:SHOWN])
