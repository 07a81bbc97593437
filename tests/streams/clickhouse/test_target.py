import time
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import OperationalError
from msgspec.structs import replace

from schemas.codec import default_codec
from schemas.defaults import defaults
from schemas.errors import AnalyticsError
from schemas.identity import uuid_of
from schemas.records import Finisher, PastPerformance, Workout
from streams import engine
from streams.archive.container import Record
from streams.clickhouse.landing import SPREADS, column_type, landable, select
from streams.clickhouse.questions import ask
from streams.clickhouse.target import TOPICS, ClickHouseTarget
from streams.replay import Races, located
from streams.scoring import default_scorer
from streams.statements import prediction
from streams.views import race_view
from tests.streams.events import RACE, card, entry, header, odds, price, result, scratch, status
from topics.catalogue import ALL, EVENT_TOPIC

CODEC = default_codec()
NOW_MS = time.time_ns() // 1_000_000
DAY = "20230715"


def record(name: str, event: Any, offset: int = 0) -> Record:
    return Record(EVENT_TOPIC[name].name, 0, offset, NOW_MS, RACE.encode(), CODEC.encode(name, event))


def race() -> list[tuple[str, Any]]:
    """A race from its card to its result, with what is said of it."""
    events: list[tuple[str, Any]] = [
        ("RaceCard", card([entry("1"), entry("2"), entry("3")], 0)),
        *[("OddsUpdate", odds([price("1", 2.0 + n / 10), price("2", 4.0)], 10 * n + 1)) for n in range(12)],
        ("Scratch", scratch("3", 50)),
        ("RaceStatus", status("OFF", 130)),
        ("OddsUpdate", odds([price("1", 9.0)], 140, in_play=True)),
        ("Result", result({"1": 2, "2": 1}, 200)),
    ]
    events.sort(key=lambda each: each[1]["recorded_time"])
    races = Races()
    outcome = engine.run(located(events), races, default_scorer())
    said = [("Prediction", prediction(statement)) for statement in outcome.statements]
    told = [("Alert", alert) for alert in outcome.alerts]
    return [*events, *said, *told, ("RaceView", race_view(races[RACE]))]


def fill(target: ClickHouseTarget) -> list[tuple[str, Any]]:
    made = race()
    target.add(record(name, event, n) for n, (name, event) in enumerate(made))
    target.flush()
    return made


def count(client: Client, table: str) -> int:
    return int(client.query(f"SELECT count() FROM {table} FINAL").result_rows[0][0])


def test_every_event_with_tables_is_in_them_and_repeats_vanish(
    client: Client, target: ClickHouseTarget
) -> None:
    made = fill(target)
    fill(target)
    fill(ClickHouseTarget(client, CODEC))

    def of(kind: str) -> list[Any]:
        return [event for name, event in made if name == kind]

    ids = client.query("SELECT DISTINCT toString(event_id) FROM odds FINAL").result_rows
    assert {row[0] for row in ids} == {event["event_id"] for event in of("OddsUpdate")}
    assert count(client, "odds") == sum(len(event["runners"]) for event in of("OddsUpdate"))
    assert count(client, "predictions") == len({event["event_id"] for event in of("Prediction")})
    assert count(client, "alerts") == len({event["event_id"] for event in of("Alert")})
    assert (count(client, "results"), count(client, "scratches"), count(client, "races")) == (2, 1, 1)


def test_bars_closing_line_and_ticks_are_those_of_the_prices(
    client: Client, target: ClickHouseTarget
) -> None:
    fill(target)
    fill(target)
    bars = [bar for bar in ask(client, "bars", {"race_id": RACE}) if bar["runner_id"] == "1"]
    assert [(b["open"], b["high"], b["low"], b["close"]) for b in bars] == [
        (2.0, 2.5, 2.0, 2.5), (2.6, 3.1, 2.6, 3.1),
    ]  # fmt: skip
    closing = {row["runner_id"]: row["last"] for row in ask(client, "closing", {"race_id": RACE})}
    assert closing == {"1": 3.1, "2": 4.0}
    ticks = ask(client, "ticks", {"race_id": RACE, "limit": 100})
    assert len(ticks) == 25
    assert ticks[12]["in_play"]


def test_calibration_sets_the_last_chance_before_the_off_beside_the_winner(
    client: Client, target: ClickHouseTarget
) -> None:
    made = fill(target)
    before = [e for name, e in made if name == "Prediction" and e["status"] in ("SCHEDULED", "SUSPENDED")][-1]
    chances = {r["runner_id"]: r["win_probability"] for r in before["runners"]}
    bands = ask(client, "calibration", {"day": DAY})
    assert sum(band["runners"] for band in bands) == 2
    assert sum(band["observed"] * band["runners"] for band in bands) == 1
    predicted = sum(band["predicted"] * band["runners"] for band in bands)
    assert predicted == pytest.approx(chances["1"] + chances["2"])
    assert ask(client, "calibration", {"day": "20230716"}) == []


def test_a_horses_runs_are_told_latest_first(client: Client, target: ClickHouseTarget) -> None:
    blank = defaults(PastPerformance)
    runs = [
        {**blank, **header(f"run{n}", n), "horse_id": "h", "race_date": f"2024-01-0{n}", "surface": "DIRT"}
        for n in (1, 3, 2)
    ]
    target.add(record("PastPerformance", run, n) for n, run in enumerate(runs))
    target.flush()
    found = ask(client, "runs", {"horse_id": "h", "limit": 10})
    assert [str(run["race_date"]) for run in found] == ["2024-01-03", "2024-01-02", "2024-01-01"]


def test_a_date_that_is_none_keeps_no_others_out(client: Client, target: ClickHouseTarget) -> None:
    run = {**defaults(PastPerformance), **header("run", 1), "horse_id": "h", "surface": "DIRT"}
    work = {**defaults(Workout), **header("work", 1), "horse_id": "h", "surface": "DIRT", "seconds": 59.2}
    for at, day in enumerate(("2024-01-02", "yesterday", "")):
        ids = {"event_id": uuid_of(f"work{at}")}
        target.add(
            [
                record("PastPerformance", {**run, **ids, "race_date": day}, at),
                record("Workout", {**work, **ids, "work_date": day}, at),
            ]
        )
    target.flush()
    assert (count(client, "performances"), count(client, "workouts")) == (3, 3)
    found = client.query("SELECT toString(work_date), seconds FROM workouts FINAL ORDER BY 1 DESC")
    assert found.result_rows[0] == ("2024-01-02", 59.2)


def test_an_older_schema_lands_with_the_defaults_of_its_missing_fields() -> None:
    schemas = CODEC.history.schemas
    for id, schema in schemas.items():
        name = str(schema["name"])
        spread = SPREADS.get(name)
        if spread is not None:
            sql = select(spread, schema, f"landing_{id}")
            assert column_type(landable(schema), {}).startswith("Tuple(")
            assert all(
                f" AS {column}" in sql for column in ("event_id", "race_id") if column in spread.columns
            )
    first = schemas[next(v.id for v in CODEC.history.subjects["racing.results-value"])]
    finishers = next(field for field in first["fields"] if field["name"] == "finishers")
    fields = {field["name"] for field in finishers["type"]["items"]["fields"]}
    assert "outcome" in set(Finisher.__annotations__) - fields
    assert "AS outcome" not in select(SPREADS["Result"], first, "landing")


def test_records_of_every_older_schema_can_land(client: Client, target: ClickHouseTarget) -> None:
    from io import BytesIO

    from fastavro import schemaless_writer
    from fastavro.utils import generate_one

    landed = 0
    for subject, versions in CODEC.history.subjects.items():
        topic = subject.removesuffix("-value")
        for version in versions if topic in TOPICS else ():
            schema = CODEC.history.schemas[version.id]
            made: Any = generate_one(schema)
            proper = {"race_date": "2024-01-01", "event_id": uuid_of("e"), "alert_id": uuid_of("a")}
            made |= {field: text for field, text in proper.items() if field in made}
            body = BytesIO()
            schemaless_writer(body, schema, made)
            value = b"\x00" + version.id.to_bytes(4, "big") + body.getvalue()
            target.add([Record(topic, 0, landed, NOW_MS, None, value)])
            target.flush()
            landed += 1
    assert landed > len(TOPICS)


def test_a_corrupt_record_or_one_of_the_future_is_passed_over(
    client: Client, target: ClickHouseTarget
) -> None:
    good = record("OddsUpdate", odds([price("1", 2.0)], 1))
    corrupt = replace(good, value=(good.value or b"")[:40], offset=1)
    future = replace(good, value=b"\x00\x00\x0f\xff\xff", offset=2)
    target.add([good, corrupt, future, replace(good, value=None, offset=3)])
    assert target.flush() == {("racing.odds", 0): 4}
    assert count(client, "odds") == 1


def away(*_: object, **__: object) -> None:
    """What a server says that is not there."""
    raise OperationalError("connection refused")


def test_what_was_not_taken_in_is_kept_and_inserted_later(
    client: Client, target: ClickHouseTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.add([record("OddsUpdate", odds([price("1", 2.0)], 1))])
    with monkeypatch.context() as patched:
        patched.setattr(client, "raw_insert", away)
        with pytest.raises(AnalyticsError, match="does not take records in: connection refused"):
            target.flush()
    target.add([record("OddsUpdate", odds([price("1", 2.5)], 2), 1)])
    assert target.flush() == {("racing.odds", 0): 2}
    assert count(client, "odds") == 2


def test_one_batch_is_inserted_while_the_next_is_gathered(client: Client, target: ClickHouseTarget) -> None:
    covered = []
    for n in range(3):
        target.add([record("OddsUpdate", odds([price("1", 2.0 + n)], n), n)])
        covered.append(target.flush(wait=False))
    assert covered == [{}, {("racing.odds", 0): 1}, {("racing.odds", 0): 2}]
    assert target.flush() == {("racing.odds", 0): 3}
    assert count(client, "odds") == 3


def test_a_batch_that_failed_on_its_way_is_told_of_later_and_covered_only_once_it_is_in(
    client: Client, target: ClickHouseTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.add([record("OddsUpdate", odds([price("1", 2.0)], 1))])
    with monkeypatch.context() as patched:
        patched.setattr(client, "raw_insert", away)
        assert target.flush(wait=False) == {}
        target.add([record("OddsUpdate", odds([price("1", 2.5)], 2), 1)])
        for _ in range(2):
            with pytest.raises(AnalyticsError, match="connection refused"):
                target.flush(wait=False)
    assert target.flush(wait=False) == {("racing.odds", 0): 1}
    assert target.flush() == {("racing.odds", 0): 2}
    assert count(client, "odds") == 2


def test_every_topic_with_tables_is_of_the_catalogue() -> None:
    assert set(TOPICS) <= {topic.name for topic in ALL}
