"""Alerts for a user's live connections: as notices on their topic, which every gateway reads."""

import asyncio
from typing import Protocol

from gateway.delivery.parcels import Outcome, Parcel
from schemas.errors import BrokerError, SchemaError
from schemas.records import Notice
from topics.catalogue import NOTICES
from topics.producer import EventProducer

LOOK_SECONDS = 0.003
LOOKS = 5000


class Notices(Protocol):
    """Where notices go."""

    async def send(self, parcel: Parcel) -> Outcome:
        """Publish the alert of a parcel; done once the broker has it."""


class TopicNotices:
    """The topic `alerts.notices`."""

    def __init__(self, producer: EventProducer) -> None:
        self._producer = producer

    async def send(self, parcel: Parcel) -> Outcome:
        """Publish the alert of a parcel."""
        record = notice(parcel)
        try:
            self._producer.publish(NOTICES.name, record)
            mark = self._producer.mark()
            for _ in range(LOOKS):
                if self._producer.acknowledged(mark):
                    return Outcome(True, request={"topic": NOTICES.name, "body": record["title"]})
                await asyncio.sleep(LOOK_SECONDS)
        except (BrokerError, SchemaError) as error:
            return Outcome(False, error=str(error)[:300])
        return Outcome(False, error="not acknowledged by the broker")


def notice(parcel: Parcel) -> Notice:
    """The alert of a parcel as an event; its id is the delivery's."""
    item = parcel.items[0]
    return {
        "event_id": str(parcel.id),
        "source": "hpr",
        "race_id": item["race_id"],
        "event_time": item["event_time"],
        "recorded_time": item["event_time"],
        "sequence": item["sequence"],
        "alert_id": item["alert_id"],
        "user_id": str(parcel.user_id),
        "rule_id": item["rule_id"],
        "rule_version": item["rule_version"],
        "kind": item["kind"],
        "runner_id": item["runner_id"],
        "title": item["title"],
        "text": item["text"],
        "expires_at": item["expires_at"],
    }
