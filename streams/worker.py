"""The worker: runs through the pure path, outputs published, states kept, offsets released by checkpoint."""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from itertools import islice

import structlog

from models.registry import Choice, Registry
from schemas.codec import Codec
from schemas.dead_letters import dead_letter
from schemas.errors import BrokerError, ModelError
from schemas.records import ModelRole
from streams import engine
from streams.lives import moves_on_at, partition_of
from streams.metrics import Metrics
from streams.race import Race
from streams.requests import pin
from streams.runs import Poison, Run, TopicPartition
from streams.scoring import Scorer
from streams.state import RaceState, dump, kept, load
from streams.statements import Statement, prediction
from streams.view import to_be_run
from streams.views import last_minute, race_bars, race_view
from topics.catalogue import (
    ALERTS,
    BARS,
    DEAD_LETTERS,
    FORM_REQUESTS,
    LESSONS,
    MODELS,
    PREDICTIONS,
    RACES,
    RACES_CHANGELOG,
    SNAPSHOTS,
)
from topics.producer import EventProducer

CACHED_RACES = 2_000
VIEW_TURNS = 10
VIEW_SHARE = 0.25
"""Of the time that a run took, for views right after it: so they are soon there and never hold runs up."""
ACKNOWLEDGE_SECONDS = 0.002
SAY_SO_SECONDS = 5.0
SOURCE = "worker"
ROLES: tuple[ModelRole, ...] = ("CHAMPION", "CANDIDATE")

log = structlog.get_logger("hpr.worker")


def wall_clock() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000


class LostError(BrokerError):
    """The worker may no longer own its races: it has to be started again."""


class Races(Mapping[str, Race]):
    """Races by id: those at hand, else from the table of states, else new ones."""

    def __init__(self, table: MutableMapping[bytes, bytes]) -> None:
        self.table = table
        self._at_hand: dict[str, Race] = {}

    def __getitem__(self, race_id: str) -> Race:
        race = self._at_hand.get(race_id)
        if race is None:
            stored = self.table.get(race_id.encode())
            race = Race(load(stored) if stored else RaceState(race_id))
            self._at_hand[race_id] = race
        return race

    def __iter__(self) -> Iterator[str]:
        return iter(self._at_hand)

    def __len__(self) -> int:
        return len(self._at_hand)

    def keep(self, race_ids: Collection[str]) -> None:
        """Drop all races at hand but these: the table has them."""
        self._at_hand = {id: race for id, race in self._at_hand.items() if id in race_ids}

    def drop(self, race_ids: Iterable[str]) -> None:
        """Drop these races: they are read from the table when they are asked for again."""
        for race_id in race_ids:
            self._at_hand.pop(race_id, None)


@dataclass(slots=True)
class Checkpoint:
    """What one checkpoint makes durable: states as bytes, and the offsets that they cover."""

    states: dict[str, tuple[int, bytes | None]] = field(default_factory=dict)
    """Partition and state of each race; None for one that is forgotten."""
    offsets: dict[TopicPartition, int] = field(default_factory=dict)
    moved: tuple[str, ...] = ()
    """Races that became tombstones, and tombstones that went."""


class Worker:
    """Shell around the engine; all but `checkpoint` is synchronous."""

    def __init__(
        self,
        producer: EventProducer,
        races: Races,
        scorer: Scorer,
        codec: Codec,
        metrics: Metrics,
        *,
        clock: Callable[[], int] = wall_clock,
        patience: float = 10.0,
        view_share: float = VIEW_SHARE,
        registry: Registry | None = None,
    ) -> None:
        self._producer = producer
        self._races = races
        self._scorer = scorer
        self._codec = codec
        self._metrics = metrics
        self._dirty: dict[str, int] = {}
        """Races touched since the last checkpoint, with their partition."""
        self._unseen: dict[str, int] = {}
        """Races touched since their views were last published, the one waiting longest first."""
        self._barred: dict[str, int] = {}
        """Last minute in the bars published of each race."""
        self._offsets: dict[TopicPartition, int] = {}
        self._clock = clock
        self._lives: dict[str, tuple[int, int]] = {}
        """Partition of each race kept, and when by the clock it moves on."""
        self.covered: dict[TopicPartition, int] = {}
        """Offsets that the last checkpoint covers: these may be committed."""
        self._checkpointing = asyncio.Lock()
        self._generation = 0
        self._patience = patience
        self._view_share = view_share
        self._registry = registry
        self._pinned: tuple[Choice, ...] = ()
        """What the registry said when pins were last made."""
        self._doubt = ""
        self._beat_at = time.clock_gettime(time.CLOCK_BOOTTIME)

    @property
    def unacknowledged(self) -> int:
        """Records published that the broker has not acknowledged."""
        return self._producer.unacknowledged

    @property
    def pending(self) -> bool:
        """Whether anything has been worked through since the last checkpoint."""
        return bool(self._offsets)

    def work(self, run: Run) -> None:
        """Fold, score and publish one run, and as many views as a share of its time allows.

        A scratch is shown at once; views that still wait are due in `publish_some_views`.
        """
        started = time.perf_counter()
        outcome = engine.run(run.records, self._races, self._scorer)
        for statement in to_publish(outcome.statements):
            self._producer.publish(PREDICTIONS.name, prediction(statement))
        for alert in outcome.alerts:
            self._producer.publish(ALERTS.name, alert)
        for asked in outcome.asked.values():
            self._producer.publish(FORM_REQUESTS.name, asked)
        for snapshot in outcome.compared:
            self._producer.publish(SNAPSHOTS.name, snapshot)
        for taught in outcome.lessons:
            self._producer.publish(LESSONS.name, taught)
        choices = self._choices() if outcome.formed else ()
        for race_id in sorted(outcome.formed):
            self._pin(race_id, choices)
        for located, reason in outcome.poison:
            payload = self._codec.encode(located.name, located.event)
            self.bury_poison(Poison(located.topic, located.partition, located.offset, payload, reason))
        self._dirty |= outcome.touched
        self._unseen |= outcome.touched
        facts = {s.point.race.state.race_id for s in outcome.statements if s.point.facts}
        self.publish_views([race_id for race_id in self._unseen if race_id in facts])
        self._offsets.update(run.covers)
        seconds = time.perf_counter() - started
        self._metrics.observe_run(run, outcome, seconds)
        self.publish_views_for(seconds * self._view_share)
        self._producer.poll()

    def publish_views_for(self, seconds: float) -> None:
        """Publish views, the one waiting longest first, for so long; one at least."""
        deadline = time.perf_counter() + seconds
        while self._unseen:
            self.publish_views([next(iter(self._unseen))])
            if time.perf_counter() > deadline:
                return

    def _choices(self) -> tuple[Choice, ...]:
        """What the registry says now; as before while it cannot be read, which is said once."""
        if self._registry is None:
            return ()
        try:
            choices = tuple(self._registry.choice(role) for role in ROLES)
        except ModelError as error:
            if self._doubt != str(error):
                self._doubt = str(error)
                log.warning("models stay as they are", error=self._doubt)
            return self._pinned
        return choices

    def _pin(self, race_id: str, choices: tuple[Choice, ...]) -> None:
        """Pin models to a race that has others or none; what was pinned twice changes nothing.

        A race of another jurisdiction than the one that a model was made for has what the release ships.
        """
        race = self._races[race_id]
        country = race.view.card.get("country")
        for role, choice in zip(ROLES, choices, strict=False):
            fit = self._registry.suited(choice, role, country) if self._registry is not None else choice
            event = pin(race, role, fit)
            if event is not None:
                self._producer.publish(MODELS.name, event)

    def follow_registry(self) -> None:
        """Pin anew all races that are still to be run, once another version is in force."""
        choices = self._choices()
        if choices == self._pinned:
            return
        if self._pinned and choices[0] != self._pinned[0]:
            self._tell_champion(choices[0])
        self._pinned = choices
        for race_id in list(self._lives):
            race = self._races[race_id]
            if race.view.forms and to_be_run(race.view):
                self._pin(race_id, choices)

    def _tell_champion(self, choice: Choice) -> None:
        entries = self._registry.log() if self._registry is not None else []
        entry = entries[choice.number - 1] if 0 < choice.number <= len(entries) else None
        action, why = (entry.action, entry.reason) if entry is not None else ("reset", "")
        self._metrics.champions.labels(action).inc()
        log.warning("another champion", action=action, version=choice.version, why=why)

    def publish_views(self, race_ids: Collection[str] | None = None) -> None:
        """Publish the views of these races, or of all that were touched since theirs was published."""
        for race_id in list(self._unseen) if race_ids is None else race_ids:
            del self._unseen[race_id]
            race = self._races[race_id]
            if not race.state.buried:
                self._producer.publish(RACES.name, race_view(race))

    def publish_some_views(self) -> None:
        """Publish a tenth of the views that are due, longest due first; all at once would take long."""
        self.publish_views(list(islice(self._unseen, -(-len(self._unseen) // VIEW_TURNS))))

    def bury_poison(self, poison: Poison) -> None:
        """Publish what could not be understood to the dead letters; the stream goes on."""
        origin = f"{poison.topic}:{poison.partition}:{poison.offset}"
        self._metrics.dead_letters.inc()
        letter = dead_letter(SOURCE, poison.payload, origin, poison.reason, identity=f"{origin}:")
        self._producer.publish(DEAD_LETTERS.name, letter)

    def prepare(self) -> Checkpoint:
        """Freeze what has been worked through: states as they are now and the offsets they cover."""
        self.publish_views()
        self._publish_bars()
        now = self._clock()
        states = {id: self._stored(id, partition, now) for id, partition in self._dirty.items()}
        moved = self._move_on(now)
        ready = Checkpoint(states | moved, self._offsets, tuple(moved))
        self._dirty, self._offsets = {}, {}
        return ready

    def _publish_bars(self) -> None:
        """Publish the bars of races in which a minute has closed."""
        for race_id in self._dirty:
            race = self._races[race_id]
            minute = last_minute(race)
            if minute is not None and self._barred.get(race_id) != minute:
                self._barred[race_id] = minute
                self._producer.publish(BARS.name, race_bars(race))

    def _stored(self, race_id: str, partition: int, now: int) -> tuple[int, bytes | None]:
        state = self._races[race_id].state
        self._lives[race_id] = (partition, moves_on_at(state, now))
        return partition, dump(state, now)

    def _move_on(self, now: int) -> dict[str, tuple[int, bytes | None]]:
        """Races whose time has come: to tombstones, and tombstones to nothing."""
        due = [(id, partition) for id, (partition, time) in self._lives.items() if now > time]
        moved: dict[str, tuple[int, bytes | None]] = {}
        for race_id, partition in due:
            race = self._races[race_id]
            if race.state.buried:
                moved[race_id] = (partition, None)
                del self._lives[race_id]
                for topic in (RACES, BARS):
                    self._producer.send(topic.name, race_id.encode(), None)
            else:
                race.bury()
                self._barred.pop(race_id, None)
                moved[race_id] = self._stored(race_id, partition, now)
        return moved

    def recovered(self, partitions: Collection[int]) -> None:
        """Take note of the races of `partitions`, which the table holds after a recovery; others go."""
        for key, data in list(self._races.table.items()):
            touched_at, state = kept(data)
            partition = partition_of(state)
            if partition in partitions:
                self._lives[state.race_id] = (partition, moves_on_at(state, touched_at))
            else:
                del self._races.table[key]

    async def checkpoint(self) -> None:
        """Outputs acknowledged, then states acknowledged, then offsets released: in this order.

        Killed between any two, the next worker makes the same ids again and nothing is missing. Cancelled
        or failed, all of it is due again. After `revoked` nothing more of it is written.
        """
        async with self._checkpointing:
            generation, ready = self._generation, self.prepare()
            try:
                await self._acknowledged()
                if generation == self._generation:
                    self._store(ready)
                    await self._acknowledged()
            except BaseException:
                if generation == self._generation:
                    self._take_back(ready)
                raise
            if generation == self._generation:
                # Not before the table has them, and not those touched again meanwhile.
                self._races.drop(id for id in ready.moved if id not in self._dirty)
                self.covered.update(ready.offsets)
                if len(self._races) > CACHED_RACES:
                    self._races.keep(self._dirty)

    def _store(self, ready: Checkpoint) -> None:
        """Write the states to changelog and table; raises LostError if they may be another's by now."""
        self.beat()
        for race_id, (partition, state) in ready.states.items():
            key = race_id.encode()
            self._producer.send(RACES_CHANGELOG, key, state, partition)
            if state is None:
                self._races.table.pop(key, None)
            else:
                self._races.table[key] = state

    def _take_back(self, ready: Checkpoint) -> None:
        self._dirty = {id: partition for id, (partition, _) in ready.states.items()} | self._dirty
        self._offsets = ready.offsets | self._offsets

    def beat(self) -> None:
        """Say that the process is running; raises LostError after it slept for longer than its group waits.

        A laptop that was shut or a machine that was paused wakes up in the middle of its work, while
        another worker has taken its races over: its states must not overwrite the newer ones.
        """
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        slept, self._beat_at = now - self._beat_at, now
        if slept > self._patience:
            raise LostError(f"the worker slept for {slept:.0f} s and may have lost its races")

    async def _acknowledged(self) -> None:
        """Wait for what was published until now, for as long as the broker is away."""
        mark, asked = self._producer.mark(), time.monotonic()
        while not self._producer.acknowledged(mark):
            await asyncio.sleep(ACKNOWLEDGE_SECONDS)
            self.beat()
            if time.monotonic() - asked > SAY_SO_SECONDS:
                log.warning("records are not acknowledged yet; waiting for the broker")
                asked = time.monotonic()

    def revoked(self) -> None:
        """Forget all races and offsets: another worker may own them now."""
        self._generation += 1
        self._dirty, self._unseen, self._barred, self._lives = {}, {}, {}, {}
        self._offsets, self.covered = {}, {}
        self._races.keep(())


def to_publish(statements: list[Statement]) -> list[Statement]:
    """The statements that are published: the last of each race in the run, and every scratch at once."""
    last = {statement.point.race.state.race_id: at for at, statement in enumerate(statements)}
    kept = set(last.values())
    return [s for at, s in enumerate(statements) if at in kept or s.point.facts]
