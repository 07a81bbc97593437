"""What pages ask of history: named questions with parameters, the same in process and on a server."""

from typing import Any, NamedTuple, cast

import orjson
from clickhouse_connect.driver.client import Client

from schemas.errors import SettingsError
from streams.clickhouse.database import asked

Rows = list[dict[str, Any]]

AS_JSON = """
SETTINGS output_format_json_array_of_rows = 1, output_format_json_quote_64bit_integers = 0,
    output_format_json_quote_denormals = 0, do_not_merge_across_partitions_select_final = 1, max_threads = 1
"""
"""ClickHouse writes the text that goes to the browser: no row of it becomes an object in between.

Few rows are read: more threads for one question take a third more processor time, and others wait for it.
"""


class Question(NamedTuple):
    """A query and the names of its parameters."""

    sql: str
    parameters: frozenset[str]


BARS = """
SELECT market_id, runner_id, toUnixTimestamp64Milli(toDateTime64(minute, 3)) AS time,
    argMinMerge(odds_bars.open) AS open, max(odds_bars.high) AS high, min(odds_bars.low) AS low,
    argMaxMerge(odds_bars.close) AS close, max(odds_bars.traded) AS traded
FROM odds_bars WHERE race_id = {race_id:String}
GROUP BY market_id, runner_id, minute ORDER BY market_id, runner_id, minute
"""

TICKS = """
SELECT market_id, runner_id, toUnixTimestamp64Milli(event_time) AS time, in_play, last, back, back_size, lay,
    lay_size, traded
FROM odds FINAL WHERE race_id = {race_id:String} AND runner_id != ''
ORDER BY market_id, runner_id, event_time, sequence LIMIT {limit:UInt32}
"""

CLOSING = """
SELECT market_id, runner_id, any(closing_prices.market_type) AS market_type,
    argMaxMerge(closing_prices.last) AS last, argMaxMerge(closing_prices.back) AS back,
    argMaxMerge(closing_prices.lay) AS lay, max(closing_prices.starting_price) AS starting_price
FROM closing_prices WHERE race_id = {race_id:String}
GROUP BY market_id, runner_id ORDER BY market_id, runner_id
"""

RUNS = """
SELECT race_date, race_id, source, horse_name, track_code, race_number, distance_furlongs, surface,
    track_condition, race_class_details, number_of_runners, post_position, jockey_name, trainer_name,
    weight_carried_lbs, finish_position, outcome, official_finish_time_seconds, lengths_behind_winner,
    starting_price, speed_figure_value, comments
FROM performances FINAL WHERE horse_id = {horse_id:String}
ORDER BY race_date DESC, source LIMIT {limit:UInt32}
"""

CALIBRATION = """
WITH toUInt32OrZero({day:String}) AS wanted,
placed AS
(
    SELECT race_id, runner_id, argMaxMerge(finishes.finish) AS finish
    FROM finishes WHERE day = wanted GROUP BY race_id, runner_id
),
last AS
(
    SELECT race_id, models, max(revision) AS revision FROM chances WHERE day = wanted GROUP BY race_id, models
),
won AS (SELECT race_id, groupArray(runner_id) AS winners FROM placed WHERE finish = 1 GROUP BY race_id)
SELECT models, toUInt8(least(floor(win_probability * 10), 9)) AS band, count() AS runners,
    avg(win_probability) AS predicted, avg(has(winners, runner_id)) AS observed,
    avg(if(has(winners, runner_id), -log(win_probability), -log(1 - win_probability))) AS log_loss
FROM chances AS c FINAL INNER JOIN won USING (race_id)
WHERE day = wanted AND (race_id, models, revision) IN last AND win_probability > 0 AND win_probability < 1
GROUP BY models, band ORDER BY models, band
"""

QUESTIONS = {
    "bars": Question(BARS, frozenset({"race_id"})),
    "ticks": Question(TICKS, frozenset({"race_id", "limit"})),
    "closing": Question(CLOSING, frozenset({"race_id"})),
    "runs": Question(RUNS, frozenset({"horse_id", "limit"})),
    "calibration": Question(CALIBRATION, frozenset({"day"})),
}
"""By name. Times are milliseconds since 1970; races without a winner are not in a calibration."""


def ask(client: Client, name: str, parameters: dict[str, Any]) -> Rows:
    """The rows of an answer; raises as `ask_json`."""
    return cast(Rows, orjson.loads(ask_json(client, name, parameters)))


def ask_json(client: Client, name: str, parameters: dict[str, Any]) -> bytes:
    """The rows of an answer as a JSON list of objects.

    Raises AnalyticsError if ClickHouse fails, SettingsError for no such question.
    """
    question = QUESTIONS.get(name)
    if question is None or parameters.keys() != question.parameters:
        raise SettingsError(f"no question {name!r} with {', '.join(sorted(parameters)) or 'no parameters'}")
    sql = question.sql + AS_JSON
    return asked(
        lambda: bytes(client.raw_query(sql, parameters=parameters, fmt="JSONEachRow")), "does not answer"
    )
