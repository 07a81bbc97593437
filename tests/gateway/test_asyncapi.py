import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from gateway.asyncapi import FILE, METHODS, document, encoded
from gateway.calls import REFUSALS
from topics.catalogue import ALL


def test_the_committed_document_is_that_of_the_code() -> None:
    assert FILE.read_bytes() == encoded(), "run `python -m gateway.asyncapi`"


def test_every_topic_and_every_frame_is_described() -> None:
    made = document()
    assert {topic.name for topic in ALL} | {"live"} == made["channels"].keys()
    live = made["channels"]["live"]
    assert {f"{name.title()}Call" for name in METHODS} <= live["messages"].keys()
    assert live["x-error-codes"].keys() == {str(code) for code in REFUSALS}


def _refs(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [ref for each in value.values() for ref in _refs(each)]
    return [ref for each in value for ref in _refs(each)] if isinstance(value, list) else []


def test_every_reference_leads_to_something() -> None:
    made = document()
    for ref in _refs(made):
        if ref.startswith("#/"):
            found = made
            for part in ref[2:].split("/"):
                found = found[part]
        else:
            assert (FILE.parent / ref).is_file(), ref


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """The document as JSON, as a validator of messages reads it."""
    made: dict[str, Any] = json.loads(Path(FILE).read_text("utf-8"))
    return made


@pytest.mark.parametrize(
    ("message", "frame", "fits"),
    [
        ("ConnectCall", {"id": 1, "method": "connect"}, True),
        ("SubscribeCall", {"id": 1, "method": "subscribe", "params": {"channel": "alerts"}}, True),
        ("SubscribeCall", {"id": 1, "method": "subscribe", "params": {}}, False),
        ("SubscribeCall", {"id": 0, "method": "subscribe", "params": {"channel": "alerts"}}, False),
        ("ErrorAnswer", {"id": 1, "error": {"code": 102, "message": "no", "temporary": False}}, True),
        ("Heartbeat", {}, True),
        ("StatePush", {"push": {"channel": "track:*", "position": "p", "state": {}}}, False),
    ],
)
def test_frames_are_told_from_what_is_none(
    whole: dict[str, Any], message: str, frame: dict[str, Any], fits: bool
) -> None:
    schema = {**whole["components"]["messages"][message]["payload"], "components": whole["components"]}
    assert jsonschema.Draft202012Validator(schema).is_valid(frame) is fits
