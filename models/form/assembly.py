"""Races put together from the events of history: what was known before each, who ran, how it ended."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from models.form.facts import RaceFacts, RaceFinish, facts_of, finish_of
from schemas.records import Conditions, OddsUpdate, PastPerformance, RaceCard, Result

WHOLE_AFTER = timedelta(days=5)  # after which a source tells nothing more of a race


@dataclass(frozen=True, slots=True)
class PastRace:
    """A finished race; `facts` still names the scratched, `scratched` are their runner ids."""

    facts: RaceFacts
    scratched: frozenset[str]
    finish: RaceFinish


@dataclass(slots=True)
class _Told:
    """What has been told of one race so far."""

    card: RaceCard | None = None
    conditions: Conditions | None = None
    result: Result | None = None
    odds: list[OddsUpdate] = field(default_factory=list)
    performances: list[PastPerformance] = field(default_factory=list)
    out: set[str] = field(default_factory=set)


def assemble(events: Iterable[tuple[str, Any]]) -> Iterator[PastRace]:
    """Races of named events that come by recorded time, in the order of their days and ids.

    A race comes once a card five days younger has, so that what is told the next day is in it. Only the last
    card, conditions and official result count. Races without a card or an official result are left out.
    """
    told: dict[str, _Told] = {}
    reached = date.min
    for name, event in events:
        _tell(told, name, event)
        if name == "RaceCard" and (day := date.fromisoformat(event["race_date"])) > reached:
            reached = day
            yield from _whole(told, day - WHOLE_AFTER)
    yield from _whole(told, date.max)


def _tell(told: dict[str, _Told], name: str, event: Any) -> None:
    if not event["race_id"]:
        return
    race = told.setdefault(event["race_id"], _Told())
    if name == "RaceCard":
        race.card = event
    elif name == "Conditions":
        race.conditions = event
    elif name == "Result":
        race.result = event if event["state"] == "OFFICIAL" else race.result
    elif name == "OddsUpdate":
        race.odds.append(event)
    elif name == "PastPerformance":
        race.performances.append(event)
    elif name == "Scratch":
        (race.out.add if event["action"] == "SCRATCHED" else race.out.discard)(event["runner_id"])


def _whole(told: dict[str, _Told], before: date) -> Iterator[PastRace]:
    days: dict[str, tuple[date, str]] = {}
    for race_id, race in told.items():
        if race.card is not None and (day := date.fromisoformat(race.card["race_date"])) < before:
            days[race_id] = (day, race_id)
    for race_id in sorted(days, key=days.__getitem__):
        race = told.pop(race_id)
        if race.card is not None and race.result is not None:
            yield _race(race, race.card, race.result)


def _race(race: _Told, card: RaceCard, result: Result) -> PastRace:
    facts = facts_of(card, race.conditions)
    ran = {finisher["runner_id"] for finisher in result["finishers"]}
    out = frozenset(runner.runner_id for runner in facts.runners if runner.runner_id not in ran)
    return PastRace(facts, out | race.out, finish_of(result, race.odds, race.performances))


def starters(race: PastRace) -> RaceFacts:
    """Facts with those alone that ran."""
    left = tuple(runner for runner in race.facts.runners if runner.runner_id not in race.scratched)
    return replace(race.facts, runners=left)
