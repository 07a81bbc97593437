"""What changed between two states of a race, as small JSON; pure."""

from typing import Any

import orjson

from gateway.board import Standing
from gateway.contract import Freshness

RUNNERS = "runners"
_NEW = object()


def changes(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """The fields of `now` that are other ones than in `before`; a list counts as one field."""
    return {name: value for name, value in now.items() if before.get(name, _NEW) != value}


def encode_delta(before: Standing, now: Standing, freshness: Freshness, age_seconds: float) -> bytes:
    """JSON of a StateDelta: what leads from one state of a race to a later one.

    Runners are told one by one where both states have the same ones in the same order, else all of them anew.
    """
    changed = changes(before.told, now.told) if before is not now else {}
    runners: dict[str, Any] = {}
    if RUNNERS in changed and _ids(before) == _ids(now):
        del changed[RUNNERS]
        pairs = zip(before.told[RUNNERS], now.told[RUNNERS], strict=True)
        runners = {new["runner_id"]: changes(old, new) for old, new in pairs if old != new}
    changed |= {"freshness": freshness, "age_seconds": round(age_seconds, 3)}
    return orjson.dumps(
        {"race_id": now.race_id, "base": before.view["revision"], "set": changed, RUNNERS: runners}
    )


def apply_delta(state: dict[str, Any], delta: dict[str, Any]) -> dict[str, Any]:
    """The state that `delta` leads to from `state`, which stays as it is."""
    told = delta[RUNNERS]
    runners = [runner | told.get(runner["runner_id"], {}) for runner in state[RUNNERS]]
    return {**state, RUNNERS: runners, **delta["set"]}


def _ids(standing: Standing) -> list[str]:
    return [runner["runner_id"] for runner in standing.view["runners"]]
