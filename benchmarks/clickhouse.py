"""ClickHouse in process: rows inserted by the sink, and what pages ask over 50 million rows of odds."""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
from clickhouse_connect.driver.client import Client

from benchmarks.archive import seconds_of
from benchmarks.kept import Odds, brought, put, real_odds
from benchmarks.replay import FIVE, captures, in_turns
from benchmarks.report import Report, Row, machine, row
from benchmarks.services import broker
from schemas.codec import default_codec
from streams.clickhouse.answers import Answers, ask_at
from streams.clickhouse.database import connect, migrate
from streams.clickhouse.target import ClickHouseTarget

COPIES = 3
"""Of the odds of five markets that are inserted."""
TIMES = 4
"""How often these are in the topic, so that the sink has some seconds to do."""

ASKED_FOR = 100_000
"""Rows a second that have to be reached."""

ROWS = 50_000_000
"""Rows of odds that pages are asked over."""
RUNNERS, TICKS = 10, 2_500
"""Of a made-up race: runners, and prices of each, one every ten seconds."""
RACES_A_DAY = 10
FIRST_DAY = date(2025, 1, 1)
STEP_ROWS = 5_000_000
HORSES, RUNS = 50_000, 2_000_000
ASKED = 200
"""Questions of each kind."""
BUDGET_MS = 50.0


def measure(runs: int = 3, scale: float = 1.0) -> Report:
    """Rates and times. `scale` is of the rows that pages are asked over."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        client = connect(f"chdb:///{root}/chdb")
        rows = insert_rows(client, real_odds(captures(FIVE), COPIES), runs)
        for table in ("odds", "odds_bars", "closing_prices"):
            client.command(f"TRUNCATE TABLE {table}")
        races = round(ROWS * scale / (RUNNERS * TICKS))
        fill(client, races)
        rows += page_rows(client, root / "sock", races)
        client.close()
    return Report("clickhouse", machine(), rows)


def insert_rows(client: Client, odds: Odds, runs: int) -> list[Row]:
    """Rows a second inserted as they came, beside inserts of columns; and by the sink, from a real Kafka."""
    codec, groups = default_codec(), count()
    target = ClickHouseTarget(client, codec)
    client.command("CREATE TABLE plain AS odds ENGINE = MergeTree ORDER BY (race_id, event_time)")

    def insert() -> None:
        target.add(odds.records)
        target.flush()

    def columns() -> None:
        client.insert("plain", *_columns(odds), column_oriented=True)

    with broker() as bootstrap:
        put(bootstrap, "bench.", odds, TIMES)

        def sink() -> float:
            fresh = ClickHouseTarget(client, codec)
            count = TIMES * len(odds.records)
            each = brought(bootstrap, "bench.", f"clickhouse{next(groups)}", fresh, count)
            return each * len(odds.records)

        ours, theirs = partial(seconds_of, insert), partial(seconds_of, columns)
        seconds = in_turns({"ours": ours, "theirs": theirs, "sink": sink}, runs)
    client.command("DROP TABLE plain")
    rates = {name: [odds.rows / each for each in found] for name, found in seconds.items()}
    return [
        row("insert of odds", "clickhouse-connect", rates["ours"], rates["theirs"], "rows/s"),
        row("sink, from Kafka", "asked for", rates["sink"], [ASKED_FOR], "rows/s"),
    ]


def page_rows(client: Client, socket: Path, races: int) -> list[Row]:
    """p99 of what each page asks, at the socket at which gateways ask."""
    found = []
    with Answers(client, socket):
        for what, name, parameters in PAGES:
            times = [_milliseconds(socket, name, parameters(n * 7919 % races)) for n in range(ASKED)]
            millions = f"{races * RUNNERS * TICKS / 1e6:g} million rows"
            p99 = float(np.percentile(times, 99))
            found.append(row(f"{what}, p99 over {millions}", "asked for", [p99], [BUDGET_MS], "ms"))
    return found


def _milliseconds(socket: Path, name: str, parameters: dict[str, object]) -> float:
    began = time.perf_counter()
    ask_at(socket, name, parameters)
    return (time.perf_counter() - began) * 1000


def race_id(number: int) -> str:
    """The id of a made-up race."""
    return f"BEL-{day_of(number)}-{number % RACES_A_DAY + 1:02d}"


def day_of(number: int) -> str:
    """The day of a made-up race."""
    return f"{FIRST_DAY + timedelta(days=number // RACES_A_DAY):%Y%m%d}"


PAGES: list[tuple[str, str, Callable[[int], dict[str, object]]]] = [
    ("prices of a race by minute", "bars", lambda n: {"race_id": race_id(n)}),
    ("every price of a race", "ticks", lambda n: {"race_id": race_id(n), "limit": 200_000}),
    ("closing line of a race", "closing", lambda n: {"race_id": race_id(n)}),
    ("a horse's career", "runs", lambda n: {"horse_id": f"horse{n}", "limit": 500}),
    ("calibration of a day", "calibration", lambda n: {"day": day_of(n)}),
]

RACE = (
    f"concat('BEL-', toString(toYYYYMMDD(toDate('{FIRST_DAY}') + intDiv(r, {RACES_A_DAY}))), '-', "
    f"leftPad(toString(r % {RACES_A_DAY} + 1), 2, '0'))"
)


def fill(client: Client, races: int) -> None:
    """Made-up races: prices in the order of the table, runs of horses, last predictions and results."""
    migrate(client)
    rows, per_race = races * RUNNERS * TICKS, RUNNERS * TICKS
    for begin in range(0, rows, STEP_ROWS):
        client.command(
            "INSERT INTO odds (race_id, market_id, runner_id, event_time, sequence, event_id, recorded_time, "
            "source, market_type, pool, in_play, last, back, lay, traded, kept_at) "
            f"SELECT {RACE}, 'win', toString(intDiv(place, {TICKS})), "
            f"toDateTime64(toDate('{FIRST_DAY}') + intDiv(r, {RACES_A_DAY}), 6, 'UTC') "
            f"+ toIntervalSecond(36000 + place % {TICKS} * 10) AS event_time, place, "
            "reinterpretAsUUID(sipHash128(number)), event_time, 'made', 'WIN', 'EXCHANGE', false, "
            "round(2 + sipHash64(number) % 200 / 50, 2) AS last, round(last - 0.02, 2), "
            "round(last + 0.02, 2), place, now64() "
            f"FROM (SELECT number, intDiv(number, {per_race}) AS r, "
            f"number % {per_race} AS place FROM numbers({begin}, {min(STEP_ROWS, rows - begin)})) "
            "SETTINGS max_insert_threads = 2"
        )
    client.command(
        "INSERT INTO performances (horse_id, race_date, source, event_id, kept_at) SELECT "
        f"concat('horse', toString(number % {HORSES})), toDate('2020-01-01') + intDiv(number, 1000), 'made', "
        f"reinterpretAsUUID(sipHash128(number)), now64() FROM numbers({RUNS})"
    )
    runners = (
        f"(SELECT intDiv(number, {RUNNERS}) AS r, number % {RUNNERS} AS runner "
        f"FROM numbers({races * RUNNERS}))"
    )
    client.command(
        "INSERT INTO chances SELECT toUInt32OrZero(splitByChar('-', race)[2]), race, 'market=1', "
        f"toString(runner), 1, (runner + 1) / 55 FROM (SELECT {RACE} AS race, runner FROM {runners})"
    )
    client.command(
        "INSERT INTO results (race_id, source, event_time, sequence, event_id, runner_id, state, "
        f"finish_position, disqualified, kept_at) SELECT {RACE}, 'made', now64(), 1, "
        "reinterpretAsUUID(sipHash128(r)), toString(runner), 'OFFICIAL', runner + 1, false, now64() "
        f"FROM {runners}"
    )


COLUMNS = (
    "race_id", "market_id", "runner_id", "event_time", "sequence", "event_id", "recorded_time", "source",
    "market_type", "pool", "in_play", "last", "back", "back_size", "lay", "lay_size", "traded", "kept_at",
)  # fmt: skip


def _columns(odds: Odds) -> tuple[list[list[object]], tuple[str, ...]]:
    """Columns of a table as the client takes them, of events that were decoded."""
    columns: list[list[object]] = [[] for _ in COLUMNS]
    for event in odds.events:
        for runner in event["runners"]:
            for column, name in zip(columns, COLUMNS, strict=True):
                value = runner[name] if name in runner else event.get(name)
                column.append(datetime.fromtimestamp(value / 1e6, UTC) if name.endswith("_time") else value)
    columns[-1] = [datetime.now(UTC)] * len(columns[0])
    return columns, COLUMNS
