"""Every error code of the stream has a consequence."""

import json
from pathlib import Path

import pytest

from feeds.betfair.live.refusals import REFUSALS, Remedy, refusal

TRIED_AGAIN = {"UNEXPECTED_ERROR", "CONNECTION_FAILED"}


@pytest.mark.parametrize("code", ["NO_APP_KEY", "INVALID_APP_KEY", "NOT_AUTHORIZED"])
def test_where_trying_again_is_of_no_use_the_feed_ends(code: str) -> None:
    assert refusal(code).remedy is Remedy.END


@pytest.mark.parametrize("code", ["NO_SESSION", "INVALID_SESSION_INFORMATION"])
def test_a_session_that_ended_is_renewed(code: str) -> None:
    assert refusal(code).remedy is Remedy.LOG_IN


@pytest.mark.parametrize(
    "code", ["SUBSCRIPTION_LIMIT_EXCEEDED", "MAX_CONNECTION_LIMIT_EXCEEDED", "TOO_MANY_REQUESTS", "TIMEOUT"]
)
def test_limits_are_respected_by_going_slower(code: str) -> None:
    assert refusal(code).remedy is Remedy.SLOWER


def test_old_clocks_are_forgotten() -> None:
    assert refusal("INVALID_CLOCK").remedy is Remedy.FORGET_CLOCKS


@pytest.mark.parametrize("code", [*sorted(TRIED_AGAIN), "SOMETHING_NEW"])
def test_other_codes_are_tried_again(code: str) -> None:
    assert refusal(code).remedy is Remedy.AGAIN


def test_every_code_that_betfair_names_is_thought_of(shared_data: Path) -> None:
    swagger = json.loads((shared_data / "provider_formats/betfair/ESASwaggerSchema.json").read_text("utf-8"))
    status = swagger["definitions"]["StatusMessage"]["allOf"][1]["properties"]
    assert set(status["errorCode"]["enum"]) == REFUSALS.keys() | TRIED_AGAIN
