-- What a day's calibration is counted from, by racing day: before, each question read every race.

CREATE TABLE chances
(
    day UInt32,
    race_id LowCardinality(String),
    models LowCardinality(String),
    runner_id LowCardinality(String),
    revision Int64,
    win_probability Float64
)
ENGINE = ReplacingMergeTree(revision)
ORDER BY (day, race_id, models, runner_id)
SETTINGS index_granularity = 1024;

-- What each model last said of each runner before the off. A race is TRACK-YYYYMMDD-NN.
CREATE MATERIALIZED VIEW predictions_to_chances TO chances AS
SELECT
    toUInt32OrZero(splitByChar('-', toString(race_id))[-2]) AS day, race_id,
    arrayStringConcat(arraySort(arrayMap((name, version) -> concat(name, '=', version),
        mapKeys(model_versions), mapValues(model_versions))), ',') AS models,
    runner_id, revision, assumeNotNull(win) AS win_probability
FROM predictions
ARRAY JOIN runner_ids AS runner_id, win_probabilities AS win
WHERE status IN ('SCHEDULED', 'SUSPENDED') AND win IS NOT NULL;

INSERT INTO chances
SELECT
    toUInt32OrZero(splitByChar('-', toString(race_id))[-2]) AS day, race_id,
    arrayStringConcat(arraySort(arrayMap((name, version) -> concat(name, '=', version),
        mapKeys(model_versions), mapValues(model_versions))), ',') AS models,
    runner_id, revision, assumeNotNull(win) AS win_probability
FROM predictions
ARRAY JOIN runner_ids AS runner_id, win_probabilities AS win
WHERE status IN ('SCHEDULED', 'SUSPENDED') AND win IS NOT NULL;

CREATE TABLE finishes
(
    day UInt32,
    race_id LowCardinality(String),
    runner_id String,
    finish AggregateFunction(argMax, Nullable(Int32), Tuple(Bool, DateTime64(6, 'UTC'), Int64))
)
ENGINE = AggregatingMergeTree
ORDER BY (day, race_id, runner_id)
SETTINGS index_granularity = 1024;

-- The place of each runner: an official result counts before an unofficial one, then the later.
CREATE MATERIALIZED VIEW results_to_finishes TO finishes AS
SELECT
    toUInt32OrZero(splitByChar('-', toString(race_id))[-2]) AS day, race_id, runner_id,
    argMaxState(finish_position, tuple(state = 'OFFICIAL', event_time, sequence)) AS finish
FROM results
GROUP BY day, race_id, runner_id;

INSERT INTO finishes
SELECT
    toUInt32OrZero(splitByChar('-', toString(race_id))[-2]) AS day, race_id, runner_id,
    argMaxState(finish_position, tuple(state = 'OFFICIAL', event_time, sequence)) AS finish
FROM results
GROUP BY day, race_id, runner_id;

CREATE TABLE workouts
(
    horse_id String,
    work_date Date,
    source LowCardinality(String),
    event_id UUID,
    horse_name Nullable(String),
    track_code LowCardinality(Nullable(String)),
    distance_furlongs Nullable(Float64),
    surface LowCardinality(String),
    track_condition LowCardinality(Nullable(String)),
    seconds Nullable(Float64),
    manner LowCardinality(Nullable(String)),
    rank Nullable(Int32),
    ranked Nullable(Int32),
    kept_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (horse_id, work_date, source, event_id)
SETTINGS index_granularity = 1024;
