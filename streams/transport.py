"""Faust's consumer, taught to hand over merged runs instead of one record at a time.

Faust starts two tasks for each message, which caps it at some thousands a second whatever the agent
does. Here one message is one run: up to RUN_RECORDS records of one partition number, merged over all
topics of the race fold. Changelogs keep Faust's usual path.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any, cast

from faust.transport.drivers.aiokafka import Consumer, Transport
from faust.types import TP, ConsumerMessage, Message

from streams.runs import Run, Runs

POLL_SECONDS = 0.002
"""How long to look for more records while others could go at once."""

MOST_OUTSTANDING = 1
"""Runs handed to the agent and not worked yet; more would only make memory of the broker's backlog."""


class RunConsumer(Consumer):
    """Yields one message for each run; commits what the worker's last checkpoint covers."""

    @property
    def runs(self) -> Runs:
        """The worker's runs."""
        return cast(Runs, self.app.runs)  # type: ignore[attr-defined]

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:  # noqa: ASYNC109 (Faust's)
        """Fetch, sort into runs and yield what is due; records of other topics as they come."""
        if not self.flow_active:
            await self.wait(self.can_resume_flow)  # type: ignore[arg-type]
        generation = self.app.consumer_generation_id
        for tp, record in await self._fetch(timeout):
            yield tp, self._to_message(tp, record)
        if not self.flow_active:
            self.runs.clear()
            return
        await self._room()
        if not self.flow_active or self.app.consumer_generation_id != generation:
            self.runs.clear()
            return
        run = self.runs.take(self._at_end)
        if run is not None:
            yield self._carrier(run)

    async def _room(self) -> None:
        """Wait until the agent has few enough runs before it."""
        worked = cast(asyncio.Event, self.app.worked)  # type: ignore[attr-defined]
        while self.runs.outstanding > MOST_OUTSTANDING and self.flow_active and not self.should_stop:
            worked.clear()
            await self.wait_first(worked.wait(), self.suspend_flow.wait())

    async def _fetch(self, patience: float) -> list[tuple[TP, Any]]:
        """Let runs take in their records; returns those of other topics."""
        active = {tp for tp in self._get_active_partitions() if not self.runs.full(tp.topic, tp.partition)}
        if not active:
            await self.sleep(POLL_SECONDS if self.runs.waiting else patience)
            return []
        wait = POLL_SECONDS if self.runs.waiting else patience
        fetched = await self._getmany(active_partitions=active, timeout=wait)
        others: list[tuple[TP, Any]] = []
        for tp, records in fetched.items():
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
            if tp.topic in self.runs.topics:
                self.runs.add(tp.topic, tp.partition, records)
            else:
                others += [(tp, record) for record in records]
        return others

    def _at_end(self, topic: str, partition: int) -> bool:
        """Whether the topic has no record to fetch, by the broker's last answer."""
        subscription = self._thread._ensure_consumer()._fetcher._subscriptions.subscription
        tp = TP(topic, partition)
        if subscription is None or subscription.assignment is None or tp not in subscription.assignment.tps:
            return True
        state = subscription.assignment.state_value(tp)
        return bool(
            state is not None
            and state.has_valid_position
            and state.highwater is not None
            and state.position >= state.highwater
        )

    def _carrier(self, run: Run) -> tuple[TP, Message]:
        """The run as one message of the partition of its first record."""
        first = run.records[0]
        tp = TP(first.topic, first.partition)
        # Runs are ordered and covered by the worker; Faust shall neither drop nor count a gap.
        self._read_offset[tp] = None
        message = ConsumerMessage(
            tp.topic, tp.partition, first.offset, 0.0, 0, [], None, cast(Any, run), None, 0, 0, tp,
            generation_id=self.app.consumer_generation_id,
        )  # fmt: skip
        return tp, message

    def _filter_tps_with_pending_acks(self, _topics: Any = None) -> Iterator[TP]:
        return iter([TP(*at) for at in self._covered()])

    def _new_offset(self, tp: TP) -> int | None:
        self._acked.pop(tp, None)
        self._acked_index.pop(tp, None)
        return self._covered().get((tp.topic, tp.partition))

    def _covered(self) -> Mapping[tuple[str, int], int]:
        return cast(Mapping[tuple[str, int], int], self.app.worker.covered)  # type: ignore[attr-defined]

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Left to the worker's own watchdog on the age of checkpoints."""

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Checkpoint what has been worked, then let go of all: the new owner fetches the rest again."""
        await self.app.before_revoke()  # type: ignore[attr-defined]
        await super().on_partitions_revoked(revoked)
        self.runs.clear()
        self.app.after_revoke()  # type: ignore[attr-defined]


class RunTransport(Transport):
    """Faust's aiokafka transport with the consumer above."""

    Consumer = RunConsumer


def lag(consumer: RunConsumer, topics: Iterable[str]) -> int:
    """Records of `topics` on the broker that no checkpoint covers yet, by the broker's last answers."""
    covered = consumer._covered()
    total = 0
    for tp in consumer.assignment():
        if tp.topic in topics:
            total += max(0, (consumer.highwater(tp) or 0) - covered.get((tp.topic, tp.partition), 0))
    return total
