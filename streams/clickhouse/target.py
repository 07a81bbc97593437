"""ClickHouse as the target of a sink: records held by schema, inserted as one Avro file each.

One batch is inserted while the next is gathered: the engine works in threads of its own.
"""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple
from uuid import UUID

import structlog
from clickhouse_connect.driver.client import Client

from schemas.codec import Codec
from schemas.errors import AnalyticsError, SchemaError
from streams.archive.container import Record, encode_row, schema_of, write_file
from streams.clickhouse.database import asked, migrate
from streams.clickhouse.landing import SPREADS, landable, name_of, statements
from streams.sink import At
from topics.catalogue import EVENT_TOPIC

HELD_BYTES = 32 << 20

log = structlog.get_logger("hpr.clickhouse")

TOPICS = tuple(EVENT_TOPIC[name].name for name in SPREADS)
"""Topics that have tables."""


class Held(NamedTuple):
    """A record that waits: its row of a file, and its value as it was."""

    row: bytes
    value: bytes


class Batch(NamedTuple):
    """Records to be inserted by schema id, and the offsets that follow them."""

    rows: dict[int, list[Held]]
    next: dict[At, int]


class ClickHouseTarget:
    """Where a sink inserts to. An insert that is done again leaves the same rows."""

    def __init__(self, client: Client, codec: Codec) -> None:
        self._client, self._codec = client, codec
        self._rows: dict[int, list[Held]] = {}
        self._next: dict[At, int] = {}
        self._landed: set[int] = set()
        self._held = 0
        self._batch: Batch | None = None
        """What is not known to be inserted yet."""
        self._inserting: Future[None] | None = None
        self._thread = ThreadPoolExecutor(1, "insert")
        migrate(client)

    @property
    def full(self) -> bool:
        """See Target."""
        return self._held >= HELD_BYTES

    def position(self, at: At, topic_id: str) -> int | None:
        """See Target; the offsets committed say it."""
        del topic_id
        return self._next.get(at)

    def begin(self, at: At, offset: int) -> None:
        """See Target."""

    def add(self, records: Iterable[Record]) -> None:
        """See Target. Records that cannot be read are passed over: the worker reports them."""
        for record in records:
            self._next[record.topic, record.partition] = record.offset + 1
            schema_id = schema_of(record, self._codec.history.schemas)
            if schema_id is None:
                if record.value is not None:
                    log.warning(
                        "record passed over: no known schema", topic=record.topic, offset=record.offset
                    )
                continue
            held = Held(encode_row(record, raw=False), record.value or b"")
            self._rows.setdefault(schema_id, []).append(held)
            self._held += len(held.row)

    def flush(self, *, wait: bool = True) -> dict[At, int]:
        """See Target. The batch before is waited for in any case."""
        done = self._inserted()
        if not self._rows:
            return dict(self._next)
        self._batch = Batch(self._rows, dict(self._next))
        self._rows, self._held = {}, 0
        self._begin(self._batch)
        return self._inserted() if wait else done

    def _begin(self, batch: Batch) -> None:
        self._inserting = self._thread.submit(self._insert_all, batch)

    def _inserted(self) -> dict[At, int]:
        """Wait for the batch under way, and say what it covers; what it raises. Then it is tried again."""
        if self._batch is None:
            return {}
        if self._inserting is None:
            self._begin(self._batch)
        inserting, self._inserting = self._inserting, None
        if inserting is not None:
            inserting.result()
        (_, covered), self._batch = self._batch, None
        return covered

    def _insert_all(self, batch: Batch) -> None:
        for schema_id in list(batch.rows):
            self._insert(schema_id, batch.rows[schema_id])
            del batch.rows[schema_id]

    def tick(self) -> None:
        """See Target; ClickHouse merges by itself."""

    def _insert(self, schema_id: int, held: list[Held]) -> None:
        schema = self._codec.history.schemas[schema_id]
        name = str(schema["name"]).rpartition(".")[2]
        if name not in SPREADS:
            return
        if schema_id not in self._landed:
            for statement in statements(name, schema_id, schema):
                asked(lambda sql=statement: self._client.command(sql), "cannot be set up")  # type: ignore[misc]
            self._landed.add(schema_id)
        try:
            self._write(schema_id, held)
        except AnalyticsError:
            sound = [each for each in held if self._is_sound(each)]
            if len(sound) == len(held):
                raise
            log.warning("corrupt records passed over", records=len(held) - len(sound), schema=name)
            self._write(schema_id, sound)

    def _is_sound(self, held: Held) -> bool:
        try:
            UUID(self._codec.decode(held.value)[1]["event_id"])
        except (SchemaError, ValueError):
            return False
        return True

    def _write(self, schema_id: int, held: list[Held]) -> None:
        rows, schema = (each.row for each in held), landable(self._codec.history.schemas[schema_id])
        data = write_file("", 0, schema_id, schema, rows, level=None)
        asked(
            lambda: self._client.raw_insert(name_of(schema_id), insert_block=data, fmt="Avro"),
            "does not take records in",
        )
