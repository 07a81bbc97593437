"""The embedded broker: librdkafka's mock cluster, the real protocol in memory, for demos and tests.

It keeps about 5 MB a partition and forgets all at its end; topics appear on first use with 4 partitions.
"""

from types import TracebackType

from confluent_kafka import Producer

NOTICE = "embedded broker: in memory, about 5 MB a partition, gone at the end; use --broker for a real Kafka"


class EmbeddedBroker:
    """A one-node cluster within this process; `bootstrap` is its address.

    >>> with EmbeddedBroker() as broker:
    ...     broker.bootstrap.startswith("127.0.0.1:")
    True
    """

    def __init__(self) -> None:
        # The cluster lives as long as the client that made it.
        self._owner: Producer | None = Producer({"test.mock.num.brokers": 1, "log_level": 2})
        brokers = self._owner.list_topics(timeout=10).brokers.values()
        self.bootstrap = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)

    def touch(self, topics: list[str]) -> None:
        """Make `topics` exist, so that consumers can subscribe to them before the first record."""
        assert self._owner is not None, "the broker is closed"
        for topic in topics:
            self._owner.list_topics(topic, timeout=10)

    def close(self) -> None:
        """End the cluster and lose what it held."""
        self._owner = None

    def __enter__(self) -> "EmbeddedBroker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
