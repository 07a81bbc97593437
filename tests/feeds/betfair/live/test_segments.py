"""A message that came in segments is seen whole or not at all."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from feeds.betfair.live.segments import Response, Segments, SegmentType


def part(kind: SegmentType | None, *names: str, clk: str | None = None) -> Response:
    return Response("mcm", segmentType=kind, clk=clk, mc=[Raw(name.encode()) for name in names])


def names(message: Response | None) -> list[str] | None:
    return None if message is None else [bytes(raw).decode() for raw in message.mc or ()]


def test_what_is_not_segmented_goes_through() -> None:
    assert names(Segments().add(part(None, "a"))) == ["a"]


def test_segments_are_joined_in_order() -> None:
    segments = Segments()
    assert segments.add(part("SEG_START", "a")) is None
    assert segments.add(part("SEG", "b", "c")) is None
    whole = segments.add(part("SEG_END", "d", clk="k"))
    assert (names(whole), whole and whole.clk) == (["a", "b", "c", "d"], "k")


def test_a_message_whose_end_never_came_is_left_out() -> None:
    segments = Segments()
    segments.add(part("SEG_START", "lost"))
    segments.add(part("SEG_START", "a"))
    assert names(segments.add(part("SEG_END", "b"))) == ["a", "b"]


def test_segments_without_a_start_are_left_out() -> None:
    segments = Segments()
    assert segments.add(part("SEG", "a")) is None
    assert segments.add(part("SEG_END", "b")) is None
    assert names(segments.add(part(None, "c"))) == ["c"]


def test_a_heartbeat_between_segments_does_not_part_them() -> None:
    segments = Segments()
    segments.add(part("SEG_START", "a"))
    assert names(segments.add(part(None))) == []
    assert names(segments.add(part("SEG_END", "b"))) == ["a", "b"]


@given(st.lists(st.lists(st.text("abc", min_size=1), min_size=1), min_size=2))
def test_any_partition_of_a_message_gives_the_message(parts: list[list[str]]) -> None:
    segments = Segments()
    kinds: list[SegmentType] = ["SEG_START", *["SEG"] * (len(parts) - 2), "SEG_END"]  # type: ignore[list-item]
    *before, whole = [segments.add(part(kind, *some)) for kind, some in zip(kinds, parts, strict=True)]
    assert set(before) == {None}
    assert names(whole) == [name for some in parts for name in some]
