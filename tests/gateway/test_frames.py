import pytest
from websockets.frames import Frame, Opcode

from gateway.frames import delta_push, event_push, state_push, text_frame
from gateway.positions import Position

HERE = Position("00112233445566aa", {0: 1})


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_message_is_framed_as_the_standard_says(length: int) -> None:
    payload = b"x" * length
    assert text_frame(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)


def test_a_push_names_channel_and_position_and_carries_one_thing() -> None:
    text = HERE.encode()
    assert state_push("track:*", HERE, b"{}") == (
        b'{"push":{"channel":"track:*","position":"%b","state":{}}}' % text.encode()
    )
    assert b'"delta":{' in delta_push("track:*", HERE, b"{}")
    assert b'"event":{' in event_push("alerts", HERE, b"{}")
