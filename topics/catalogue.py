"""The catalogue of topics: what every producer, consumer, check and page reads.

Topics of one race share the partition count and the key race_id, so that one worker owns a race whole.
"""

from dataclasses import dataclass
from typing import Literal

PARTITIONS = 8
"""Partitions of every topic keyed by race. It never changes: another count means another topic prefix."""

DAY_MS = 86_400_000

Cleanup = Literal["delete", "compact"]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `rank` orders events of one race that were recorded at the same instant."""

    name: str
    schema: str
    key: str
    partitions: int
    cleanup: Cleanup
    retention_ms: int
    purpose: str
    rank: int = -1
    largest_bytes: int | None = None
    """Largest record, where it may be larger than Kafka's usual 1 MiB."""

    @property
    def subject(self) -> str:
        """Subject of the topic's values in a schema registry (TopicNameStrategy)."""
        return f"{self.name}-value"

    @property
    def config(self) -> dict[str, str]:
        """Topic configuration as Kafka names it."""
        if self.cleanup == "compact":
            return {"cleanup.policy": "compact"}
        size = {"max.message.bytes": str(self.largest_bytes)} if self.largest_bytes else {}
        return {"cleanup.policy": "delete", "retention.ms": str(self.retention_ms), **size}


def _fact(name: str, schema: str, rank: int, days: int, purpose: str) -> Topic:
    return Topic(name, schema, "race_id", PARTITIONS, "delete", days * DAY_MS, purpose, rank)


CARDS = _fact("racing.cards", "RaceCard", 0, 400, "Race cards as each source sees them")
CONDITIONS = _fact("racing.conditions", "Conditions", 1, 400, "Going, surface and weather")
STATUS = _fact("racing.status", "RaceStatus", 2, 400, "Stages of a race: suspended, off, in play, closed")
SCRATCHES = _fact("racing.scratches", "Scratch", 3, 400, "Runners taken out or put back")
MODELS = _fact("racing.models", "ModelPinned", 4, 400, "Which version of a model scores a race")
FORM = _fact("racing.form", "RaceForm", 5, 400, "What form says of a race's runners, as of a moment")
ODDS = _fact("racing.odds", "OddsUpdate", 6, 7, "Prices and volumes of each market")
RESULTS = _fact("racing.results", "Result", 7, 400, "Results, unofficial then official, and corrections")

PREDICTIONS = _fact("racing.predictions", "Prediction", -1, 7, "What is believed of a race, and why")
ALERTS = _fact("racing.alerts", "Alert", -1, 30, "Scratches, value shifts, steam and drift")
RACES = Topic(
    "racing.races", "RaceView", "race_id", PARTITIONS, "compact", 0, "The latest of each race, whole"
)
BARS = Topic(
    "racing.bars", "RaceBars", "race_id", PARTITIONS, "compact", 0, "Closing prices of each race, by minute"
)


def _form(name: str, schema: str, purpose: str) -> Topic:
    return Topic(name, schema, "horse_id", PARTITIONS, "delete", 4000 * DAY_MS, purpose)


PERFORMANCES = _form("form.performances", "PastPerformance", "Runs of each horse, as told after the race")
PROFILES = _form("form.profiles", "HorseProfile", "What is known of each horse for good: birth, sex, parents")
WORKOUTS = _form("form.workouts", "Workout", "Timed morning works of each horse")

FORM_EVENTS = (PERFORMANCES, PROFILES, WORKOUTS)
"""What form is made of, beside cards and results."""

RULES = Topic(
    "alerts.rules",
    "AlertRule",
    "rule_id",
    PARTITIONS,
    "delete",
    400 * DAY_MS,
    "Users' alert rules, by version",
)
NOTICES = Topic(
    "alerts.notices", "Notice", "user_id", PARTITIONS, "delete", 7 * DAY_MS, "Alerts for one user each"
)
INTERACTIONS = Topic(
    "users.interactions",
    "Interaction",
    "pseudonym",
    PARTITIONS,
    "delete",
    400 * DAY_MS,
    "What users looked at, follow and have on their tickets, by consent and under a pseudonym",
)
FORM_REQUESTS = _fact("form.requests", "FormRequest", -1, 7, "What the race worker asks of the form worker")
SNAPSHOTS = Topic(
    "models.snapshots", "ModelSnapshot", "model", 1, "delete", 400 * DAY_MS, "Champion and candidate compared"
)
LESSONS = Topic(
    "models.lessons", "MarketLesson", "model", 1, "delete", 400 * DAY_MS,
    "What official races teach of their markets",
)  # fmt: skip

LARGEST_BYTES = 12 << 20
"""Largest record that any producer of the project sends."""

DEAD_LETTERS = Topic(
    "racing.dead-letters", "DeadLetter", "origin", 1, "delete", 400 * DAY_MS, "Input not understood, whole",
    largest_bytes=LARGEST_BYTES,
)  # fmt: skip
FEED_STATUS = Topic("feeds.status", "FeedStatus", "source", 1, "delete", DAY_MS, "Heartbeats of the feeds")

RACE_EVENTS = (CARDS, CONDITIONS, STATUS, SCRATCHES, MODELS, FORM, ODDS, RESULTS)
"""Inputs of the race fold, by rank."""

ALL = (
    *RACE_EVENTS,
    *FORM_EVENTS,
    FORM_REQUESTS,
    SNAPSHOTS,
    LESSONS,
    PREDICTIONS,
    ALERTS,
    RACES,
    BARS,
    RULES,
    NOTICES,
    INTERACTIONS,
    DEAD_LETTERS,
    FEED_STATUS,
)

BY_NAME = {topic.name: topic for topic in ALL}
EVENT_TOPIC = {topic.schema: topic for topic in ALL}
"""Topic of each event, by the name of its schema."""

RACES_CHANGELOG = "hpr-worker-races-changelog"
"""Changelog of the worker's table of race states: compacted, never deleted, not for other readers."""
