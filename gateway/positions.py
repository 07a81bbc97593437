"""Where a reader stands in a channel: for each partition the next offset, as one short opaque text."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

EPOCH_BYTES = 8
MAX_TEXT = 2048
_SEVEN_BITS = 0x7F
_MORE = 0x80


@dataclass(frozen=True, slots=True)
class Position:
    """The next offset to read of each partition; a partition not named is at its beginning.

    `epoch` (16 hexadecimal digits) names the world the offsets belong to: cluster and topic.
    """

    epoch: str
    offsets: Mapping[int, int] = field(default_factory=dict)

    def covers(self, partition: int, offset: int) -> bool:
        """Whether the reader has what stands at `offset`, or something newer."""
        return offset < self.offsets.get(partition, 0)

    def encode(self) -> str:
        """The position as text: base64url of the epoch and of each partition and offset as varints."""
        return _encoded(self.epoch, tuple(sorted(self.offsets.items())))


def furthest(one: Position, other: Position) -> Position:
    """By partition the further of two positions of one epoch."""
    partitions = one.offsets.keys() | other.offsets.keys()
    return Position(
        one.epoch, {p: max(one.offsets.get(p, 0), other.offsets.get(p, 0)) for p in sorted(partitions)}
    )


def parse(text: str) -> Position | None:
    """The position that `text` encodes, or None if it encodes none."""
    if len(text) > MAX_TEXT:
        return None
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        numbers = _numbers(raw[EPOCH_BYTES:])
    except ValueError:
        return None
    if len(raw) < EPOCH_BYTES or len(numbers) % 2:
        return None
    return Position(raw[:EPOCH_BYTES].hex(), dict(zip(numbers[::2], numbers[1::2], strict=True)))


@lru_cache(maxsize=1024)
def _encoded(epoch: str, offsets: tuple[tuple[int, int], ...]) -> str:
    # Most clients of a channel stand at the same position, so most texts are made once for all.
    pairs = b"".join(_varint(partition) + _varint(offset) for partition, offset in offsets)
    return urlsafe_b64encode(bytes.fromhex(epoch) + pairs).decode().rstrip("=")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > _SEVEN_BITS:
        out.append(value & _SEVEN_BITS | _MORE)
        value >>= 7
    out.append(value)
    return bytes(out)


def _numbers(raw: bytes) -> list[int]:
    numbers, value, shift = [], 0, 0
    for byte in raw:
        value |= (byte & _SEVEN_BITS) << shift
        shift += 7
        if not byte & _MORE:
            numbers.append(value)
            value = shift = 0
    if shift:
        raise ValueError("the last number is cut off")
    return numbers
