"""Which topics are event channels, and how their records are told; pure."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import orjson

from gateway import views
from gateway.events import Event
from topics.catalogue import ALERTS, NOTICES


@dataclass(frozen=True, slots=True)
class EventTopic:
    """An event channel: its topic, how a record is told, and whose it is (None: everyone's)."""

    channel: str
    topic: str
    tell: Callable[[Any], Any]
    owner: Callable[[Any], str | None]

    def event(self, record: Any, partition: int, offset: int) -> Event:
        """A record of the topic as an event of the channel."""
        body = orjson.dumps(self.tell(record))
        return Event(partition, offset, record["recorded_time"], self.owner(record), body)


EVENT_TOPICS = (
    EventTopic("alerts", ALERTS.name, views.alert_event, lambda _record: None),
    EventTopic("alerts:me", NOTICES.name, views.notice_event, itemgetter("user_id")),
)
