"""What webhooks are told: event types, their payloads and the JSON Schemas of these."""

from datetime import UTC, datetime
from typing import Any, Literal, get_args

import orjson
from pydantic import BaseModel, ConfigDict, Field

from gateway.alerts.rules import Kind

MAX_BYTES = 64 * 1024
"""Of a payload."""

PREFIX = "alert."
TYPES = {f"{PREFIX}{kind.lower()}": kind for kind in get_args(Kind)}
"""Event types, as `alert.scratch`."""

TEST = "endpoint.test"
Order = Literal["marked"]


class AlertData(BaseModel):
    """What happened. Deliveries may overtake each other: of one race, order them by `sequence`."""

    model_config = ConfigDict(frozen=True)

    alert_id: str = Field(description="The alert: the same on every channel and for every rule.")
    kind: str
    race_id: str
    runner_id: str | None
    title: str = Field(description="What happened, to whom.")
    text: str = Field(description="What it changes in the race, and why.")
    value: float | None = Field(description="The figure that crossed the rule's threshold.")
    sequence: int = Field(description="Order of the events of one race.")
    event_time: datetime = Field(description="When it happened, by the provider's clock.")
    expires_at: datetime = Field(description="After this it is of no use.")
    rule_id: str
    rule_version: int
    data_age_seconds: float = Field(description="How old the data was when the alert was made.")


class AlertEvent(BaseModel):
    """The body of a delivery, as Standard Webhooks asks: type, timestamp, data."""

    model_config = ConfigDict(frozen=True)

    type: str
    timestamp: datetime
    data: AlertData


class TestEvent(BaseModel):
    """The body of a test delivery."""

    type: Literal["endpoint.test"] = "endpoint.test"
    timestamp: datetime
    data: dict[str, str]


def schemas() -> dict[str, Any]:
    """JSON Schemas by event type."""
    alert = AlertEvent.model_json_schema()
    found = {name: {**alert, "title": name} for name in TYPES}
    return {**found, TEST: TestEvent.model_json_schema()}


def instant(micros: int) -> str:
    """RFC 3339 text of microseconds since 1970."""
    return datetime.fromtimestamp(micros / 1e6, UTC).isoformat().replace("+00:00", "Z")


def body(item: dict[str, Any]) -> bytes:
    """The body of one alert's delivery; `item` is as the outbox keeps it. Cut to fit MAX_BYTES."""
    data = {name: item[name] for name in AlertData.model_fields if name not in ("event_time", "expires_at")}
    data |= {name: instant(item[name]) for name in ("event_time", "expires_at")}
    event = {"type": PREFIX + item["kind"].lower(), "timestamp": instant(item["event_time"]), "data": data}
    made = orjson.dumps(event)
    if len(made) > MAX_BYTES:
        data["text"] = data["text"][:4000]
        made = orjson.dumps(event)
    return made


def test_body(now: int) -> bytes:
    """The body of a test delivery at `now` (microseconds since 1970)."""
    said = {"message": "If you can verify this, your endpoint works."}
    return orjson.dumps({"type": TEST, "timestamp": instant(now), "data": said})
