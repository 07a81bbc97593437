"""Who is who: deterministic ids of events, races and predictions, and times as integers."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import sha1
from uuid import UUID, uuid5

NAMESPACE = uuid5(UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), "horseracepro")
"""UUIDv5 namespace of all ids made here, itself derived from RFC 9562's DNS namespace."""

DIGEST_BITS = 128
MICROS = 1_000_000
_NAMESPACE_BYTES = NAMESPACE.bytes


def uuid_of(name: str | bytes) -> str:
    """UUIDv5 (RFC 9562) of `name` as text; the same as uuid.uuid5, several times faster.

    >>> uuid_of("a") == str(uuid5(NAMESPACE, "a"))
    True
    """
    data = name.encode() if isinstance(name, str) else name
    value = bytearray(sha1(_NAMESPACE_BYTES + data, usedforsecurity=False).digest()[:16])
    value[6] = value[6] & 0x0F | 0x50
    value[8] = value[8] & 0x3F | 0x80
    text = value.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def digest_of(event_ids: Iterable[str]) -> int:
    """Digest of a set of event ids: their sum modulo 2**128, so that order does not matter.

    >>> digest_of([uuid_of("a"), uuid_of("b")]) == digest_of([uuid_of("b"), uuid_of("a")])
    True
    """
    return sum(int(id.replace("-", ""), 16) for id in event_ids) % (1 << DIGEST_BITS)


def numbered_race(track_code: str, race_date: date, race_number: int) -> str:
    """TRACK-YYYYMMDD-NN.

    >>> numbered_race("BEL", date(2023, 7, 15), 1)
    'BEL-20230715-01'
    """
    return f"{track_code}-{race_date:%Y%m%d}-{race_number:02d}"


def timed_race(track_code: str, race_date: date, first_off: datetime) -> str:
    """TRACK-YYYYMMDD-THHMM with the first announced off in UTC, for providers that number no races.

    >>> timed_race("WAR", date(2021, 3, 30), datetime(2021, 3, 30, 16, 20, tzinfo=UTC))
    'WAR-20210330-T1620'
    """
    return f"{track_code}-{race_date:%Y%m%d}-T{first_off.astimezone(UTC):%H%M}"


def micros(instant: datetime) -> int:
    """Microseconds since 1970 of an aware datetime."""
    delta = instant - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * MICROS + delta.microseconds


def instant(value: int) -> datetime:
    """Aware UTC datetime of microseconds since 1970."""
    return datetime.fromtimestamp(value // MICROS, UTC).replace(microsecond=value % MICROS)


def iso(value: int) -> str:
    """RFC 3339 text of microseconds since 1970.

    >>> iso(1_667_711_593_760_000)
    '2022-11-06T05:13:13.760000Z'
    """
    return f"{_second(value // MICROS)}.{value % MICROS:06d}Z"


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"
