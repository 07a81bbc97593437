"""The worker's batch functions in a bare loop around aiokafka's getmany: no Faust, no tables, no waiting."""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Coroutine

import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.codec import default_codec
from streams import engine
from streams.race import Race
from streams.replay import Races
from streams.runs import Run, Runs
from streams.scoring import default_scorer
from streams.state import dump
from streams.statements import prediction
from streams.views import last_minute, race_bars, race_view
from streams.worker import to_publish
from topics.catalogue import ALERTS, BARS, PREDICTIONS, RACE_EVENTS, RACES, RACES_CHANGELOG
from topics.producer import EventProducer

CHECKPOINT_SECONDS = 0.25
POLL_MS = 50
RECORDS = 4_000
ACKNOWLEDGE_SECONDS = 0.002


class Loop:
    def __init__(self, bootstrap: str, prefix: str, group: str) -> None:
        codec = default_codec()
        names = [prefix + topic.name for topic in RACE_EVENTS]
        self.consumer = AIOKafkaConsumer(
            *names,
            bootstrap_servers=bootstrap,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=RECORDS,
        )
        self._producer = EventProducer(bootstrap, prefix, codec, linger_ms=0)
        self._runs = Runs(codec, prefix, print)
        self._races = Races()
        self._scorer = default_scorer()
        self._dirty: dict[str, int] = {}
        self._covers: dict[tuple[str, int], int] = {}
        self._barred: dict[str, int] = {}
        self._due = 0.0
        self._checkpoint: asyncio.Task[None] | None = None

    async def work(self) -> None:
        while True:
            for at, records in (await self.consumer.getmany(timeout_ms=POLL_MS)).items():
                self._runs.add(at.topic, at.partition, records)
            while (run := self._runs.take(lambda *_: True)) is not None:
                self._work(run)
                self._checkpoint_if_due()
                await asyncio.sleep(0)  # a checkpoint that is under way gets its turn
            self._checkpoint_if_due()

    def _work(self, run: Run) -> None:
        outcome = engine.run(run.records, self._races, self._scorer)
        for statement in to_publish(outcome.statements):
            self._producer.publish(PREDICTIONS.name, prediction(statement))
        for alert in outcome.alerts:
            self._producer.publish(ALERTS.name, alert)
        self._dirty |= outcome.touched
        self._covers |= run.covers
        self._producer.poll()

    def _checkpoint_if_due(self) -> None:
        """One at a time; work goes on beside it, as it does in the worker."""
        if self._checkpoint is not None:
            if not self._checkpoint.done():
                return
            self._checkpoint.result()
            self._checkpoint = None
        if self._covers and time.monotonic() >= self._due:
            self._checkpoint = asyncio.create_task(self._prepared())

    def _prepared(self) -> Coroutine[None, None, None]:
        """Views shown and states as bytes at once: they have to be those that the offsets cover."""
        for race_id in self._dirty:
            self._show(race_id, self._races[race_id])
        states = [(id.encode(), dump(self._races[id].state), at) for id, at in self._dirty.items()]
        offsets = {TopicPartition(*at): offset for at, offset in self._covers.items()}
        self._dirty, self._covers = {}, {}
        return self._store(states, offsets)

    async def _store(
        self, states: list[tuple[bytes, bytes, int]], offsets: dict[TopicPartition, int]
    ) -> None:
        await self._acknowledged()
        for key, state, partition in states:
            self._producer.send(RACES_CHANGELOG, key, state, partition)
        await self._acknowledged()
        await self.consumer.commit(offsets)
        self._due = time.monotonic() + CHECKPOINT_SECONDS

    def _show(self, race_id: str, race: Race) -> None:
        self._producer.publish(RACES.name, race_view(race))
        minute = last_minute(race)
        if minute is not None and self._barred.get(race_id) != minute:
            self._barred[race_id] = minute
            self._producer.publish(BARS.name, race_bars(race))

    async def _acknowledged(self) -> None:
        mark = self._producer.mark()
        while not self._producer.acknowledged(mark):  # noqa: ASYNC110 (the producer has nothing to await)
            await asyncio.sleep(ACKNOWLEDGE_SECONDS)


async def main() -> None:
    loop = asyncio.get_running_loop()
    wanted = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
    ours = Loop(**wanted)
    async with ours.consumer:
        # The same settings of the collector as the worker's.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000)
        print(json.dumps({"ready": True}), flush=True)
        working = asyncio.create_task(ours.work())
        ended = loop.run_in_executor(None, sys.stdin.readline)
        await asyncio.wait({working, ended}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


uvloop.run(main())
