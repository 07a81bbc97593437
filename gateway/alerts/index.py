"""Rules by what they hear: an event finds its rules without looking at the others.

Rules with a threshold stand on ladders, by threshold: a figure that moves meets the rules it crosses only.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf
from uuid import UUID

from gateway.alerts.rules import SIGNALS, Kind, Rule
from streams.view import plain_name

Key = tuple[str, str]
EVERYTHING: Key = ("all", "")


@dataclass(frozen=True, slots=True)
class Held:
    """A user's rule in force: one version of it, and what the user tracks where it asks for that."""

    rule_id: UUID
    user_id: UUID
    version: int
    rule: Rule
    tracked: tuple[tuple[str, str], ...] = ()
    """Kind (horse, rider, trainer, track) and name or code."""

    @property
    def keys(self) -> set[Key]:
        """What it listens to."""
        rule = self.rule
        found = {("race", race) for race in rule.races} | {("track", code.upper()) for code in rule.tracks}
        found |= {("runner", entry) for entry in rule.ticket}
        named = (("horse", rule.horses), ("rider", rule.riders), ("trainer", rule.trainers))
        found |= {(kind, plain_name(name)) for kind, names in named for name in names}
        if rule.tracked:
            found |= {(k, n.upper() if k == "track" else plain_name(n)) for k, n in self.tracked}
        return found or (set() if rule.tracked else {EVERYTHING})


Step = tuple[float, UUID]


@dataclass(slots=True)
class Ladder:
    """Rules of one kind, key and least money traded, by where they begin and where they are over."""

    rules: dict[UUID, Held] = field(default_factory=dict)
    ons: list[Step] = field(default_factory=list)
    offs: list[Step] = field(default_factory=list)
    added: list[UUID] = field(default_factory=list)
    """In the order they came: who has looked at the first n of them looks at the others only."""

    def add(self, held: Held) -> None:
        """Put a rule on it."""
        self.rules[held.rule_id] = held
        insort(self.ons, (_begins(held.rule), held.rule_id))
        insort(self.offs, (_ends(held.rule), held.rule_id))
        self.added.append(held.rule_id)

    def remove(self, held: Held) -> None:
        """Take a rule off it."""
        del self.rules[held.rule_id]
        self.ons.remove((_begins(held.rule), held.rule_id))
        self.offs.remove((_ends(held.rule), held.rule_id))

    def rising(self, last: float, value: float) -> list[UUID]:
        """Rules that begin above `last` and not above `value`."""
        return [id for _, id in self.ons[_above(self.ons, last) : _above(self.ons, value)]]

    def falling(self, last: float, value: float, on: set[UUID]) -> Iterable[UUID]:
        """Rules that may be over by the fall from `last` to `value`; `on` are those that are not yet."""
        first, end = _above(self.offs, value), _above(self.offs, last)
        return on if len(on) < end - first else [id for _, id in self.offs[first:end]]


def _begins(rule: Rule) -> float:
    return -rule.on if rule.kind == "OFF_SOON" else rule.on


def _ends(rule: Rule) -> float:
    """OFF_SOON is told once: nothing is ever over."""
    return -inf if rule.kind == "OFF_SOON" else rule.off


def _above(steps: list[Step], value: float) -> int:
    return bisect_right(steps, value, key=lambda step: step[0])


class Index:
    """All rules in force."""

    def __init__(self, held: Iterable[Held] = ()) -> None:
        self.by_id: dict[UUID, Held] = {}
        self._facts: dict[tuple[Kind, Key], dict[UUID, Held]] = {}
        self.ladders: dict[tuple[Kind, Key], dict[int, Ladder]] = {}
        for each in held:
            self.put(each)

    def put(self, held: Held) -> None:
        """Bring a rule into force; another version of it goes."""
        self.remove(held.rule_id)
        self.by_id[held.rule_id] = held
        kind, least = held.rule.kind, held.rule.least_traded
        for key in held.keys:
            if kind in SIGNALS:
                self.ladders.setdefault((kind, key), {}).setdefault(least, Ladder()).add(held)
            else:
                self._facts.setdefault((kind, key), {})[held.rule_id] = held

    def remove(self, rule_id: UUID) -> None:
        """Take a rule out of force, if it is."""
        held = self.by_id.pop(rule_id, None)
        if held is None:
            return
        kind = held.rule.kind
        for key in held.keys:
            if kind in SIGNALS:
                self.ladders[kind, key][held.rule.least_traded].remove(held)
            else:
                self._facts[kind, key].pop(rule_id, None)

    def hearing(self, kind: Kind, keys: Iterable[Key]) -> list[Held]:
        """Rules without a threshold that listen to any of `keys`, each once."""
        found: dict[UUID, Held] = {}
        for key in keys:
            found.update(self._facts.get((kind, key), {}))
        return list(found.values())
