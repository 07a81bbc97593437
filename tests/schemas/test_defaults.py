from schemas import sources
from schemas.defaults import defaults
from schemas.records import Call, Finisher, RaceCard


def test_every_field_with_a_default_and_no_other() -> None:
    fields = sources.raw("RaceCard")["fields"]
    assert set(defaults(RaceCard)) == {field["name"] for field in fields if "default" in field}


def test_records_within_records_have_theirs_too() -> None:
    assert set(defaults(Call).values()) == {None}


def test_lists_are_new_each_time() -> None:
    first = defaults(Finisher)
    first["running_positions"].append(1)
    assert defaults(Finisher)["running_positions"] == []
