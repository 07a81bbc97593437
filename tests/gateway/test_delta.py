from collections.abc import Callable
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.board import Standing
from gateway.delta import apply_delta, encode_delta
from gateway.views import encode_state
from schemas.records import RaceView, RunnerView

ViewMaker = Callable[..., RaceView]
RunnerMaker = Callable[..., RunnerView]

RUNNERS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from([None, 2.5, 3.0])),
    max_size=4,
    unique_by=lambda r: r[0],
)


def _state(standing: Standing) -> dict[str, Any]:
    state: dict[str, Any] = orjson.loads(encode_state(standing.facts, "fresh", 1.5))
    return state


def _delta(before: Standing, now: Standing) -> dict[str, Any]:
    delta: dict[str, Any] = orjson.loads(encode_delta(before, now, "fresh", 1.5))
    return delta


@given(before=RUNNERS, now=RUNNERS, status=st.sampled_from(["SCHEDULED", "OFF"]))
def test_a_delta_leads_from_any_state_to_any_other(
    view: ViewMaker,
    runner: RunnerMaker,
    before: list[tuple[str, float | None]],
    now: list[tuple[str, float | None]],
    status: str,
) -> None:
    first = Standing(view(revision=1, runners=[runner(id, back=back) for id, back in before]), 0, 0)
    runners = [runner(id, back=back) for id, back in now]
    second = Standing(view(revision=2, runners=runners, status=status), 0, 1)
    assert apply_delta(_state(first), _delta(first, second)) == _state(second)


def test_a_delta_has_the_fields_that_changed_and_those_of_each_runner(
    view: ViewMaker, runner: RunnerMaker
) -> None:
    first = Standing(view(revision=1, runners=[runner("a", back=2.0), runner("b", back=3.0)]), 0, 0)
    second = Standing(view(revision=2, runners=[runner("a", back=2.0), runner("b", back=3.5)]), 0, 1)
    assert _delta(first, second) == {
        "race_id": first.race_id,
        "base": 1,
        "set": {"revision": 2, "freshness": "fresh", "age_seconds": 1.5},
        "runners": {"b": {"back": 3.5}},
    }


def test_other_runners_are_told_whole(view: ViewMaker, runner: RunnerMaker) -> None:
    first = Standing(view(revision=1, runners=[runner("a"), runner("b")]), 0, 0)
    second = Standing(view(revision=2, runners=[runner("b"), runner("a")]), 0, 1)
    delta = _delta(first, second)
    assert [one["runner_id"] for one in delta["set"]["runners"]] == ["b", "a"]
    assert delta["runners"] == {}


def test_where_only_the_freshness_turned_that_is_all_there_is(view: ViewMaker, runner: RunnerMaker) -> None:
    standing = Standing(view(runners=[runner("a")]), 0, 0)
    assert _delta(standing, standing)["set"] == {"freshness": "fresh", "age_seconds": 1.5}
