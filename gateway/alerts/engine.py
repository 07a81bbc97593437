"""Steps all rules on what happens: alerts, predictions, and time going by towards the off. Pure.

The same records in the same order fire the same alerts with the same ids, from any stored memory on.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import cast
from uuid import UUID

from msgspec import Struct

from gateway.alerts import words
from gateway.alerts.index import Held, Index, Key, Ladder
from gateway.alerts.races import Known
from gateway.alerts.rules import FACTS, Kind
from schemas.identity import MICROS, uuid_of
from schemas.records import Alert, Event, Prediction, RaceView
from streams.alerts import LONGEST
from streams.view import BEFORE_OFF

LIFETIME_SECONDS = {"VALUE": 60, "STEAM": 300, "DRIFT": 300}
MINUTE = 60 * MICROS
LAST_MINUTES = 180
"""Minutes before the off from which rules that tell of it are looked at."""

MemoryKey = tuple[UUID, str, str]
"""Rule, race, runner."""


class Memory(Struct):
    """What a rule remembers of a runner: its version, whether the signal is on, how often it has been."""

    version: int
    on: bool = False
    episode: int = 0


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that fired: an alert for one user. Times are microseconds since 1970."""

    held: Held
    alert_id: str
    kind: Kind
    race_id: str
    runner_id: str | None
    title: str
    text: str
    event_time: int
    expires_at: int
    sequence: int
    value: float | None = None


class Engine:
    """Rules, the races they listen to, and their memory; `changed` holds what of it has to be stored."""

    def __init__(self, index: Index, memory: dict[MemoryKey, Memory] | None = None) -> None:
        self.index = index
        self.memory = memory if memory is not None else {}
        self.changed: dict[MemoryKey, Memory] = {}
        self.races: dict[str, Known] = {}
        self._on: dict[tuple[str, str], set[UUID]] = {}
        for (rule_id, race_id, runner_id), kept in self.memory.items():
            if kept.on:
                self._on.setdefault((race_id, runner_id), set()).add(rule_id)
        self._last: dict[tuple[Kind, Key, int, str, str], tuple[float | None, int]] = {}

    def race(self, race_id: str) -> Known:
        """What is known of a race."""
        known = self.races.get(race_id)
        if known is None:
            known = self.races[race_id] = Known(race_id)
        return known

    def view(self, view: RaceView) -> None:
        """Take in what readers see of a race."""
        self.race(view["race_id"]).show(view)

    def forget(self, race_id: str) -> None:
        """Let go of a race that is over."""
        self.races.pop(race_id, None)
        self.memory = {key: kept for key, kept in self.memory.items() if key[1] != race_id}
        self._last = {key: last for key, last in self._last.items() if key[3] != race_id}

    def alert(self, alert: Alert) -> Iterator[Fired]:
        """Step the rules that hear facts."""
        kind = FACTS.get(alert["kind"])
        if kind is None:
            return
        known, runner_id = self.race(alert["race_id"]), alert["runner_id"]
        for held in self.index.hearing(kind, known.keys(runner_id, alert["name"])):
            if held.rule.of == "favourite" and not alert["favourite"]:
                continue
            said = words.title(known, alert["headline"])
            yield Fired(
                held, alert["event_id"], kind, alert["race_id"], runner_id, said, alert["detail"],
                alert["event_time"], alert["expires_at"], alert["sequence"], alert["value"],
            )  # fmt: skip

    def prediction(self, prediction: Prediction) -> Iterator[Fired]:
        """Step the rules with a threshold on the figures of a prediction."""
        known = self.race(prediction["race_id"])
        if not known.predict(prediction) or prediction["status"] not in BEFORE_OFF:
            return
        for runner in prediction["runners"]:
            if runner["status"] != "ACTIVE" or runner["win_probability"] is None:
                continue
            runner_id, traded = runner["runner_id"], runner["traded"] or 0.0
            keys = known.keys(runner_id, runner["name"])
            edge, price = runner["expected_value"] or 0.0, runner["price"] or 0.0
            move = (runner["movement_5m"] or 0.0) if price <= LONGEST else 0.0
            figures: tuple[tuple[Kind, float], ...] = (("VALUE", edge), ("STEAM", -move), ("DRIFT", move))
            for kind, value in figures:
                for held, episode in self._step(kind, (known.race_id, runner_id), keys, value, traded):
                    id = _signal_id(held, known.race_id, runner_id, episode)
                    said = words.title(known, words.signal(kind, runner, value))
                    at = prediction["event_time"]
                    yield Fired(
                        held, id, kind, known.race_id, runner_id, said, words.why(prediction, runner_id), at,
                        at + LIFETIME_SECONDS[kind] * MICROS, prediction["sequence"], value,
                    )  # fmt: skip

    def clock(self, now: int) -> Iterator[Fired]:
        """Step the rules that tell of the off, at `now`."""
        for known in self.races.values():
            off, view = known.scheduled_off, known.view
            if off is None or view is None or view["status"] not in BEFORE_OFF or now >= off:
                continue
            minutes = (off - now) / MINUTE
            if minutes > LAST_MINUTES:
                continue
            for held, _ in self._step("OFF_SOON", (known.race_id, ""), known.keys(None), -minutes):
                yield Fired(
                    held, _signal_id(held, known.race_id, "", 1), "OFF_SOON", known.race_id, None,
                    words.title(known, f"off in {max(round(minutes), 1)} min"), words.field(known), now, off,
                    view["revision"], minutes,
                )  # fmt: skip

    def _step(
        self, kind: Kind, whom: tuple[str, str], keys: list[Key], value: float, traded: float = inf
    ) -> Iterator[tuple[Held, int]]:
        """Rules that begin with this figure, each with its episode; those that are over are noted."""
        race_id, runner_id = whom
        for key in dict.fromkeys(keys):
            for least, ladder in self.index.ladders.get((kind, key), {}).items():
                now = value if traded >= least else 0.0
                at = (kind, key, least, race_id, runner_id)
                for held in self._met(ladder, at, now):
                    episode = self._turn(held, (held.rule_id, race_id, runner_id), now)
                    if episode:
                        yield held, episode

    def _met(self, ladder: Ladder, at: tuple[Kind, Key, int, str, str], value: float) -> list[Held]:
        """Rules that the figure may have turned since it was last looked at, and those come since."""
        on = self._on.get((at[3], at[4]), set())
        last, seen = self._last.get(at, (None, len(ladder.added)))
        self._last[at] = (value, len(ladder.added))
        if last is None:
            met = {*ladder.rising(-inf, value), *on}
        elif value > last:
            met = {*ladder.rising(last, value), *ladder.added[seen:]}
        else:
            met = {*ladder.falling(last, value, on), *ladder.added[seen:]}
        return [ladder.rules[id] for id in sorted(met) if id in ladder.rules]

    def _turn(self, held: Held, key: MemoryKey, value: float) -> int:
        """The episode that begins, or 0."""
        rule = held.rule
        begins, ends = (-rule.on, -inf) if rule.kind == "OFF_SOON" else (rule.on, rule.off)
        kept = self.memory.get(key)
        if kept is None or kept.version != held.version:
            kept = Memory(held.version)
        if kept.on and value < ends:
            kept.on = False
        elif not kept.on and value >= begins:
            kept.on, kept.episode = True, kept.episode + 1
        else:
            return 0
        self.memory[key] = self.changed[key] = kept
        on = self._on.setdefault(key[1:], set())
        (on.add if kept.on else on.discard)(held.rule_id)
        return kept.episode if kept.on else 0


def _signal_id(held: Held, race_id: str, runner_id: str, episode: int) -> str:
    return uuid_of(f"alert:{held.rule_id}:{held.version}:{race_id}:{runner_id}:{episode}")


def step(engine: Engine, name: str, event: Event) -> Iterable[Fired]:
    """What one record fires, by the name of its schema."""
    if name == "RaceView":
        engine.view(cast(RaceView, event))
    elif name == "Alert":
        return engine.alert(cast(Alert, event))
    elif name == "Prediction":
        return engine.prediction(cast(Prediction, event))
    return ()
