"""Markets dealt over connections: within the limits, and with as little moved as can be."""

from hypothesis import given
from hypothesis import strategies as st

from feeds.betfair.live.markets import plan

ids = st.integers(1, 60).map(lambda n: f"1.{n}")


def test_few_markets_need_one_connection() -> None:
    assert plan({}, ["1.1", "1.2"], (), 200, 4) == ({1: ("1.1", "1.2")}, [])


def test_more_than_one_subscription_may_have_go_over_several() -> None:
    wanted = [f"1.{n}" for n in range(450)]
    shares, left_out = plan({}, wanted, (), 200, 4)
    assert [len(share) for share in shares.values()] == [200, 200, 50]
    assert left_out == []


def test_beyond_all_limits_the_first_to_start_are_taken() -> None:
    assert plan({}, ["1.3", "1.1", "1.2"], (), 1, 2) == ({1: ("1.3",), 2: ("1.1",)}, ["1.2"])


def test_a_closed_market_alone_changes_no_subscription() -> None:
    shares = {1: ("1.1", "1.2")}
    assert plan(shares, ["1.2"], {"1.1"}, 2, 2) == (shares, [])


def test_a_closed_market_makes_room() -> None:
    assert plan({1: ("1.1", "1.2")}, ["1.2", "1.3"], {"1.1"}, 2, 1) == ({1: ("1.2", "1.3")}, [])


def test_a_connection_whose_markets_have_all_closed_ends() -> None:
    assert plan({1: ("1.1",), 2: ("1.2",)}, [], {"1.1"}, 1, 2) == ({2: ("1.2",)}, [])


@given(
    st.lists(st.sets(ids), min_size=1, max_size=4),
    st.lists(ids),
    st.sets(ids),
    st.integers(1, 9),
    st.integers(1, 4),
)
def test_laws_of_dealing(
    known: list[set[str]], wanted: list[str], gone: set[str], limit: int, connections: int
) -> None:
    taken: set[str] = set()
    before = {}
    for number, some in enumerate(known[:connections], 1):
        before[number] = tuple(sorted(some - taken)[:limit])
        taken |= set(before[number])
    before = {number: share for number, share in before.items() if share}
    shares, left_out = plan(before, wanted, gone, limit, connections)
    dealt = [market_id for share in shares.values() for market_id in share]
    assert len(dealt) == len(set(dealt))
    assert len(shares) <= connections
    assert all(0 < len(share) <= limit for share in shares.values())
    assert set(wanted) - gone <= set(dealt) | set(left_out)
    for number, share in before.items():
        assert set(share) - gone <= set(shares.get(number, ()))
    unchanged = [number for number in before if shares.get(number) == before[number]]
    assert all(set(before[n]) <= set(shares[n]) for n in unchanged)
    if left_out:
        assert all(len([id for id in share if id not in gone]) == limit for share in shares.values())
