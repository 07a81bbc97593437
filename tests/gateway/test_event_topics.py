import json
from collections.abc import Callable

from gateway.event_topics import EVENT_TOPICS
from schemas.defaults import defaults
from schemas.records import Alert, Notice

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


def test_a_notice_is_its_user_s_own_and_shown_once_by_the_alert_s_id() -> None:
    (topic,) = [topic for topic in EVENT_TOPICS if topic.channel == "alerts:me"]
    fields = {"race_id": "BEL-20230715-01", "event_time": NOON, "recorded_time": NOON, "expires_at": NOON}
    notice: dict[str, object] = {
        **defaults(Notice), **fields, "alert_id": "a", "user_id": "ann", "rule_id": "r", "rule_version": 2,
        "kind": "SCRATCH", "title": "Number 7 is out", "text": "The pace is slower now.",
    }  # fmt: skip
    event = topic.event(notice, 0, 1)
    assert event.owner == "ann"
    told = json.loads(event.body)
    assert (told["alert_id"], told["title"]) == ("a", "Number 7 is out")
    assert "user_id" not in told
