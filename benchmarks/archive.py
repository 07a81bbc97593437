"""The archive: its size, writing to it from memory and from Kafka, and replay from it beside flumine."""

import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import fastavro

from benchmarks.environments import Peer
from benchmarks.kept import Odds, brought, put, real_odds
from benchmarks.replay import FIVE, ONE, captures, in_turns, messages, names
from benchmarks.report import Report, Row, machine, row
from benchmarks.services import broker
from feeds.betfair.files import captures_of, read
from feeds.betfair.recorded import recorded
from schemas.codec import PREFIX_BYTES, default_codec
from streams.archive.container import Record, file_schema
from streams.archive.store import FolderStore
from streams.archive.target import ArchiveTarget
from streams.sink import BATCH, At
from topics.catalogue import EVENT_TOPIC, PARTITIONS, RACE_EVENTS

COPIES = 12
"""Of the odds of five markets that are archived."""
ASKED = 100_000
"""Events a second that have to be reached."""
REPLAYED = {"one": ONE, "four": FIVE[:4], "five": FIVE}
"""What is archived to be replayed."""
SPLIT = ("five", "four")
"""What of it is shared out to two processes: not evenly, since a race is of one, and evenly."""


def measure(runs: int = 3) -> Report:
    """Size and rates."""
    five = captures(FIVE)
    odds = real_odds(five, COPIES)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, markets in REPLAYED.items():
            archive(root / name, list(wire(captures(markets))))
        rows = [size_row(root / "five", five), *write_rows(odds, runs), kafka_row(odds, runs)]
        rows += replay_rows(root, runs)
    return Report("archive", machine(), rows)


def wire(files: list[Path]) -> Iterator[Record]:
    """The events of captures as records, races on partitions as they come."""
    codec, offsets, races = default_codec(), dict[At, int](), dict[str, int]()
    for _, events in recorded(files):
        for name, event in events:
            topic = EVENT_TOPIC[name]
            if topic not in RACE_EVENTS:
                continue
            partition = races.setdefault(event["race_id"], len(races) % PARTITIONS)
            offset = offsets.get((topic.name, partition), 0)
            offsets[topic.name, partition] = offset + 1
            value, time_ms = codec.encode(name, event), event["recorded_time"] // 1000
            yield Record(topic.name, partition, offset, time_ms, event["race_id"].encode(), value)


def archive(root: Path, records: list[Record]) -> None:
    """Archive records under `root` as a sink does that is given them as fast as it takes them."""
    target = ArchiveTarget(FolderStore(root), default_codec().history)
    for at in {(record.topic, record.partition) for record in records}:
        target.position(at, "")
    for begin in range(0, len(records), BATCH):
        target.add(records[begin : begin + BATCH])
        if target.full:
            target.flush()
    target.flush()


def size_row(root: Path, files: list[Path]) -> Row:
    """The archive's bytes beside the JSON of the captures, not compressed."""
    ours = sum(file.stat().st_size for file in root.rglob("*") if file.is_file())
    theirs = sum(len(line.data) + 1 for capture in captures_of(files) for line in read(capture))
    return row("size of five markets", "JSON of the captures", [ours / 2**20], [theirs / 2**20], "MiB")


def write_rows(odds: Odds, runs: int) -> list[Row]:
    """Events a second into an archive, beside fastavro's own writer of the same records as objects."""
    id = int.from_bytes((odds.records[0].value or b"")[1:PREFIX_BYTES], "big")
    schema = fastavro.parse_schema(file_schema(default_codec().history.schemas[id]))
    objects = [
        {
            "offset": record.offset, "timestamp": record.timestamp, "key": record.key, "headers": [],
            "size": 0, "value": event,
        }
        for record, event in zip(odds.records, odds.events, strict=True)
    ]  # fmt: skip

    def ours() -> float:
        with tempfile.TemporaryDirectory() as folder:
            return seconds_of(lambda: archive(Path(folder), odds.records))

    def theirs() -> float:
        with tempfile.NamedTemporaryFile() as out:
            return seconds_of(lambda: fastavro.writer(out, schema, objects, "zstandard"))

    rates = _rates(in_turns({"ours": ours, "theirs": theirs}, runs), len(odds.records))
    return [
        row("write, durable", "fastavro.writer", rates["ours"], rates["theirs"], "events/s"),
        row("write, durable", "asked for", rates["ours"], [ASKED], "events/s"),
    ]


def kafka_row(odds: Odds, runs: int) -> Row:
    """Events a second from a topic of a real Kafka into an archive, by the sink."""
    history = default_codec().history
    with broker() as bootstrap:
        put(bootstrap, "bench.", odds, 1)

        def ours() -> float:
            with tempfile.TemporaryDirectory() as folder:
                target = ArchiveTarget(FolderStore(Path(folder)), history)
                count = len(odds.records)
                return brought(bootstrap, "bench.", "archive", target, count) * count

        rates = _rates(in_turns({"ours": ours}, runs), len(odds.records))
    return row("sink, from Kafka", "asked for", rates["ours"], [ASKED], "events/s")


def replay_rows(root: Path, runs: int) -> list[Row]:
    """Replay from an archive, every point scored and written: beside flumine, and in two processes."""
    one = captures(ONE)
    with Peer("flumine") as flumine, Peer("pool", with_project=True) as pool:

        def replayed(name: str, processes: int) -> Callable[[], float]:
            return lambda: float(pool.ask([[f"archive:{root / name}"], processes]))

        seconds = in_turns(
            {
                "one": replayed("one", 1),
                "flumine": lambda: float(flumine.ask(names(one))),
                **{f"{name} in {number}": replayed(name, number) for name in SPLIT for number in (1, 2)},
            },
            runs,
        )
    counts = {name: messages(captures(markets)) for name, markets in REPLAYED.items()}
    rates: dict[str, list[float]] = {}
    for what, found in seconds.items():
        rates |= _rates({what: found}, counts.get(what.partition(" ")[0], counts["one"]))
    rows = [row("replay, one market", "flumine", rates["one"], rates["flumine"], "messages/s")]
    for name in SPLIT:
        ours, theirs = rates[f"{name} in 2"], rates[f"{name} in 1"]
        rows.append(row(f"replay, {name}, two processes", "one process", ours, theirs, "messages/s"))
    return rows


def _rates(seconds: dict[str, list[float]], number: int) -> dict[str, list[float]]:
    return {name: [number / each for each in found] for name, found in seconds.items()}


def seconds_of(work: Callable[[], object]) -> float:
    """Seconds that a work takes, after what lies about is collected."""
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
