"""The JSON that readers get: a race's state, the list of races and a race's price history.

Times are ISO 8601 in UTC with Z, prices decimal odds with the stake, probabilities from 0 to 1.
"""

from typing import Any, Literal

from typing_extensions import TypedDict

from schemas.records import AlertKind, RaceStage, ResultState, RunnerStatus, Trend

Freshness = Literal["fresh", "stale", "unknown"]


class ScratchNote(TypedDict):
    """When and why a runner was taken out; `reduction_factor` in percent."""

    time: str
    reduction_factor: float | None
    reason: str | None


class RunnerState(TypedDict):
    """One runner. `movement` is the relative change of the price over 1, 5 and 30 minutes.

    `fundamental_probability` is by form alone, `public_probability` by the market alone; `form` the last
    placings, the latest last; `pace` the projected position at three calls and at the finish, `pace_spreads`
    the standard deviation of each. `expected_value` is what a stake of 1 gains on average at the best price
    of any market, after commission, and `expected_value_at_close` at `projected_price`, where the price is
    projected to close; `longshot` says why form makes more of a runner over 10-1 than the market does.
    """

    runner_id: str
    number: str | None
    name: str | None
    status: RunnerStatus
    betting_interest: str | None
    jockey_name: str | None
    back: float | None
    back_size: float | None
    lay: float | None
    lay_size: float | None
    last: float | None
    traded: float
    starting_price: float | None
    win_probability: float | None
    place_probability: float | None
    fair_odds: float | None
    movement: list[float | None]
    trend: Trend
    scratch: ScratchNote | None
    finish_position: int | None
    fundamental_probability: float | None
    public_probability: float | None
    form: str
    pace: list[float]
    pace_spreads: list[float]
    expected_value: float | None
    projected_price: float | None
    expected_value_at_close: float | None
    longshot: str | None


class RaceResult(TypedDict):
    """The result, with the runner_id of each winner."""

    state: ResultState
    winners: list[str]
    time: str


class AlertNote(TypedDict):
    """One alert of the race."""

    alert_id: str
    kind: AlertKind
    runner_id: str | None
    headline: str
    detail: str
    event_time: str


class RaceFacts(TypedDict):
    """A race as recorded: all of its state that does not depend on when it is looked at."""

    race_id: str
    revision: int
    track_code: str
    track_name: str
    country: str | None
    time_zone: str | None
    race_date: str | None
    race_number: int | None
    race_name: str | None
    scheduled_off: str | None
    off_time: str | None
    status: RaceStage
    distance_furlongs: float | None
    surface: str | None
    track_condition: str | None
    places_paid: int
    event_time: str
    recorded_time: str
    prediction_id: str | None
    model_versions: dict[str, str]
    overround: float | None
    confidence: float | None
    traded: float
    why: list[str]
    runners: list[RunnerState]
    result: RaceResult | None
    alerts: list[AlertNote]
    basis: str
    form_id: str | None
    pace_words: str


class RaceState(RaceFacts):
    """A race with how old its data was at the moment of sending."""

    freshness: Freshness
    age_seconds: float


class StateDelta(TypedDict):
    """What leads from the last state sent of a race, of revision `base`, to the next one.

    `set` has the fields that are other ones now, whole, and `runners` those of runners by runner_id.
    """

    race_id: str
    base: int
    set: dict[str, Any]
    runners: dict[str, dict[str, Any]]


class AlertEvent(TypedDict):
    """One alert on the channel of alerts. After `expires_at` it is of no use."""

    alert_id: str
    race_id: str
    kind: AlertKind
    rule_version: str
    runner_id: str | None
    number: str | None
    name: str | None
    headline: str
    detail: str
    value: float | None
    threshold: float | None
    episode: int
    event_time: str
    recorded_time: str
    expires_at: str


class NoticeEvent(TypedDict):
    """An alert for one user, because a rule of theirs asked for it: shown once by its `alert_id`."""

    alert_id: str
    race_id: str
    kind: str
    rule_id: str
    rule_version: int
    runner_id: str | None
    title: str
    text: str
    event_time: str
    recorded_time: str
    expires_at: str


class RaceDay(TypedDict):
    """The races, by time to the off."""

    server_time: str
    races: list[RaceState]


class Note(TypedDict):
    """One thing worth knowing of a runner; `severity` from -1 against it to 1 for it."""

    kind: str
    severity: float
    confidence: float
    text: str


class Part(TypedDict):
    """How far one part of the model puts a runner's log-odds from the field's mean."""

    feature: str
    value: float
    text: str


class RunnerForm(TypedDict):
    """What form says of one runner: the contributions sum to its log-odds above the field."""

    runner_id: str
    annotations: list[Note]
    contributions: list[Part]


class RaceForm(TypedDict):
    """What form says of a race, and what its probabilities rest on."""

    race_id: str
    form_id: str | None
    basis: str
    runners: list[RunnerForm]


class RunnerPrices(TypedDict):
    """Closing price of each bar of one runner, null where there was none."""

    runner_id: str
    prices: list[float | None]


class RaceHistory(TypedDict):
    """Prices over time: `times` are the bars' starts in seconds since 1970, ascending."""

    race_id: str
    bar_seconds: int
    times: list[int]
    runners: list[RunnerPrices]


class Problem(TypedDict):
    """Why a request failed and what to do about it (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
