import pytest

from benchmarks.market import odds, race_ids
from benchmarks.nowhere import Nowhere
from schemas.codec import default_codec
from schemas.errors import SchemaError


def test_what_is_published_is_encoded_and_so_has_to_fit_its_schema() -> None:
    producer = Nowhere(default_codec())
    event = odds(race_ids(0, 1)[0], 0, 5)
    producer.publish("racing.odds", event)
    with pytest.raises(SchemaError):
        producer.publish("racing.odds", {**event, "runners": "none"})


def test_all_is_acknowledged_at_once() -> None:
    producer = Nowhere(default_codec())
    producer.send("any", b"key", b"value", 0)
    producer.poll()
    assert producer.acknowledged(producer.mark())
    assert producer.unacknowledged == 0
