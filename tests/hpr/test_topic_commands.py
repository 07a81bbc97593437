import json
import uuid

from typer.testing import CliRunner

from deploy.kafka.node import SingleNode
from hpr.cli import app
from topics import admin
from topics.catalogue import ALL

runner = CliRunner()


def test_the_catalogue_is_listed() -> None:
    lines = runner.invoke(app, ["topics", "list"]).stdout.splitlines()
    assert [line.split()[0] for line in lines] == [topic.name for topic in ALL]
    assert lines[0].split()[1:5] == ["RaceCard", "8", "by", "race_id"]


def test_the_catalogue_as_json() -> None:
    listed = json.loads(runner.invoke(app, ["topics", "list", "--json"]).stdout)
    assert [topic["name"] for topic in listed] == [topic.name for topic in ALL]
    assert {"schema", "key", "partitions", "cleanup", "retention_ms", "purpose"} < set(listed[0])


def test_topics_are_missing_then_created_then_as_the_catalogue_says(kafka: SingleNode) -> None:
    prefix = f"h{uuid.uuid4().hex[:8]}."
    where = ["--broker", kafka.bootstrap, "--topic-prefix", prefix]
    names = [topic.name for topic in admin.wanted(prefix)]

    before = runner.invoke(app, ["topics", "check", *where])
    assert before.exit_code == 1
    assert before.stdout.splitlines() == [f"differs: {name}: missing" for name in names]

    created = runner.invoke(app, ["topics", "create", *where, "--json"])
    assert (created.exit_code, json.loads(created.stdout)["created"]) == (0, names)

    after = runner.invoke(app, ["topics", "check", *where])
    assert (after.exit_code, after.stdout) == (0, "all topics are as the catalogue says\n")
    assert json.loads(runner.invoke(app, ["topics", "check", *where, "--json"]).stdout) == {"differs": []}
    assert runner.invoke(app, ["topics", "create", *where]).stdout == "nothing to create\n"
