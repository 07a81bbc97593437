"""What is declared of a race beside prices: ground, riders, gear and weights, and in words how it changed."""

from collections.abc import Iterator
from typing import NamedTuple, cast

from streams.explanation import label
from streams.state import Declared, Entered
from streams.view import Runner, View

LEAST_POUNDS = 0.5
"""Weight changes below this are rounding between sources."""


class EntryChange(NamedTuple):
    """One thing that was declared anew of a runner that stays in."""

    kind: str
    """RIDER, EQUIPMENT or WEIGHT."""
    at: int
    """The runner's position in the view."""
    old: str | float
    new: str | float

    def words(self, view: View) -> str:
        """The change in words.

        Riders by name, gear as the source writes it, weights in pounds.
        """
        whose = label(view, self.at)
        if self.kind == "RIDER":
            return f"rider of {whose} is {self.new}, was {self.old}"
        if self.kind == "EQUIPMENT":
            return f"equipment of {whose} is {self.new}, was {self.old}"
        return f"{whose} carries {self.new:g} lbs, was {self.old:g}"


def declared(view: View) -> Declared:
    """What is declared as the race is shown; worked out once a view."""
    found = view.memo.get("declared")
    if found is None:
        entries = {runner.runner_id: entered(runner) for runner in view.runners}
        going = view.conditions.get("track_condition")
        found = view.memo["declared"] = Declared(going, surface_of(view), entries)
    return cast(Declared, found)


def entered(runner: Runner) -> Entered:
    """What is declared of one runner."""
    return Entered(runner.jockey_name, runner.equipment, runner.weight_carried_lbs)


def surface_of(view: View) -> str | None:
    """The surface that the race is run on: the conditions overrule the card. None where nobody says."""
    found = view.conditions.get("surface") or view.card.get("surface")
    return None if found == "UNKNOWN" else found


def entry_changes(view: View, was: dict[str, Entered]) -> Iterator[EntryChange]:
    """Riders, equipment and weights that are others than before; what was not known before is no news."""
    for at, runner in enumerate(view.runners):
        before = was.get(runner.runner_id)
        if before is None or runner.status != "ACTIVE":
            continue
        if before.rider and runner.jockey_name and before.rider != runner.jockey_name:
            yield EntryChange("RIDER", at, before.rider, runner.jockey_name)
        if before.equipment and runner.equipment and before.equipment != runner.equipment:
            yield EntryChange("EQUIPMENT", at, before.equipment, runner.equipment)
        carried, carries = before.weight_lbs, runner.weight_carried_lbs
        if carried and carries and abs(carries - carried) >= LEAST_POUNDS:
            yield EntryChange("WEIGHT", at, carried, carries)


def moved(was: str | None, now: str | None) -> str:
    """A race that was moved to another surface, in words; empty where it was not.

    >>> moved("TURF", "DIRT")
    'moved from turf to dirt'
    """
    return f"moved from {was.lower()} to {now.lower()}" if was and now and was != now else ""
