"""Pushes, and WebSocket frames as the server sends them: made once for every receiver; pure."""

import struct

import orjson

from gateway.positions import Position

_TEXT = 0x81
"""FIN and the opcode of text: one frame is one message, and a server does not mask."""
_SHORT, _MEDIUM = 125, 0xFFFF


def text_frame(payload: bytes) -> bytes:
    """A message of UTF-8 text as one unmasked frame (RFC 6455, section 5.2)."""
    length = len(payload)
    if length <= _SHORT:
        return struct.pack("!BB", _TEXT, length) + payload
    if length <= _MEDIUM:
        return struct.pack("!BBH", _TEXT, 126, length) + payload
    return struct.pack("!BBQ", _TEXT, 127, length) + payload


def state_push(channel: str, position: Position, state: bytes) -> bytes:
    """A push of a whole state."""
    return _push(channel, position, b"state", state)


def delta_push(channel: str, position: Position, delta: bytes) -> bytes:
    """A push of what changed since the last state sent."""
    return _push(channel, position, b"delta", delta)


def event_push(channel: str, position: Position, event: bytes) -> bytes:
    """A push of an event."""
    return _push(channel, position, b"event", event)


def _push(channel: str, position: Position, kind: bytes, body: bytes) -> bytes:
    return b'{"push":{"channel":%b,"position":"%b","%b":%b}}' % (
        orjson.dumps(channel),
        position.encode().encode(),
        kind,
        body,
    )
