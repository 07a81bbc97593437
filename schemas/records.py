"""Typed records of the events, written by schemas/generate.py from schemas/avro: do not edit.

Times are microseconds since 1970 in UTC; every field and its unit is described in the schema.
"""

from typing import Literal, TypedDict

AlertKind = Literal[
    "SCRATCH",
    "RE_ENTRY",
    "VALUE",
    "STEAM",
    "DRIFT",
    "NEW_FAVOURITE",
    "RIDER",
    "EQUIPMENT",
    "WEIGHT",
    "GOING",
    "RESULT",
    "CONFIDENCE",
]
Surface = Literal["UNKNOWN", "DIRT", "TURF", "SYNTHETIC"]
FeedState = Literal["CONNECTED", "HEARTBEAT", "DISCONNECTED", "ENDED"]
InteractionKind = Literal["VIEWED", "TRACKED", "UNTRACKED", "TICKETED"]
InteractionSubject = Literal["RACE", "RUNNER", "HORSE", "JOCKEY", "TRAINER", "TRACK"]
ModelRole = Literal["CHAMPION", "CANDIDATE"]
MarketType = Literal["WIN", "PLACE", "OTHER"]
Pool = Literal["EXCHANGE", "FIXED", "TOTE"]
RaceStage = Literal["SCHEDULED", "SUSPENDED", "OFF", "IN_PLAY", "CLOSED", "ABANDONED"]
RunnerStatus = Literal["ACTIVE", "SCRATCHED", "ALSO_ELIGIBLE"]
Trend = Literal["STEADY", "STEAM", "DRIFT"]
ResultState = Literal["UNOFFICIAL", "OFFICIAL"]
ScratchAction = Literal["SCRATCHED", "REINSTATED"]


class Alert(TypedDict):
    """Something a person may want to know at once. event_id is the alert id: the same happening gives
    the same id."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    kind: AlertKind
    rule_version: str
    runner_id: str | None
    number: str | None
    name: str | None
    headline: str
    value: float | None
    threshold: float | None
    episode: int
    expires_at: int
    detail: str
    favourite: bool


class AlertRule(TypedDict):
    """One version of one user's alert rule, written as data. race_id is empty; sequence is the
    version."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    rule_id: str
    user_id: str
    version: int
    deleted: bool
    body: str


class Conditions(TypedDict):
    """Going, surface and weather of a race."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    track_condition: str | None
    surface: Surface
    weather_condition: str | None
    temperature_fahrenheit: float | None


class DeadLetter(TypedDict):
    """Input that could not be understood, kept whole with the reason."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    reason: str
    origin: str
    payload: bytes


class FeedStatus(TypedDict):
    """Heartbeat of a feed: a quiet market is not a dead feed."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    state: FeedState
    heartbeat_seconds: int
    events: int
    detail: str | None
    instance: str


class FormRequest(TypedDict):
    """What the race worker asks of the form worker: the form of a race's runners, for the card as it
    stands. One request a race, because the form worker folds the cards itself."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    asked_for: str
    runner_ids: list[str]


class HorseProfile(TypedDict):
    """What one source knows of a horse for good: an absolute statement that replaces the source's last;
    keyed by horse. race_id is empty."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    horse_id: str
    horse_name: str | None
    year_born: int | None
    sex: str | None
    color: str | None
    country_bred: str | None
    origin: str | None
    sire_name: str | None
    dam_name: str | None
    dam_sire_name: str | None
    owner_name: str | None


class Interaction(TypedDict):
    """What somebody looked at, follows or has on their ticket, under a pseudonym and by their consent
    only. race_id is empty where it concerns no race; sequence counts within one report."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    pseudonym: str
    kind: InteractionKind
    subject: InteractionSubject
    key: str


class LessonMoment(TypedDict):
    """What was said at one moment, in the order of runner_ids."""

    minutes: float
    market_weight: float
    public: list[float]
    form: list[float]


class MarketLesson(TypedDict):
    """What an official race teaches of how far its market was to be trusted by minutes to the off: what
    was said of those that ran at some moments before it, and who won."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    model: str
    runner_ids: list[str]
    won: list[float]
    moments: list[LessonMoment]


class ModelPinned(TypedDict):
    """Which version of a model scores a race: recorded in the race's own partition, so that a replay
    knows what scored what. It replaces the last pin of its role."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    role: ModelRole
    model: str
    version: str
    feature_set: str


class ModelSnapshot(TypedDict):
    """How two versions of a model did, scored side by side on the stream: on the one official race that
    it names, or on so many races."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    model: str
    champion: str
    candidate: str
    races: int
    log_loss_champion: float
    log_loss_candidate: float
    evidence: float
    champion_number: int
    candidate_number: int
    log_loss_public: float | None


class Notice(TypedDict):
    """An alert for one user, because a rule of theirs asked for it. event_id is the same however often
    it is made."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    alert_id: str
    user_id: str
    rule_id: str
    rule_version: int
    kind: str
    runner_id: str | None
    title: str
    text: str
    expires_at: int


class RunnerPrice(TypedDict):
    """All that is known of one runner's price; decimal odds including the stake."""

    runner_id: str
    last: float | None
    back: float | None
    back_size: float | None
    lay: float | None
    lay_size: float | None
    traded: float | None
    near_starting_price: float | None
    far_starting_price: float | None
    starting_price: float | None


class OddsUpdate(TypedDict):
    """Prices of one market of one race. Each runner listed is stated in full: a null says there is no
    such price."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    market_id: str
    market_type: MarketType
    pool: Pool
    image: bool
    in_play: bool
    places: int | None
    runners: list[RunnerPrice]


class Call(TypedDict):
    """Where the horse was at one point of call."""

    distance_furlongs: float | None
    position: int | None
    lengths_behind_leader: float | None
    leader_seconds: float | None
    section_seconds: float | None


class PastPerformance(TypedDict):
    """One run of one horse, as one source tells it after the race; keyed by horse. race_id names that
    race, and is empty where the source does not say enough of it."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    horse_id: str
    horse_name: str | None
    runner_id: str | None
    track_code: str | None
    track_name: str | None
    race_date: str
    race_number: int | None
    distance_furlongs: float | None
    surface: Surface
    course: str | None
    track_condition: str | None
    race_type: str | None
    race_class_details: str | None
    purse_usd: float | None
    number_of_runners: int | None
    program_number: str | None
    post_position: int | None
    jockey_name: str | None
    trainer_name: str | None
    weight_carried_lbs: float | None
    body_weight_lbs: float | None
    medications: str | None
    equipment: str | None
    claiming_price_usd: float | None
    official_rating: float | None
    finish_position: int | None
    outcome: str | None
    winning_time_seconds: float | None
    official_finish_time_seconds: float | None
    lengths_behind_winner: float | None
    starting_price: float | None
    calls: list[Call]
    early_pace_rating: float | None
    mid_pace_rating: float | None
    late_pace_rating: float | None
    speed_figure_source: str | None
    speed_figure_value: float | None
    comments: str | None


class Reason(TypedDict):
    """One thing that changed."""

    kind: str
    runner_id: str | None
    before: float | None
    after: float | None
    text: str


class Contribution(TypedDict):
    """How far one part of the model puts a runner's log-odds from the field's mean."""

    feature: str
    value: float
    text: str


class Annotation(TypedDict):
    """One thing worth knowing of a runner, in words."""

    kind: str
    severity: float
    confidence: float
    text: str


class RunnerPrediction(TypedDict):
    """One runner of the prediction."""

    runner_id: str
    number: str | None
    name: str | None
    status: RunnerStatus
    win_probability: float | None
    place_probability: float | None
    fair_odds: float | None
    price: float | None
    trend: Trend
    best_price: float | None
    traded: float | None
    movement_5m: float | None
    fundamental_probability: float | None
    public_probability: float | None
    combined_probability: float | None
    contributions: list[Contribution]
    annotations: list[Annotation]
    pace: list[float]
    pace_spread: float | None
    shadow_probability: float | None
    pace_spreads: list[float]
    expected_value: float | None
    projected_price: float | None
    expected_value_at_close: float | None
    longshot: str | None


class Span(TypedDict):
    """Where the events folded lie."""

    topic: str
    partition: int
    first_offset: int
    last_offset: int


class Prediction(TypedDict):
    """What is believed of a race at one scoring point. event_id is the prediction id: UUIDv5 of race,
    model versions and the set of events folded."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    revision: int
    status: RaceStage
    model_versions: dict[str, str]
    changed_from: str | None
    why: list[Reason]
    places_paid: int
    overround: float | None
    confidence: float | None
    runners: list[RunnerPrediction]
    lineage: list[Span]
    basis: str
    form_id: str | None
    pace_words: str
    shadow_model: str
    exponents: list[float]


class RunnerBars(TypedDict):
    """Closing prices of one runner."""

    runner_id: str
    prices: list[float]


class RaceBars(TypedDict):
    """Closing prices of a race's scored market, minute by minute: what charts begin with. sequence is
    the race's revision when they were written."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    bar_seconds: int
    bar_times: list[int]
    runners: list[RunnerBars]


class Entry(TypedDict):
    """One horse entered."""

    runner_id: str
    horse_id: str | None
    horse_name: str | None
    program_number: str | None
    post_position: int | None
    betting_interest: str | None
    also_eligible: bool
    jockey_name: str | None
    trainer_name: str | None
    morning_line_odds: float | None
    medications: str | None
    equipment: str | None
    weight_carried_lbs: float | None
    body_weight_lbs: float | None
    official_rating: float | None
    claiming_price_usd: float | None
    year_born: int | None
    sex: str | None
    country_bred: str | None
    sire_name: str | None
    dam_name: str | None
    dam_sire_name: str | None
    owner_name: str | None
    comments: str | None


class RaceCard(TypedDict):
    """The card of one race as one source sees it: an absolute statement that replaces the source's
    last."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    market_id: str | None
    track_code: str
    track_name: str | None
    country: str | None
    time_zone: str | None
    race_date: str
    race_number: int | None
    race_name: str | None
    scheduled_off: int | None
    distance_furlongs: float | None
    surface: Surface
    race_type: str | None
    race_class_details: str | None
    purse_usd: float | None
    age_sex_restrictions: str | None
    number_of_runners: int | None
    places_paid: int | None
    course: str | None
    rating_band: str | None
    entries: list[Entry]


class FormLine(TypedDict):
    """A past run as a form guide prints it."""

    race_date: str
    track_name: str | None
    distance_furlongs: float | None
    surface: str | None
    track_condition: str | None
    finish_position: int | None
    number_of_runners: int | None
    lengths_behind_winner: float | None
    starting_price: float | None
    early_position: int | None
    jockey_name: str | None
    comments: str | None


class RunnerForm(TypedDict):
    """Form of one runner."""

    runner_id: str
    horse_id: str | None
    runs: int
    values: list[float | None]
    lines: list[FormLine]
    annotations: list[Annotation]


class RaceForm(TypedDict):
    """What form says of every runner of a race, as of a moment; it depends on no price and on no other
    runner. An absolute statement that replaces the last of its feature set."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    request_id: str
    feature_set: str
    as_of: int
    learnt: str
    races_learnt: int
    columns: list[str]
    runners: list[RunnerForm]


class RaceStatus(TypedDict):
    """What stage a race has reached."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    market_id: str | None
    status: RaceStage
    scheduled_off: int | None
    off_time: int | None


class RunnerView(TypedDict):
    """One runner as shown."""

    runner_id: str
    number: str | None
    name: str | None
    status: RunnerStatus
    betting_interest: str | None
    jockey_name: str | None
    last: float | None
    back: float | None
    back_size: float | None
    lay: float | None
    lay_size: float | None
    traded: float | None
    starting_price: float | None
    win_probability: float | None
    place_probability: float | None
    fair_odds: float | None
    movement_1m: float | None
    movement_5m: float | None
    movement_30m: float | None
    trend: Trend
    scratch_time: int | None
    reduction_factor: float | None
    scratch_reason: str | None
    finish_position: int | None
    placed: bool | None
    trainer_name: str | None
    fundamental_probability: float | None
    public_probability: float | None
    contributions: list[Contribution]
    annotations: list[Annotation]
    pace: list[float]
    pace_spread: float | None
    form: str
    pace_spreads: list[float]
    expected_value: float | None
    projected_price: float | None
    expected_value_at_close: float | None
    longshot: str | None


class AlertView(TypedDict):
    """An alert of this race."""

    alert_id: str
    kind: AlertKind
    runner_id: str | None
    headline: str
    event_time: int
    detail: str


class RaceView(TypedDict):
    """The latest of one race, whole: what a gateway starts from and shows. Derived, never replayed."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    revision: int
    track_code: str
    track_name: str | None
    country: str | None
    time_zone: str | None
    race_date: str | None
    race_number: int | None
    race_name: str | None
    scheduled_off: int | None
    off_time: int | None
    status: RaceStage
    distance_furlongs: float | None
    surface: str | None
    track_condition: str | None
    weather_condition: str | None
    places_paid: int
    prediction_id: str | None
    model_versions: dict[str, str]
    overround: float | None
    confidence: float | None
    traded: float
    why: list[str]
    runners: list[RunnerView]
    result_state: ResultState | None
    result_time: int | None
    winners: list[str]
    alerts: list[AlertView]
    basis: str
    form_id: str | None
    pace_words: str
    exponents: list[float]


class Finisher(TypedDict):
    """One runner at the finish."""

    runner_id: str
    finish_position: int | None
    placed: bool | None
    disqualified: bool
    starting_price: float | None
    official_finish_time_seconds: float | None
    lengths_behind_winner: float | None
    outcome: str | None
    running_positions: list[int]
    comments: str | None


class Dividend(TypedDict):
    """What a pool paid."""

    pool: str
    selection: str
    dividend: float
    unit_stake: float


class Result(TypedDict):
    """The finish of a race as one source states it: it replaces the source's last, also after
    official."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    market_id: str | None
    state: ResultState
    winning_time_seconds: float | None
    finishers: list[Finisher]
    dividends: list[Dividend]


class Scratch(TypedDict):
    """A runner taken out of a race, or put back."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    market_id: str | None
    runner_id: str
    action: ScratchAction
    reduction_factor: float | None
    reason: str | None


class Workout(TypedDict):
    """One timed morning work of a horse; keyed by horse. race_id is empty."""

    event_id: str
    source: str
    race_id: str
    event_time: int
    recorded_time: int
    sequence: int
    horse_id: str
    horse_name: str | None
    track_code: str | None
    track_name: str | None
    work_date: str
    distance_furlongs: float | None
    surface: Surface
    track_condition: str | None
    seconds: float | None
    manner: str | None
    rank: int | None
    ranked: int | None


Event = (
    Alert
    | AlertRule
    | Conditions
    | DeadLetter
    | FeedStatus
    | FormRequest
    | HorseProfile
    | Interaction
    | MarketLesson
    | ModelPinned
    | ModelSnapshot
    | Notice
    | OddsUpdate
    | PastPerformance
    | Prediction
    | RaceBars
    | RaceCard
    | RaceForm
    | RaceStatus
    | RaceView
    | Result
    | Scratch
    | Workout
)
