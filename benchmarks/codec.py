"""Encoding and decoding of the main events, next to Confluent's serialisers, fastavro alone, and JSON."""

import gc
import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from io import BytesIO
from typing import Any, NamedTuple

import msgspec
import orjson
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from fastavro import schemaless_reader, schemaless_writer

from benchmarks.market import card, odds, race_ids
from benchmarks.report import Report, Row, machine, row
from schemas import records, sources
from schemas.codec import default_codec
from schemas.identity import MICROS, uuid_of
from schemas.records import Scratch
from streams import engine
from streams.engine import Located
from streams.replay import Races
from streams.scoring import default_scorer
from streams.statements import prediction
from streams.views import race_view
from topics.catalogue import CARDS, EVENT_TOPIC, ODDS

NOON = 1_700_000_000_000_000
SECONDS = 0.05
"""Processor time for which one figure is measured at least."""
ROUND = 100
"""Records between two looks at the clock."""

OURS = "ours"
CONFLUENT, PLAIN = "confluent", "confluent, no logical types"
FASTAVRO, ORJSON, MSGSPEC = "fastavro alone", "JSON, orjson", "JSON, msgspec"

Record = Mapping[str, Any]


class Wire(NamedTuple):
    """One way to write and read records of one event."""

    encode: Callable[[Record], bytes]
    decode: Callable[[bytes], Any]


def measure(runs: int = 5, seconds: float = SECONDS) -> Report:
    """Events a second of ours and of each peer, in turns; each reads what it wrote."""
    rows: list[Row] = []
    for name, record in events().items():
        ways = wires(name)
        data = {way: wire.encode(record) for way, wire in ways.items()}
        encoding = {way: partial(wire.encode, record) for way, wire in ways.items()}
        decoding = {way: partial(wire.decode, data[way]) for way, wire in ways.items()}
        rows += _in_turns(f"{name}, encode", encoding, runs, seconds)
        rows += _in_turns(f"{name}, decode", decoding, runs, seconds)
    return Report("codec", machine(), rows)


def _in_turns(what: str, steps: Mapping[str, Callable[[], object]], runs: int, seconds: float) -> list[Row]:
    found: dict[str, list[float]] = {way: [] for way in steps}
    for run in range(runs + 1):
        for way, step in steps.items():
            rate = events_per_second(step, seconds)
            if run:  # the first round is for warming up
                found[way].append(rate)
    ours = found.pop(OURS)
    return [row(what, way, ours, theirs, "events/s") for way, theirs in found.items()]


def events_per_second(step: Callable[[], object], seconds: float) -> float:
    """How often `step` is done in a second of this thread's processor time, by doing it for `seconds`.

    Nothing here waits, so other work on the machine then counts for neither side.
    """
    done = 0
    gc.collect()
    gc.disable()
    try:
        began = time.thread_time()
        while (spent := time.thread_time() - began) < seconds:
            for _ in range(ROUND):
                step()
            done += ROUND
        return done / spent
    finally:
        gc.enable()


def wires(name: str) -> dict[str, Wire]:
    """Ours and the peers for the event called `name`."""
    codec, schema = default_codec(), sources.plain(sources.raw(name))
    typed = msgspec.json.Decoder(getattr(records, name))
    return {
        OURS: Wire(partial(codec.encode, name), lambda data: codec.decode(data)[1]),
        CONFLUENT: confluent(name, sources.raw(name)),
        PLAIN: confluent(name, _unparsed(schema)),
        FASTAVRO: Wire(partial(_write, schema), lambda data: schemaless_reader(BytesIO(data), schema, None)),
        ORJSON: Wire(orjson.dumps, orjson.loads),
        MSGSPEC: Wire(msgspec.json.encode, typed.decode),
    }


def confluent(name: str, schema: Record) -> Wire:
    """Confluent's own serialisers with a registry in memory, asked once."""
    client = SchemaRegistryClient.new_client({"url": "mock://"})
    context = SerializationContext(EVENT_TOPIC[name].name, MessageField.VALUE)
    serialize, deserialize = AvroSerializer(client, json.dumps(schema)), AvroDeserializer(client)

    def encode(record: Record) -> bytes:
        return serialize(record, context) or b""

    return Wire(encode, lambda data: deserialize(data, context))


def _write(schema: Any, record: Record) -> bytes:
    out = BytesIO()
    schemaless_writer(out, schema, record)
    return out.getvalue()


def _unparsed(schema: Any) -> Record:
    """The schema without fastavro's own marks."""
    return {key: value for key, value in schema.items() if not key.startswith("__")}


def events() -> dict[str, Record]:
    """One record of each main event, of a race of 12 runners whose prices moved."""
    races, (race_id,), made = Races(), race_ids(0, 1), []
    first = Located("RaceCard", card(race_id, NOON), CARDS.name, 0, 0)
    moves = [
        Located("OddsUpdate", odds(race_id, number, NOON + number * MICROS), ODDS.name, 0, number)
        for number in range(12)
    ]
    for event in (first, *moves):
        made += engine.run([event], races, default_scorer()).statements
    return {
        "OddsUpdate": odds(race_id, 0, NOON),
        "Prediction": prediction(made[-1]),
        "RaceView": race_view(races[race_id]),
        "Scratch": scratch(race_id),
    }


def scratch(race_id: str) -> Scratch:
    """A runner taken out."""
    return {
        "event_id": uuid_of(f"benchmark:{race_id}:scratch"),
        "source": "benchmark",
        "race_id": race_id,
        "event_time": NOON,
        "recorded_time": NOON,
        "sequence": 1,
        "market_id": race_id,
        "runner_id": "4",
        "action": "SCRATCHED",
        "reduction_factor": 8.5,
        "reason": None,
    }
