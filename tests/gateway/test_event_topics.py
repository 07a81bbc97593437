import json
from collections.abc import Callable

from gateway.event_topics import EVENT_TOPICS
from schemas.records import Alert

NOON = 1_690_000_000_000_000


def test_an_alert_is_everyone_s_and_told_with_its_id_and_its_end(alert: Callable[..., Alert]) -> None:
    (topic,) = [topic for topic in EVENT_TOPICS if topic.channel == "alerts"]
    record = alert("BEL-20230715-01", 3, headline="Number 7 is out")
    event = topic.event(record, 2, 9)
    assert (event.partition, event.offset, event.time, event.owner) == (2, 9, NOON, None)
    told = json.loads(event.body)
    assert told["alert_id"] == record["event_id"]
    assert told["headline"] == "Number 7 is out"
    assert told["expires_at"] == "2023-07-22T04:27:40.000000Z"
