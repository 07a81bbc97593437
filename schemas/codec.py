"""The wire format of Kafka records after Confluent: byte 0, four-byte schema id, Avro.

Schemas are compiled once. Records of older schemas are read into the newest one of their name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from struct import error as StructError
from typing import Any

from fastavro import schemaless_reader, schemaless_writer
from fastavro.types import Schema
from fastavro.validation import ValidationError, validate

from schemas import history as committed
from schemas import sources
from schemas.decoders import Decode
from schemas.decoders import compiled as compiled_decoder
from schemas.encoders import Encode, compiled
from schemas.errors import CorruptRecordError, SchemaError, UnknownSchemaError
from schemas.history import History
from schemas.sources import Json

MAGIC = 0
PREFIX_BYTES = 5
MISFITS = (ValueError, TypeError, LookupError, AttributeError, OverflowError, StructError)
"""What encoders raise on a record that does not fit its schema."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How records of a schema id are read."""

    name: str
    writer: Schema
    target: Schema | None
    """Schema to read into; None where the record has it already."""
    decode: Decode | None
    """The compiled decoder of a record that has it already, for what is well written."""


def _not_in_history(id: int) -> Json:
    raise UnknownSchemaError(f"schema id {id} is not in the schema history")


class Codec:
    """Encodes and decodes records with the ids of a schema history.

    `find` gives the schema of an id that the history lacks, or raises UnknownSchemaError; what it
    gave is kept.
    """

    def __init__(self, history: History, find: Callable[[int], Json] = _not_in_history) -> None:
        self.history = history
        self._find = find
        self._newest = {name: sources.plain(sources.raw(name)) for name in sources.names()}
        self._writers: dict[str, tuple[bytes, Encode]] = {}
        self._readers: dict[int, Reader] = {}
        for name, schema in self._newest.items():
            id = history.id_of(sources.raw(name))
            if id is not None:
                self._writers[name] = bytes([MAGIC]) + id.to_bytes(PREFIX_BYTES - 1, "big"), compiled(schema)

    def encode(self, name: str, record: Mapping[str, Any]) -> bytes:
        """Wire bytes of `record`, an event called `name`.

        Raises SchemaError if the record does not fit, or if the schema is not in the history.
        """
        writer = self._writers.get(name)
        if writer is None:
            raise SchemaError(f"{name} is not in the schema history: run `hpr schemas commit`")
        prefix, encode = writer
        try:
            return prefix + encode(record)
        except MISFITS:
            return prefix + self._written_with_care(name, record)

    def _written_with_care(self, name: str, record: Mapping[str, Any]) -> bytes:
        """What fastavro makes of a record: it fills in defaults, or says what does not fit."""
        out = BytesIO()
        schema = self._newest[name]
        try:
            validate(record, schema)
            schemaless_writer(out, schema, record)
        except (*MISFITS, ValidationError) as error:
            raise SchemaError(f"{name} record does not fit its schema: {error}") from error
        return out.getvalue()

    def decode(self, data: bytes) -> tuple[str, Any]:
        """Name and record (a typed record of schemas.records) of wire bytes.

        Raises UnknownSchemaError for an id of which nothing is known, CorruptRecordError for all else.
        """
        if len(data) < PREFIX_BYTES or data[0] != MAGIC:
            raise CorruptRecordError(
                "not in Confluent wire format: the first byte is not 0, or under 5 bytes"
            )
        id = int.from_bytes(data[1:PREFIX_BYTES], "big")
        reader = self._readers.get(id) or self.reader(id)
        if reader.decode is not None:
            try:
                record, end = reader.decode(data, PREFIX_BYTES)
            except (*MISFITS, MemoryError):
                end = -1
            if end == len(data):
                return reader.name, record
        return reader.name, self._read_with_care(reader, id, data)

    @staticmethod
    def _read_with_care(reader: Reader, id: int, data: bytes) -> Any:
        """What fastavro makes of a record: one of an older schema, or it says what is wrong."""
        source = BytesIO(data)
        source.seek(PREFIX_BYTES)
        try:
            record = schemaless_reader(source, reader.writer, reader.target)
        except Exception as error:
            raise CorruptRecordError(f"{reader.name} (schema id {id}) is corrupt: {error!r}") from error
        if source.tell() != len(data):
            raise CorruptRecordError(
                f"{reader.name} (schema id {id}) has {len(data) - source.tell()} bytes too many"
            )
        return record

    def reader(self, id: int) -> Reader:
        """How to read records of an id; raises UnknownSchemaError."""
        if id not in self._readers:
            self._readers[id] = self._meet(id)
        return self._readers[id]

    def _meet(self, id: int) -> Reader:
        """The same of an id that is met for the first time."""
        schema = self.history.schemas.get(id)
        if schema is None:
            schema = self._find(id)
        name = str(schema.get("name", "")).rpartition(".")[2]
        newest = self._newest.get(name)
        if newest is None:
            raise UnknownSchemaError(f"schema id {id} is no event known here, but {name or 'no Avro record'}")
        try:
            writer = sources.plain(schema)
        except Exception as error:  # what fastavro raises on foreign schemas is of many kinds
            raise UnknownSchemaError(f"schema id {id} is not a schema of its own: {error!r}") from error
        # By content, because registries write the text of a schema in their own way.
        same = writer == newest
        return Reader(name, writer, None if same else newest, compiled_decoder(writer) if same else None)


@cache
def default_codec() -> Codec:
    """The codec over the committed history."""
    return Codec(committed.load())
