from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from schemas import generate, records, sources

COMMITTED = Path(records.__file__)


def test_the_committed_records_are_what_the_schemas_say() -> None:
    assert COMMITTED.read_text("utf-8") == generate.render()


def test_every_event_is_a_typed_record_of_the_union() -> None:
    assert {record.__name__ for record in get_args(records.Event)} == set(sources.names())


@pytest.mark.parametrize("name", sources.names())
def test_a_record_has_the_fields_of_its_schema_in_order(name: str) -> None:
    record = getattr(records, name)
    assert list(record.__annotations__) == [field["name"] for field in sources.raw(name)["fields"]]


def test_types_follow_the_schema() -> None:
    hints = get_type_hints(records.OddsUpdate)
    assert hints["event_time"] is int
    assert hints["image"] is bool
    assert hints["places"] == int | None
    assert hints["runners"] == list[records.RunnerPrice]
    assert get_args(hints["market_type"]) == ("WIN", "PLACE", "OTHER")
    assert get_type_hints(records.Prediction)["model_versions"] == dict[str, str]
    assert get_type_hints(records.RunnerBars)["prices"] == list[float]
