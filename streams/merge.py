"""Merges the topics of a partition number by recorded time, rank and offset, as Kafka Streams does."""

from collections import deque
from collections.abc import Callable, Iterable

from streams.engine import Located


class PartitionMerge:
    """Records of one partition number waiting for their turn.

    A topic that still has records to fetch holds the others back, a topic at its end does not: so
    catching up visits the same states as having been there.
    """

    def __init__(self, ranks: dict[str, int]) -> None:
        self._ranks = ranks
        self._answered = dict.fromkeys(ranks, 0.0)
        self._queues: dict[str, deque[Located]] = {
            topic: deque() for topic in sorted(ranks, key=ranks.__getitem__)
        }

    def add(self, topic: str, records: Iterable[Located], answered: float = 0.0) -> None:
        """Records of `topic` in the order of their offsets, later than all added before.

        `answered` is when the broker's answer that brought them came.
        """
        self._queues[topic].extend(records)
        self._answered[topic] = answered

    def waiting(self, topic: str) -> int:
        """How many records of `topic` have not been taken."""
        return len(self._queues[topic])

    @property
    def any_waiting(self) -> bool:
        """Whether any record has not been taken."""
        return any(self._queues.values())

    def take(self, limit: int, at_end: Callable[[str, float], bool]) -> list[Located]:
        """The next records, at most `limit`.

        `at_end` says whether a topic had nothing left to fetch at a time or later. It is asked for the time
        at which the records waiting were brought: an older answer could have missed what came before them.
        """
        taken: list[Located] = []
        while len(taken) < limit:
            heads = [
                (queue[0].event["recorded_time"], topic) for topic, queue in self._queues.items() if queue
            ]
            if not heads:
                break
            since = max(self._answered[topic] for _, topic in heads)
            if not all(queue or at_end(topic, since) for topic, queue in self._queues.items()):
                break
            # Queues stand in the order of rank, and min keeps the first of equals.
            _, first = min(heads, key=lambda head: head[0])
            self._take_while_first(first, heads, taken, limit)
        return taken

    def _take_while_first(
        self, topic: str, heads: list[tuple[int, str]], taken: list[Located], limit: int
    ) -> None:
        """Take from `topic` for as long as no other topic's head comes before its own."""
        queue, rank = self._queues[topic], self._ranks[topic]
        others = [(time, self._ranks[other]) for time, other in heads if other != topic]
        bound = min(others, default=None)
        while queue and len(taken) < limit:
            if bound is not None and (queue[0].event["recorded_time"], rank) > bound:
                return
            taken.append(queue.popleft())
