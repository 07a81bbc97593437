import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import schemas
from hpr.cli import app
from schemas import history, sources
from tests.topics.registry_server import FIRST_ID, Server, registry_server
from topics.catalogue import ALL

Hpr = Callable[..., subprocess.CompletedProcess[str]]
Inside = Callable[..., Any]
PROJECT = Path(schemas.__file__).parents[1]


@pytest.fixture
def checkout(tmp_path: Path) -> dict[str, str]:
    """Variables under which hpr uses a copy of the schemas folder, at tmp_path/schemas."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT / "schemas", tmp_path / "schemas", ignore=ignored)
    return {"PYTHONPATH": f"{tmp_path}:{PROJECT}"}


def edit(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    schema = json.loads(file.read_text("utf-8"))
    change(schema)
    file.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", "utf-8")


def retyped(schema: dict[str, Any]) -> None:
    next(f for f in schema["fields"] if f["name"] == "runner_id")["type"] = "long"


def without_default(schema: dict[str, Any]) -> None:
    schema["fields"].append({"name": "vet", "type": "string", "doc": "Who examined the horse."})


def with_default(schema: dict[str, Any]) -> None:
    schema["fields"].append({"name": "vet", "type": "string", "default": "", "doc": "Who examined it."})


def test_the_schemas_are_as_their_history_says(inside: Inside) -> None:
    done = inside("schemas", "check")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        f"{len(ALL)} subjects are as their history says\n",
        "",
    )


def test_figures_as_json() -> None:
    done = CliRunner().invoke(app, ["schemas", "check", "--json"])
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"problems": []})


@pytest.mark.parametrize(("change", "field"), [(retyped, "runner_id"), (without_default, "vet")])
def test_an_incompatible_change_fails_by_subject_and_field(
    hpr: Hpr, tmp_path: Path, checkout: dict[str, str], change: Callable[[dict[str, Any]], None], field: str
) -> None:
    edit(tmp_path / "schemas/avro/Scratch.avsc", change)
    checked = hpr("schemas", "check", **checkout)
    assert checked.returncode == 1
    assert f"racing.scratches-value: {field}: " in checked.stdout


def test_an_incompatible_change_cannot_be_committed(
    hpr: Hpr, tmp_path: Path, checkout: dict[str, str]
) -> None:
    edit(tmp_path / "schemas/avro/Scratch.avsc", without_default)
    committed = hpr("schemas", "commit", **checkout)
    assert committed.returncode == 1
    assert committed.stderr.startswith("hpr: racing.scratches-value: vet: ")
    assert committed.stderr.count("\n") == 1


def test_a_compatible_change_fails_until_it_is_committed_under_a_new_id(
    hpr: Hpr, tmp_path: Path, checkout: dict[str, str]
) -> None:
    edit(tmp_path / "schemas/avro/Scratch.avsc", with_default)
    checked = hpr("schemas", "check", **checkout)
    assert checked.returncode == 1
    assert (
        checked.stdout == "racing.scratches-value: changed and not in the history; run `hpr schemas commit`\n"
    )
    new = max(history.load().schemas) + 1
    assert hpr("schemas", "commit", **checkout).stdout == f"1 schemas added: {new}\n"
    assert hpr("schemas", "check", **checkout).returncode == 0
    assert hpr("schemas", "commit", **checkout).stdout == "0 schemas added: none\n"
    assert f"version 2 id {new}" in hpr("schemas", "show", **checkout).stdout


def test_subjects_are_listed_with_versions_and_ids() -> None:
    shown = CliRunner().invoke(app, ["schemas", "show"]).stdout
    assert [line.split()[0] for line in shown.splitlines()] == sorted(topic.subject for topic in ALL)


@pytest.mark.parametrize("name", ["Scratch", "racing.scratches-value"])
def test_a_schema_is_shown_by_event_or_subject(name: str) -> None:
    shown = CliRunner().invoke(app, ["schemas", "show", name])
    assert json.loads(shown.stdout) == sources.raw("Scratch")


def test_a_schema_is_shown_by_id() -> None:
    shown = CliRunner().invoke(app, ["schemas", "show", "1"])
    assert json.loads(shown.stdout) == history.load().schemas[1]


def test_an_unknown_name_is_one_line(inside: Inside) -> None:
    done = inside("schemas", "show", "Unicorn")
    assert done.returncode == 1
    assert (
        done.stderr == "hpr: no event, subject or id called Unicorn; `hpr schemas show` lists the subjects\n"
    )


@pytest.fixture
def server() -> Iterator[Server]:
    with registry_server() as running:
        yield running


def test_schemas_are_registered_once_with_the_registry_s_ids(inside: Inside, server: Server) -> None:
    first = inside("schemas", "register", "--registry", server.url)
    again = inside("schemas", "register", HPR_REGISTRY=server.url)
    assert [done.returncode for done in (first, again)] == [0, 0]
    assert first.stdout.splitlines()[:-1] == [
        f"{topic.subject:<28} new   version 1 id {id}" for id, topic in enumerate(ALL, FIRST_ID)
    ]
    assert again.stdout == first.stdout.replace(" new   ", " known ")
    assert set(server.levels) == {topic.subject for topic in ALL}
    kept = Path(first.stdout.splitlines()[-1].removeprefix("the ids are kept in "))
    assert kept.parent == Path(".hpr/registry")
    assert json.loads(kept.read_text())["schemas"][str(FIRST_ID)] == sources.raw(ALL[0].schema)


def test_what_was_registered_as_json(inside: Inside, server: Server) -> None:
    found = json.loads(inside("schemas", "register", "--json", HPR_REGISTRY=server.url).stdout)
    assert found["registered"][0] == {
        "subject": ALL[0].subject, "version": 1, "id": FIRST_ID, "new": True,
    }  # fmt: skip
    assert Path(found["kept_in"]).is_file()


def test_subjects_carry_the_topic_prefix(inside: Inside, server: Server) -> None:
    inside("schemas", "register", "--topic-prefix", "test.", HPR_REGISTRY=server.url)
    assert set(server.subjects) == {f"test.{topic.subject}" for topic in ALL}


def test_a_schema_that_the_registry_refuses_is_named_with_field_and_reason(
    inside: Inside, server: Server
) -> None:
    older = json.loads(json.dumps(sources.raw("Scratch")))
    without_default(older)
    server.give("racing.scratches-value", older)
    done = inside("schemas", "register", "--registry", server.url)
    assert (done.returncode, done.stdout) == (1, "")
    assert "racing.scratches-value: vet: reader field missing default value" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(server.subjects) == ["racing.scratches-value"]


def test_ids_are_fetched_anew(inside: Inside, server: Server) -> None:
    first = inside("schemas", "register", HPR_REGISTRY=server.url)
    kept = Path(first.stdout.splitlines()[-1].removeprefix("the ids are kept in "))
    whole = kept.read_text()
    kept.write_text("broken")
    done = inside("schemas", "fetch", HPR_REGISTRY=server.url)
    assert (done.returncode, done.stdout) == (0, f"the ids are kept in {kept}\n")
    assert kept.read_text() == whole


def test_what_is_not_registered_cannot_be_fetched(inside: Inside, server: Server) -> None:
    done = inside("schemas", "fetch", HPR_REGISTRY=server.url)
    assert done.returncode == 1
    assert done.stderr.startswith(f"hpr: {server.url} has not the schemas of racing.cards-value, ")
    assert done.stderr.endswith("run `hpr schemas register`\n")


@pytest.mark.parametrize("command", ["register", "fetch"])
def test_without_a_registry_there_is_nothing_to_ask(inside: Inside, command: str) -> None:
    done = inside("schemas", command)
    assert done.returncode == 2
    assert done.stderr == "hpr: no schema registry is set: give --registry URL, or HPR_REGISTRY\n"


COMMANDS = [
    ("schemas", "register"), ("schemas", "fetch"), ("feed", "simulator"), ("worker",), ("gateway",), ("up",),
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_registry_that_is_away_is_one_line_of_every_command(inside: Inside, command: Any) -> None:
    done = inside(*command, "--registry", "http://me:secret@127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr == "hpr: http://127.0.0.1:1 cannot be reached: Connection refused\n"


def test_a_registry_that_is_no_url_is_called_wrongly(inside: Inside) -> None:
    done = inside("worker", HPR_REGISTRY="me:secret@registry:8081")
    assert done.returncode == 2
    assert done.stderr == (
        "hpr: registry: give one URL such as http://127.0.0.1:8081 or https://user:password@host\n"
    )
