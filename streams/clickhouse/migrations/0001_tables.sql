-- What flows, one table a kind. A record that comes twice has the same key, and one of the two goes away:
-- ask with FINAL. `kept_at` is when Kafka got it; only by that time rows are deleted, never by the race's.

CREATE TABLE odds
(
    race_id LowCardinality(String),
    market_id LowCardinality(String),
    runner_id LowCardinality(String),
    event_time DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    sequence Int64 CODEC(Delta, ZSTD),
    event_id UUID,
    recorded_time DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    source LowCardinality(String),
    market_type LowCardinality(String),
    pool LowCardinality(String),
    in_play Bool,
    last Nullable(Float64) CODEC(Gorilla, ZSTD),
    back Nullable(Float64) CODEC(Gorilla, ZSTD),
    back_size Nullable(Float64) CODEC(Gorilla, ZSTD),
    lay Nullable(Float64) CODEC(Gorilla, ZSTD),
    lay_size Nullable(Float64) CODEC(Gorilla, ZSTD),
    traded Nullable(Float64) CODEC(Gorilla, ZSTD),
    near_starting_price Nullable(Float64) CODEC(Gorilla, ZSTD),
    far_starting_price Nullable(Float64) CODEC(Gorilla, ZSTD),
    starting_price Nullable(Float64) CODEC(Gorilla, ZSTD),
    kept_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(event_time)
ORDER BY (race_id, market_id, runner_id, event_time, sequence, event_id)
TTL toDateTime(kept_at) + INTERVAL 1100 DAY
SETTINGS non_replicated_deduplication_window = 0;

-- One-minute bars of the last traded price. Every function gives the same for rows that come twice.
CREATE TABLE odds_bars
(
    race_id LowCardinality(String),
    market_id LowCardinality(String),
    runner_id LowCardinality(String),
    minute DateTime('UTC') CODEC(Delta, ZSTD),
    open AggregateFunction(argMin, Nullable(Float64), Tuple(DateTime64(6, 'UTC'), Int64)),
    high SimpleAggregateFunction(max, Nullable(Float64)),
    low SimpleAggregateFunction(min, Nullable(Float64)),
    close AggregateFunction(argMax, Nullable(Float64), Tuple(DateTime64(6, 'UTC'), Int64)),
    traded SimpleAggregateFunction(max, Nullable(Float64))
)
ENGINE = AggregatingMergeTree
ORDER BY (race_id, market_id, runner_id, minute);

CREATE MATERIALIZED VIEW odds_to_bars TO odds_bars AS
SELECT
    race_id, market_id, runner_id, toStartOfMinute(event_time) AS minute,
    argMinState(last, tuple(event_time, sequence)) AS open, max(last) AS high, min(last) AS low,
    argMaxState(last, tuple(event_time, sequence)) AS close, max(traded) AS traded
FROM odds WHERE NOT in_play AND runner_id != ''
GROUP BY race_id, market_id, runner_id, minute;

-- The last price before the off of each runner in each market, and its starting price.
CREATE TABLE closing_prices
(
    race_id LowCardinality(String),
    market_id LowCardinality(String),
    runner_id LowCardinality(String),
    market_type SimpleAggregateFunction(any, LowCardinality(String)),
    last AggregateFunction(argMax, Nullable(Float64), Tuple(DateTime64(6, 'UTC'), Int64)),
    back AggregateFunction(argMax, Nullable(Float64), Tuple(DateTime64(6, 'UTC'), Int64)),
    lay AggregateFunction(argMax, Nullable(Float64), Tuple(DateTime64(6, 'UTC'), Int64)),
    starting_price SimpleAggregateFunction(max, Nullable(Float64))
)
ENGINE = AggregatingMergeTree
ORDER BY (race_id, market_id, runner_id);

CREATE MATERIALIZED VIEW odds_to_closing TO closing_prices AS
SELECT
    race_id, market_id, runner_id, any(o.market_type) AS market_type,
    argMaxState(if(in_play, NULL, o.last), tuple(event_time, sequence)) AS last,
    argMaxState(if(in_play, NULL, o.back), tuple(event_time, sequence)) AS back,
    argMaxState(if(in_play, NULL, o.lay), tuple(event_time, sequence)) AS lay,
    max(o.starting_price) AS starting_price
FROM odds AS o WHERE runner_id != ''
GROUP BY race_id, market_id, runner_id;

CREATE TABLE races
(
    race_id String,
    revision Int64,
    event_time DateTime64(6, 'UTC'),
    track_code LowCardinality(String),
    race_date Nullable(Date),
    race_number Nullable(Int32),
    race_name Nullable(String),
    scheduled_off Nullable(DateTime64(6, 'UTC')),
    off_time Nullable(DateTime64(6, 'UTC')),
    status LowCardinality(String),
    distance_furlongs Nullable(Float64),
    surface LowCardinality(Nullable(String)),
    track_condition LowCardinality(Nullable(String)),
    places_paid Int32,
    overround Nullable(Float64),
    confidence Nullable(Float64),
    result_state LowCardinality(Nullable(String)),
    winners Array(String)
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY race_id;

CREATE TABLE predictions
(
    race_id LowCardinality(String),
    revision Int64 CODEC(Delta, ZSTD),
    event_id UUID,
    event_time DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    recorded_time DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    status LowCardinality(String),
    model_versions Map(LowCardinality(String), String),
    changed_from Nullable(UUID),
    places_paid Int32,
    overround Nullable(Float64),
    confidence Nullable(Float64),
    why Array(String),
    runner_ids Array(LowCardinality(String)),
    win_probabilities Array(Nullable(Float64)),
    place_probabilities Array(Nullable(Float64)),
    kept_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(event_time)
ORDER BY (race_id, revision, event_id)
TTL toDateTime(kept_at) + INTERVAL 1100 DAY;

-- What each model last said of each runner before the off: what calibration is counted from.
CREATE TABLE closing_predictions
(
    race_id LowCardinality(String),
    models LowCardinality(String),
    runner_id LowCardinality(String),
    revision Int64,
    win_probability Float64
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (race_id, models, runner_id);

CREATE MATERIALIZED VIEW predictions_to_closing TO closing_predictions AS
SELECT
    race_id,
    arrayStringConcat(arraySort(arrayMap((name, version) -> concat(name, '=', version),
        mapKeys(model_versions), mapValues(model_versions))), ',') AS models,
    runner_id, revision, assumeNotNull(win) AS win_probability
FROM predictions
ARRAY JOIN runner_ids AS runner_id, win_probabilities AS win
WHERE status IN ('SCHEDULED', 'SUSPENDED') AND win IS NOT NULL;

CREATE TABLE alerts
(
    race_id LowCardinality(String),
    event_time DateTime64(6, 'UTC'),
    event_id UUID,
    kind LowCardinality(String),
    rule_version LowCardinality(String),
    runner_id Nullable(String),
    number Nullable(String),
    name Nullable(String),
    headline String,
    value Nullable(Float64),
    threshold Nullable(Float64),
    episode Int32,
    expires_at DateTime64(6, 'UTC'),
    kept_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (race_id, event_time, event_id);

CREATE TABLE notices
(
    user_id String,
    event_time DateTime64(6, 'UTC'),
    event_id UUID,
    race_id String,
    kept_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (user_id, event_time, event_id);

CREATE TABLE results
(
    race_id LowCardinality(String),
    source LowCardinality(String),
    event_time DateTime64(6, 'UTC'),
    sequence Int64,
    event_id UUID,
    runner_id String,
    market_id Nullable(String),
    state LowCardinality(String),
    winning_time_seconds Nullable(Float64),
    finish_position Nullable(Int32),
    placed Nullable(Bool),
    disqualified Bool,
    outcome LowCardinality(Nullable(String)),
    starting_price Nullable(Float64),
    official_finish_time_seconds Nullable(Float64),
    lengths_behind_winner Nullable(Float64),
    kept_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (race_id, source, event_time, sequence, event_id, runner_id);

CREATE TABLE scratches
(
    race_id LowCardinality(String),
    source LowCardinality(String),
    event_time DateTime64(6, 'UTC'),
    sequence Int64,
    event_id UUID,
    runner_id String,
    market_id Nullable(String),
    action LowCardinality(String),
    reduction_factor Nullable(Float64),
    reason Nullable(String),
    kept_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (race_id, source, event_time, sequence, event_id);

CREATE TABLE performances
(
    horse_id String,
    race_date Date,
    source LowCardinality(String),
    event_id UUID,
    race_id String,
    horse_name Nullable(String),
    track_code LowCardinality(Nullable(String)),
    race_number Nullable(Int32),
    distance_furlongs Nullable(Float64),
    surface LowCardinality(String),
    track_condition LowCardinality(Nullable(String)),
    race_class_details Nullable(String),
    number_of_runners Nullable(Int32),
    post_position Nullable(Int32),
    jockey_name LowCardinality(Nullable(String)),
    trainer_name LowCardinality(Nullable(String)),
    weight_carried_lbs Nullable(Float64),
    finish_position Nullable(Int32),
    outcome LowCardinality(Nullable(String)),
    official_finish_time_seconds Nullable(Float64),
    lengths_behind_winner Nullable(Float64),
    starting_price Nullable(Float64),
    speed_figure_value Nullable(Float64),
    comments Nullable(String),
    kept_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (horse_id, race_date, source, event_id);
