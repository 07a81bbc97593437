"""Who is next: users in turn, channels in turn, rates kept, and nothing kept of who wants nothing."""

from datetime import UTC, datetime
from uuid import UUID

from gateway.delivery.lanes import IN_FLIGHT, RATES, Lanes
from gateway.delivery.parcels import Parcel

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _parcel(number: int, user: int = 1, channel: int = 1, kind: str = "webhook") -> Parcel:
    ids = UUID(int=number), UUID(int=user), UUID(int=1000 * user + channel)
    return Parcel(*ids, kind, {}, (), [], 0, NOW, NOW)


def _taken(lanes: Lanes, now: float = 0.0) -> list[int]:
    found = []
    while parcel := lanes.take(now):
        found.append(parcel.id.int)
    return found


def test_a_flood_of_one_user_does_not_hold_up_another() -> None:
    lanes = Lanes()
    for number in range(100):
        lanes.put(_parcel(number, user=1))
    lanes.put(_parcel(500, user=2))
    assert [lanes.take(0.0).id.int for _ in range(2)] == [0, 500]  # type: ignore[union-attr]


def test_a_channel_has_so_many_on_their_way_and_others_of_its_user_go_on() -> None:
    lanes = Lanes()
    first = [_parcel(number) for number in range(20)]
    for parcel in first:
        lanes.put(parcel)
    lanes.put(_parcel(100, channel=2))
    assert sorted(_taken(lanes)) == [*range(IN_FLIGHT), 100]
    lanes.done(first[0])
    assert _taken(lanes) == [IN_FLIGHT]


def test_a_rate_is_kept_across_pauses_and_is_full_again_after_a_while() -> None:
    rate, most = RATES["webpush"]
    lanes, number, sent = Lanes(), 0, 0
    for second in range(10):
        for _ in range(20):
            number += 1
            lanes.put(_parcel(number, kind="webpush"))
        now = float(second)
        while parcel := lanes.take(now):
            lanes.done(parcel)
            sent += 1
    assert sent == most + 9 * rate
    assert lanes.waiting == 200 - sent


def test_what_waits_for_a_channel_can_be_dropped() -> None:
    lanes = Lanes()
    for number in range(10):
        lanes.put(_parcel(number, channel=1 + number % 2))
    assert len(lanes.channels()) == 2
    assert [p.id.int for p in lanes.drop(UUID(int=1001))] == [0, 2, 4, 6, 8]
    assert (lanes.waiting, lanes.drop(UUID(int=1001)), lanes.drop(UUID(int=9))) == (5, [], [])
    assert _taken(lanes) == [1, 3, 5, 7, 9]
    assert lanes.channels() == set()
