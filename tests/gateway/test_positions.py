from hypothesis import given
from hypothesis import strategies as st

from gateway.positions import Position, parse

EPOCHS = st.binary(min_size=8, max_size=8).map(bytes.hex)
OFFSETS = st.dictionaries(st.integers(0, 1000), st.integers(0, 2**62), max_size=20)


@given(EPOCHS, OFFSETS)
def test_a_position_survives_being_text(epoch: str, offsets: dict[int, int]) -> None:
    position = Position(epoch, offsets)
    assert parse(position.encode()) == position


@given(st.text(max_size=60))
def test_foreign_text_is_a_position_or_none_and_never_an_error(text: str) -> None:
    found = parse(text)
    assert found is None or isinstance(found, Position)


def test_text_beyond_any_real_position_is_none() -> None:
    assert parse("A" * 5000) is None


def test_a_position_covers_what_stands_before_it() -> None:
    position = Position("00112233445566aa", {3: 10})
    assert position.covers(3, 9)
    assert not position.covers(3, 10)
    assert not position.covers(4, 0)


def test_eight_partitions_fit_in_a_short_text() -> None:
    assert len(Position("00112233445566aa", dict.fromkeys(range(8), 1_000_000)).encode()) < 60
