"""Which markets go over which connection, within Betfair's limits; pure."""

from collections.abc import Container, Iterable, Mapping
from typing import NamedTuple

Shares = Mapping[int, tuple[str, ...]]
"""Market ids by the number of their connection."""


class Plan(NamedTuple):
    """The shares from now on, and the markets that found no room."""

    shares: dict[int, tuple[str, ...]]
    left_out: list[str]


def plan(shares: Shares, wanted: Iterable[str], gone: Container[str], limit: int, connections: int) -> Plan:
    """Deal `wanted` market ids, the most urgent first, to at most `connections` of `limit` markets each.

    A market stays on its connection. Every change of a subscription costs whole images of all its
    markets, so a share changes only when markets join it; those that are `gone` leave it then, and a
    share of nothing but these ends.
    """
    dealt = {number: ids for number, ids in shares.items() if any(market_id not in gone for market_id in ids)}
    held = {market_id for ids in dealt.values() for market_id in ids}
    new = [id for id in dict.fromkeys(wanted) if id not in held and id not in gone]
    for number in range(1, connections + 1):
        kept = tuple(market_id for market_id in dealt.get(number, ()) if market_id not in gone)
        room = max(limit - len(kept), 0)
        if new[:room]:
            dealt[number], new = (*kept, *new[:room]), new[room:]
    return Plan(dealt, new)
