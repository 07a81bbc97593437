"""The archive and ClickHouse: size, writing, replay beside flumine, inserting, and pages over many rows."""

import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import fastavro
import numpy as np

from benchmarks.environments import Peer
from benchmarks.replay import FIVE, ONE, captures, collector_as_in_replay, in_turns, messages, names
from benchmarks.report import Report, Row, machine, row
from feeds.betfair.files import captures_of, read
from feeds.betfair.recorded import recorded
from schemas.codec import PREFIX_BYTES, default_codec
from streams.archive.container import Record, file_schema
from streams.archive.reader import Archive
from streams.archive.store import FolderStore
from streams.archive.writer import PartitionWriter
from streams.clickhouse.database import connect
from streams.clickhouse.questions import ask
from streams.clickhouse.target import ClickHouseTarget
from streams.engine import Located
from streams.processes import replay_in_processes
from streams.replay import replay_located
from streams.sources.merged import Understanding, race_events
from topics.catalogue import EVENT_TOPIC, ODDS, PARTITIONS, RACE_EVENTS

FLUSH = 20_000
"""Records between two flushes of a partition."""
ROWS = 50_000_000
"""Rows of odds that pages are asked over."""
RACES = 2_000
ASKED = 200
"""Questions of each kind."""
BUDGET_MS = 50.0


def measure(runs: int = 3, scale: float = 1.0) -> Report:
    """Sizes, rates and times. `scale` is of the rows in ClickHouse, 50 million."""
    five = captures(FIVE)
    records = list(wire(five))
    rows = [size_row(records, five), *write_rows(records, runs), *replay_rows(runs)]
    with tempfile.TemporaryDirectory() as folder:
        rows += clickhouse_rows(Path(folder), records, runs, round(ROWS * scale))
    return Report("archive", machine(), rows)


def wire(files: list[Path]) -> Iterator[Record]:
    """The events of captures as records, races on partitions as they come."""
    codec, offsets, races = default_codec(), dict[tuple[str, int], int](), dict[str, int]()
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
    """Archive records under `root`, flushed now and then, hours closed."""
    store, history = FolderStore(root), default_codec().history
    writers: dict[tuple[str, int], PartitionWriter] = {}
    for record in records:
        at = (record.topic, record.partition)
        writer = writers.get(at)
        if writer is None:
            writer = writers[at] = PartitionWriter(store, record.topic, "", record.partition, history)
        writer.add(record)
        if not (record.offset + 1) % FLUSH:
            writer.flush()
    for writer in writers.values():
        writer.flush()


def size_row(records: list[Record], files: list[Path]) -> Row:
    """The archive's bytes beside the JSON of the captures, not compressed."""
    with tempfile.TemporaryDirectory() as folder:
        archive(Path(folder), records)
        ours = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    theirs = sum(len(line.data) + 1 for capture in captures_of(files) for line in read(capture))
    return row("size of five markets", "JSON of the captures", [ours / 2**20], [theirs / 2**20], "MiB")


def write_rows(records: list[Record], runs: int) -> list[Row]:
    """Events a second into an archive, beside fastavro's own writer of the same records as objects."""
    codec = default_codec()
    odds = [record for record in records if record.topic == ODDS.name]
    schema_id = int.from_bytes((odds[0].value or b"")[1:PREFIX_BYTES], "big")
    schema = fastavro.parse_schema(file_schema(codec.history.schemas[schema_id]))
    objects = [
        {
            "offset": r.offset, "timestamp": r.timestamp, "key": r.key, "headers": [], "size": 0,
            "value": codec.decode(r.value or b"")[1],
        }
        for r in odds
    ]  # fmt: skip

    def ours() -> float:
        with tempfile.TemporaryDirectory() as folder:
            return _seconds(lambda: archive(Path(folder), odds))

    def theirs() -> float:
        with tempfile.NamedTemporaryFile() as out:
            return _seconds(lambda: fastavro.writer(out, schema, objects, "zstandard"))

    seconds = in_turns({"ours": ours, "theirs": theirs}, runs)
    rates = {name: [len(odds) / each for each in found] for name, found in seconds.items()}
    return [row("write, durable", "fastavro.writer", rates["ours"], rates["theirs"], "events/s")]


def replay_rows(runs: int) -> list[Row]:
    """Replay from an archive, every point scored and written: beside flumine, and in two processes."""
    one, five = captures(ONE), captures(FIVE)
    with tempfile.TemporaryDirectory() as folder, Peer("flumine") as flumine:
        for name, files in (("one", one), ("five", five)):
            archive(Path(folder, name), list(wire(files)))
        seconds = in_turns(
            {
                "one": lambda: replayed(Path(folder, "one"), [[0]]),
                "flumine": lambda: float(flumine.ask(names(one))),
                "five": lambda: replayed(Path(folder, "five"), [[0, 1, 2, 3, 4]]),
                "two processes": lambda: replayed(Path(folder, "five"), [[0, 3, 4], [1, 2]]),
            },
            runs,
        )
    counts = {"one": messages(one), "flumine": messages(one), "five": messages(five)}
    rates = {name: [counts.get(name, counts["five"]) / s for s in found] for name, found in seconds.items()}
    return [
        row("replay, one market", "flumine", rates["one"], rates["flumine"], "messages/s"),
        row(
            "replay, five, two processes", "one process", rates["two processes"], rates["five"], "messages/s"
        ),
    ]


def replayed(root: Path, shares: list[list[int]]) -> float:
    """Seconds of a replay of partitions, dealt to processes, with its lines written."""
    with tempfile.TemporaryFile() as out, collector_as_in_replay():
        began = time.perf_counter()
        for published in replay_in_processes(
            [partial(_events, root, s) for s in shares], 1000, replay_located
        ):
            out.write(published.line + b"\n")
        return time.perf_counter() - began


def _events(root: Path, partitions: list[int]) -> Iterator[Located]:
    source = Archive(FolderStore(root))
    return race_events(source.records, "", partitions, Understanding(default_codec()))


def clickhouse_rows(root: Path, records: list[Record], runs: int, rows: int) -> list[Row]:
    """Rows a second inserted as a sink does, beside inserts of columns; and pages over many rows."""
    client, codec = connect(f"chdb:///{root}/chdb"), default_codec()
    target = ClickHouseTarget(client, codec)
    now = time.time_ns() // 1_000_000
    odds = [record._replace(timestamp=now) for record in records if record.topic == ODDS.name]
    events = [codec.decode(record.value or b"")[1] for record in odds]
    inserted = sum(len(event["runners"]) for event in events)
    client.command("CREATE TABLE plain AS odds ENGINE = MergeTree ORDER BY (race_id, event_time)")

    def insert() -> None:
        target.add(odds)
        target.flush()

    def ours() -> float:
        return _seconds(insert)

    def theirs() -> float:
        return _seconds(lambda: client.insert("plain", *_columns(events, now), column_oriented=True))

    seconds = in_turns({"ours": ours, "theirs": theirs}, runs)
    rates = {name: [inserted / each for each in found] for name, found in seconds.items()}
    found = [row("ClickHouse, odds rows", "clickhouse-connect", rates["ours"], rates["theirs"], "events/s")]
    client.command("DROP TABLE plain")
    fill(client.command, rows)
    millions = f"{rows / 1e6:g} million rows"
    for what, name, parameters in PAGES:
        times = [_seconds(partial(ask, client, name, parameters(n))) * 1000 for n in range(ASKED)]
        p99 = float(np.percentile(times, 99))
        found.append(row(f"{what}, p99 over {millions}", "budget", [p99], [BUDGET_MS], "ms"))
    client.close()
    return found


PAGES: list[tuple[str, str, Callable[[int], dict[str, object]]]] = [
    ("prices of a race by minute", "bars", lambda n: {"race_id": race_id(n)}),
    ("every price of a race", "ticks", lambda n: {"race_id": race_id(n), "limit": 200_000}),
    ("closing line of a race", "closing", lambda n: {"race_id": race_id(n)}),
    ("a horse's career", "runs", lambda n: {"horse_id": f"horse{n}", "limit": 500}),
    ("calibration of a day", "calibration", lambda n: {"day": f"2025{n % 12 + 1:02d}{n % 28 + 1:02d}"}),
]


def race_id(number: int) -> str:
    """The id of a made-up race."""
    return f"BEL-2025{number % 12 + 1:02d}{number % 28 + 1:02d}-{number % RACES // 84:02d}"


def fill(command: Callable[[str], object], rows: int) -> None:
    """Made-up races: prices of ten runners, runs, last predictions and results."""
    per_race, step = rows // RACES, 5_000_000
    race = (
        "concat('BEL-2025', leftPad(toString(r % 12 + 1), 2, '0'), leftPad(toString(r % 28 + 1), 2, '0'), "
        "'-', leftPad(toString(intDiv(r, 84)), 2, '0'))"
    )
    for begin in range(0, rows, step):
        made = (
            f"SELECT number, intDiv(number, {per_race}) AS r FROM numbers({begin}, {min(step, rows - begin)})"
        )
        command(
            "INSERT INTO odds (race_id, market_id, runner_id, event_time, sequence, event_id, recorded_time, "
            "source, market_type, pool, in_play, last, back, lay, traded, kept_at) "
            f"SELECT {race}, 'win', toString(number % 10), "
            f"fromUnixTimestamp64Micro(1750000000000000 + (number % {per_race}) * 1000000) AS event_time, "
            f"number % {per_race}, reinterpretAsUUID(sipHash128(number)), event_time, 'made', 'WIN', "
            "'EXCHANGE', false, 2 + (number % 997) / 50 AS last, last * 0.99, last * 1.01, number, now64() "
            f"FROM ({made})"
        )
    command(
        "INSERT INTO performances (horse_id, race_date, source, event_id, kept_at) SELECT "
        "concat('horse', toString(number % 50000)), toDate('2020-01-01') + intDiv(number, 1000), 'made', "
        "reinterpretAsUUID(sipHash128(number)), now64() FROM numbers(2000000)"
    )
    of_runners = f"FROM (SELECT intDiv(number, 10) AS r, number % 10 AS runner FROM numbers({RACES * 10}))"
    command(
        "INSERT INTO closing_predictions SELECT "
        f"{race}, 'market=1', toString(runner), 1, (runner + 1) / 55 {of_runners}"
    )
    command(
        "INSERT INTO results (race_id, source, event_time, sequence, event_id, runner_id, state, "
        f"finish_position, disqualified, kept_at) SELECT {race}, 'made', now64(), 1, "
        "reinterpretAsUUID(sipHash128(r)), "
        f"toString(runner), 'OFFICIAL', runner + 1, false, now64() {of_runners}"
    )


COLUMNS = (
    "race_id", "market_id", "runner_id", "event_time", "sequence", "event_id", "recorded_time", "source",
    "market_type", "pool", "in_play", "last", "back", "back_size", "lay", "lay_size", "traded", "kept_at",
)  # fmt: skip


def _columns(events: list[Any], now: int) -> tuple[list[list[object]], tuple[str, ...]]:
    """Columns of a table as the client takes them, of events that were decoded."""
    columns: list[list[object]] = [[] for _ in COLUMNS]
    for event in events:
        for runner in event["runners"]:
            for column, name in zip(columns, COLUMNS, strict=True):
                value = runner[name] if name in runner else event.get(name, now)
                column.append(datetime.fromtimestamp(value / 1e6, UTC) if name.endswith("_time") else value)
    columns[-1] = [datetime.fromtimestamp(now / 1e3, UTC)] * len(columns[0])
    return columns, COLUMNS


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
