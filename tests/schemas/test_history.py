import json
from pathlib import Path
from typing import Any

import pytest

from schemas import history, sources
from schemas.errors import IncompatibleSchemaError, SchemaError
from schemas.history import History, Version
from schemas.sources import Json

SUBJECT = "racing.horses-value"
EMPTY = History({}, {})
DAM: Json = {"type": "record", "name": "Dam", "fields": [{"name": "name", "type": "string"}]}


def horse(**fields: Any) -> Json:
    """A schema with a name, a sex, and the fields given as name=type or name=(type, default)."""
    sex = {"type": "enum", "name": "Sex", "symbols": ["UNKNOWN", "MARE", "HORSE"], "default": "UNKNOWN"}
    typed = {"name": "string", "sex": (sex, "UNKNOWN"), **fields}
    return {"type": "record", "name": "Horse", "fields": [_field(*item) for item in typed.items()]}


def _field(name: str, kind: Any) -> Json:
    if isinstance(kind, tuple):
        return {"name": name, "type": kind[0], "default": kind[1]}
    return {"name": name, "type": kind}


def without(schema: Json, field: str) -> Json:
    return schema | {"fields": [f for f in schema["fields"] if f["name"] != field]}


def grown(*schemas: Json) -> History:
    known = EMPTY
    for schema in schemas:
        known = known.add(SUBJECT, schema)
    return known


def test_the_committed_history_holds_every_event_as_it_is() -> None:
    committed = history.load()
    for name in sources.names():
        assert committed.id_of(sources.raw(name)) is not None, name


def test_committed_ids_have_one_schema_each_and_versions_count_from_one() -> None:
    committed = history.load()
    texts = [sources.canonical(schema) for schema in committed.schemas.values()]
    assert len(set(texts)) == len(texts)
    for versions in committed.subjects.values():
        assert [version.version for version in versions] == list(range(1, len(versions) + 1))
        assert all(version.id in committed.schemas for version in versions)


def test_committed_versions_are_compatible_with_all_before_them() -> None:
    for subject, versions in history.load().subjects.items():
        schemas = [history.load().schemas[version.id] for version in versions]
        for n, schema in enumerate(schemas):
            before = History({subject: versions[:n]}, history.load().schemas)
            assert before.check(subject, schema) == []


def test_the_first_schema_is_version_1_with_the_next_id() -> None:
    known = grown(horse())
    assert known.subjects == {SUBJECT: (Version(1, 1),)}
    assert known.schemas == {1: horse()}


def test_adding_what_is_newest_already_changes_nothing() -> None:
    known = grown(horse())
    assert known.add(SUBJECT, horse()) is known


def test_adding_leaves_the_history_before_as_it_was() -> None:
    known = grown(horse())
    known.add(SUBJECT, horse(year_born=(["null", "int"], None)))
    assert known.schemas == {1: horse()}


def test_one_schema_under_two_subjects_has_one_id() -> None:
    known = grown(horse()).add("form.horses-value", horse())
    assert known.subjects["form.horses-value"] == (Version(1, 1),)
    assert known.id_of(horse()) == 1


def test_ids_count_on_from_the_highest_whatever_the_subject() -> None:
    known = History({"old-value": (Version(1, 41),)}, {41: horse() | {"name": "Old"}})
    assert known.add(SUBJECT, horse()).subjects[SUBJECT] == (Version(1, 42),)


def test_going_back_to_an_older_schema_is_a_new_version_with_its_old_id() -> None:
    longer = horse(year_born=(["null", "int"], None))
    assert grown(horse(), longer, horse()).subjects[SUBJECT] == (
        Version(1, 1),
        Version(2, 2),
        Version(3, 1),
    )


def test_a_new_field_with_a_default_is_compatible() -> None:
    assert grown(horse()).check(SUBJECT, horse(year_born=(["null", "int"], None))) == []


def test_a_removed_field_that_had_a_default_is_compatible() -> None:
    assert grown(horse(year_born=(["null", "int"], None))).check(SUBJECT, horse()) == []


def test_a_changed_doc_is_compatible_and_still_another_schema() -> None:
    documented = horse() | {"doc": "One horse."}
    assert grown(horse(), documented).subjects[SUBJECT][-1] == Version(2, 2)


def test_a_subject_of_which_nothing_is_known_accepts_anything() -> None:
    assert EMPTY.check("new-value", horse()) == []


REFUSALS = {
    "a type that changed": (
        horse(year_born=(["null", "int"], None)),
        horse(year_born=("string", "")),
        "year_born",
        "missing union branch",
    ),
    "a new field without default": (horse(), horse(year_born="int"), "year_born", "missing default value"),
    "a removed field without default": (
        horse(year_born="int"),
        horse(),
        "year_born",
        "missing default value",
    ),
    "a type that changed inside a list": (
        horse(dams=({"type": "array", "items": DAM}, [])),
        horse(dams=({"type": "array", "items": DAM | {"fields": [{"name": "name", "type": "int"}]}}, [])),
        r"dams\.name",
        "type mismatch: reader type: int not compatible with writer type: string",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_is_refused_by_field_and_reason(case: str) -> None:
    old, new, field, reason = REFUSALS[case]
    with pytest.raises(IncompatibleSchemaError, match=f"{SUBJECT}.*{field}.*({reason})") as refused:
        grown(old, new)
    assert "version 1" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_symbol_that_an_enum_lost_is_refused_by_its_name() -> None:
    fewer = {"type": "enum", "name": "Sex", "symbols": ["UNKNOWN", "MARE"]}
    with pytest.raises(IncompatibleSchemaError, match=r"sex.*HORSE"):
        grown(horse(), horse(sex=(fewer, "UNKNOWN")))


def test_two_fields_that_changed_are_both_named() -> None:
    problems = grown(horse(age="int", sire="int")).check(SUBJECT, horse(age="string", sire="string"))
    assert all("age" in problem and "sire" in problem for problem in problems)
    assert len(problems) == 2


def test_every_older_version_has_its_say_not_only_the_last() -> None:
    first = horse(year_born=("int", 0))
    second = without(first, "year_born")
    with pytest.raises(IncompatibleSchemaError, match=r"year_born.*version 1"):
        grown(first, second, horse(year_born=("string", "")))


@pytest.mark.parametrize("direction", ["cannot read", "cannot be read by"])
def test_both_directions_are_checked(direction: str) -> None:
    added, removed = horse(year_born="int"), horse()
    old, new = (removed, added) if direction == "cannot read" else (added, removed)
    assert any(f"({direction} version 1)" in line for line in grown(old).check(SUBJECT, new))


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    known = grown(horse(), horse(year_born=(["null", "int"], None)))
    history.save(known, tmp_path / "history")
    assert history.load(tmp_path / "history") == known


def test_the_committed_folder_is_written_as_it_stands(tmp_path: Path) -> None:
    history.save(history.load(), tmp_path)
    committed = Path(history.__file__).with_name("history")
    for file in tmp_path.iterdir():
        assert file.read_bytes() == (committed / file.name).read_bytes()


def test_a_folder_without_an_index_is_an_empty_history(tmp_path: Path) -> None:
    assert history.load(tmp_path) == EMPTY


def test_an_id_that_is_written_never_gets_another_schema(tmp_path: Path) -> None:
    history.save(grown(horse()), tmp_path)
    with pytest.raises(SchemaError, match=r"1\.avsc holds another schema"):
        history.save(grown(horse(year_born="int")), tmp_path)
    assert json.loads((tmp_path / "1.avsc").read_text("utf-8")) == horse()
