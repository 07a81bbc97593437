"""Faust's consumer, taught to hand over merged runs instead of one record at a time.

Faust starts two tasks for each message, which caps it at some thousands a second whatever the agent
does. Here one message is one run: up to RUN_RECORDS records of one partition number, merged over all
topics of the race fold. Changelogs keep Faust's usual path.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, cast

from faust.transport.drivers.aiokafka import Consumer, Transport
from faust.types import TP, ConsumerMessage, Message

from streams.fetching import quicken
from streams.runs import Run, Runs
from streams.worker import Worker

quicken()

POLL_SECONDS = 0.002
"""How long to look for more records while others could go at once."""

MOST_UNACKNOWLEDGED = 50_000
"""Records on their way to a broker that is away; well below what the producer's queue holds."""

ROOM_SECONDS = 0.05
FETCH_WAIT_MS = 50
"""How long a broker may keep a fetch that finds nothing: topics of several brokers wait for each other."""

MOST_OUTSTANDING = 1
"""Runs handed to the agent and not worked yet; more would only make memory of the broker's backlog."""


class RunConsumer(Consumer):
    """Yields one message for each run; commits what the worker's last checkpoint covers."""

    _revocations = 0
    """How often partitions were taken away: what was fetched before may be another worker's since."""

    @property
    def runs(self) -> Runs:
        """The worker's runs."""
        return cast(Runs, self.app.runs)  # type: ignore[attr-defined]

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:  # noqa: ASYNC109 (Faust's)
        """Fetch, sort into runs and yield what is due; records of other topics as they come."""
        if not self.flow_active:
            await self.wait(self.can_resume_flow)  # type: ignore[arg-type]
        revocations = self._revocations
        fetched = await self._fetch(timeout)
        if not self.flow_active or self._revocations != revocations:
            await self._thread.call_thread(self._put_back, fetched)
            return
        for tp, record in self._sort(fetched):
            yield tp, self._to_message(tp, record)
        await self._room()
        if not self.flow_active or self._revocations != revocations:
            return
        run = self.runs.take(self._at_end)
        if run is not None:
            yield self._carrier(run)

    async def _room(self) -> None:
        """Wait until the agent has few enough runs before it."""
        worked = cast(asyncio.Event, self.app.worked)  # type: ignore[attr-defined]
        while self.runs.outstanding > MOST_OUTSTANDING and self.flow_active and not self.should_stop:
            worked.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ROOM_SECONDS):  # to see a flow that is suspended
                    await worked.wait()
        worker = cast(Worker, self.app.worker)  # type: ignore[attr-defined]
        while worker.unacknowledged > MOST_UNACKNOWLEDGED and self.flow_active and not self.should_stop:
            await self.sleep(ROOM_SECONDS)

    async def _fetch(self, patience: float) -> Mapping[TP, list[Any]]:
        """What the consumer's thread has, or gets within `patience` seconds."""
        active = set(self._get_active_partitions())
        if self.runs.waiting:
            active = {tp for tp in active if not self.runs.full(tp.topic, tp.partition)}
        if not active:
            await self.sleep(POLL_SECONDS if self.runs.waiting else patience)
            return {}
        wait = POLL_SECONDS if self.runs.waiting else patience
        fetched: Mapping[TP, list[Any]] = await self._getmany(active_partitions=active, timeout=wait)
        return fetched

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:  # noqa: ASYNC109
        """Ask the consumer's thread by one call: Faust's queue of methods takes many turns of both loops."""
        thread = self._thread
        consumer = thread._ensure_consumer()
        asked = thread._fetch_records(
            consumer, active_partitions, timeout=timeout, max_records=consumer._max_poll_records
        )
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asked, thread.thread_loop))

    async def _put_back(self, fetched: Mapping[TP, list[Any]]) -> None:
        """Fetch again, where the partition is still ours or ours again, what came while it changed hands.

        Nothing else would: Faust goes back to what was committed, which is nothing in a new partition. To be
        called on the consumer's thread.
        """
        for tp, records in fetched.items():
            state = self._state(tp)
            if state is not None and state.has_valid_position and records[0].offset < state.position:
                self._thread.seek(tp, records[0].offset)

    def _sort(self, fetched: Mapping[TP, list[Any]]) -> list[tuple[TP, Any]]:
        """Let runs take in their records; returns those of other topics."""
        others: list[tuple[TP, Any]] = []
        for tp, records in fetched.items():
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
            if tp.topic in self.runs.topics:
                self.runs.add(tp.topic, tp.partition, records, self._answered(tp))
            else:
                others += [(tp, record) for record in records]
        return others

    def _at_end(self, topic: str, partition: int, since: float) -> bool:
        """Whether the topic had no record to fetch, by an answer of the broker at `since` or later."""
        state = self._state(TP(topic, partition))
        return state is None or bool(
            state.has_valid_position
            and state.highwater is not None
            and state.position >= state.highwater
            and (state.timestamp or 0) >= since
        )

    def _answered(self, tp: TP) -> float:
        """When the broker last answered a fetch of this partition."""
        state = self._state(tp)
        return float(state.timestamp or 0) if state is not None else 0.0

    def _state(self, tp: TP) -> Any:
        """What aiokafka knows of a partition; None of one that is not assigned."""
        subscription = self._thread._ensure_consumer()._fetcher._subscriptions.subscription
        if subscription is None or subscription.assignment is None or tp not in subscription.assignment.tps:
            return None
        return subscription.assignment.state_value(tp)

    def _carrier(self, run: Run) -> tuple[TP, Message]:
        """The run as one message of a partition that it covers."""
        (topic, partition), offset = next(iter(run.covers.items()))
        tp = TP(topic, partition)
        # Runs are ordered and covered by the worker; Faust shall neither drop nor count a gap.
        self._read_offset[tp] = None
        message = ConsumerMessage(
            tp.topic, tp.partition, offset, 0.0, 0, [], None, cast(Any, run), None, 0, 0, tp,
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

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Take over partitions."""
        self._thread._ensure_consumer()._fetcher._fetch_max_wait_ms = FETCH_WAIT_MS
        await super().on_partitions_assigned(assigned, generation_id)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Checkpoint what has been worked, then let go of all: the new owner fetches the rest again."""
        await self.app.before_revoke()  # type: ignore[attr-defined]
        await super().on_partitions_revoked(revoked)
        self._revocations += 1
        self.runs.clear()
        self.app.after_revoke()  # type: ignore[attr-defined]


class RunTransport(Transport):
    """Faust's aiokafka transport with the consumer above."""

    Consumer = RunConsumer


def lag(consumer: RunConsumer) -> int:
    """Records that are still to be fetched, by the broker's last answers, or wait to be worked."""
    runs = consumer.runs
    states = [consumer._state(tp) for tp in consumer.assignment() if tp.topic in runs.topics]
    known = [state for state in states if state is not None and state.has_valid_position and state.highwater]
    to_fetch = sum(max(0, int(state.highwater - state.position)) for state in known)
    return to_fetch + runs.waiting_records
