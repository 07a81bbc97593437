"""Six seasons of a small world as a table, with trees enough to tell a horse from another."""

from functools import cache

from models.form.assembly import PastRace
from models.table import Table, tabulate
from tests.models.form.conftest import races_of


@cache
def past() -> tuple[PastRace, ...]:
    """A race day a week for six years."""
    return tuple(PastRace(facts, frozenset(), finish) for facts, finish in races_of(312))


@cache
def table() -> Table:
    """Their table."""
    return tabulate(past())
