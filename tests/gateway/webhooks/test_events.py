import orjson
import pytest
from pydantic import ValidationError

from gateway.alerts.rules import Rule
from gateway.delivery.planning import item_of
from gateway.webhooks import events
from tests.gateway.alerts.makers import NOON, alert, engine


def test_a_body_is_what_its_schema_says_and_fits() -> None:
    [fired] = engine(Rule(kind="SCRATCH")).alert(alert("SCRATCH", "2", detail="x" * 200_000))
    body = events.body(item_of(fired, NOON + 2_500_000))
    assert len(body) <= events.MAX_BYTES
    event = events.AlertEvent.model_validate_json(body)
    assert (event.type, event.data.data_age_seconds) == ("alert.scratch", 2.5)
    assert event.type in events.schemas()


def test_schemas_are_there_for_every_type_and_refuse_what_is_none() -> None:
    assert len(events.schemas()) == 13
    with pytest.raises(ValidationError):
        events.AlertEvent.model_validate_json(orjson.dumps({"type": "alert.scratch"}))
    assert events.TestEvent.model_validate_json(events.test_body(NOON)).type == "endpoint.test"
