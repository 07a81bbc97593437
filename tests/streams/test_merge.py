"""The merge of a partition's topics: recorded time, rank, offset; unread topics hold others back."""

from hypothesis import given
from hypothesis import strategies as st

from streams.engine import Located
from streams.merge import PartitionMerge
from tests.streams.events import odds, price

RANKS = {"cards": 0, "scratches": 1, "odds": 2}


def record(topic: str, time: int, offset: int) -> Located:
    event = odds([price("1", 2.0)], 1)
    event["recorded_time"] = time
    return Located("OddsUpdate", event, topic, 0, offset)


def taken(merge: PartitionMerge, open_topics: set[str], limit: int = 100) -> list[tuple[str, int]]:
    return [(r.topic, r.offset) for r in merge.take(limit, lambda topic, _since: topic not in open_topics)]


def test_by_time_then_rank_then_offset() -> None:
    merge = PartitionMerge(RANKS)
    merge.add("odds", [record("odds", 5, 0), record("odds", 5, 1), record("odds", 9, 2)])
    merge.add("cards", [record("cards", 5, 0), record("cards", 9, 1)])
    expected = [("cards", 0), ("odds", 0), ("odds", 1), ("cards", 1), ("odds", 2)]
    assert taken(merge, set()) == expected


def test_a_topic_with_records_to_fetch_holds_the_others_back() -> None:
    merge = PartitionMerge(RANKS)
    merge.add("odds", [record("odds", 5, 0)])
    assert taken(merge, {"scratches"}) == []
    merge.add("scratches", [record("scratches", 7, 0)])
    assert taken(merge, {"scratches"}) == [("odds", 0), ("scratches", 0)]


def test_a_run_is_no_longer_than_its_limit() -> None:
    merge = PartitionMerge(RANKS)
    merge.add("odds", [record("odds", time, time) for time in range(10)])
    assert taken(merge, set(), limit=4) == [("odds", n) for n in range(4)]
    assert merge.waiting("odds") == 6


topics = st.fixed_dictionaries(
    {topic: st.lists(st.integers(0, 20), max_size=12).map(sorted) for topic in RANKS}
)


@given(
    topics,
    st.lists(st.tuples(st.sampled_from(sorted(RANKS)), st.integers(1, 4)), max_size=30),
    st.integers(1, 9),
)
def test_catching_up_visits_what_having_been_there_did(
    times: dict[str, list[int]], fetches: list[tuple[str, int]], limit: int
) -> None:
    every = {t: [record(t, time, n) for n, time in enumerate(times[t])] for t in RANKS}
    whole = sorted(
        (r for records in every.values() for r in records),
        key=lambda r: (r.event["recorded_time"], RANKS[r.topic], r.offset),
    )
    merge, fetched, seen = PartitionMerge(RANKS), dict.fromkeys(RANKS, 0), []
    for topic, count in [*fetches, *((topic, 99) for topic in RANKS)]:
        merge.add(topic, every[topic][fetched[topic] : fetched[topic] + count])
        fetched[topic] = min(len(every[topic]), fetched[topic] + count)
        while run := merge.take(limit, lambda t, _since: fetched[t] >= len(every[t])):
            seen += run
    assert seen == whole
