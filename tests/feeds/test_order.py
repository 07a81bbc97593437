from collections import Counter
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from feeds.order import Batch, in_order


def event(time: int) -> Any:
    return cast(Any, {"recorded_time": time})


@given(st.lists(st.lists(st.integers(0, 50), max_size=5), max_size=8))
def test_events_that_reach_past_their_batch_wait_for_their_turn(spans: list[list[int]]) -> None:
    batches = [
        Batch(n * 10, [("Result", event(n * 10 + span)) for span in found]) for n, found in enumerate(spans)
    ]
    counts: Counter[str] = Counter()
    times = [named[1]["recorded_time"] for named in in_order(batches, counts)]
    assert times == sorted(times)
    assert counts["Result"] == len(times) == sum(map(len, spans))


def test_events_of_an_instant_stay_as_they_came() -> None:
    named = [(name, event(5)) for name in ("RaceCard", "OddsUpdate", "Result")]
    assert list(in_order([Batch(0, named)], Counter())) == named
