"""Dead letters: input that could not be understood, kept whole with where it came from and why."""

from hashlib import sha1

from schemas.identity import uuid_of
from schemas.records import DeadLetter

MOST_BYTES = 8 << 20
"""Longer payloads are cut: records have to end somewhere."""


def dead_letter(
    source: str,
    payload: bytes,
    origin: str,
    reason: str,
    *,
    event_time: int = 0,
    recorded_time: int = 0,
    race_id: str = "",
    identity: str = "",
) -> DeadLetter:
    """A DeadLetter; its id follows from source, time and bytes, so reading them twice counts once.

    `identity` tells apart equal bytes that came without a time, such as records at two offsets."""
    if len(payload) > MOST_BYTES:
        reason, payload = f"{reason} (the first {MOST_BYTES} of {len(payload)} bytes)", payload[:MOST_BYTES]
    digest = sha1(payload, usedforsecurity=False).hexdigest()
    return {
        "event_id": uuid_of(f"{source}:dead:{identity}{event_time}:{digest}"),
        "source": source,
        "race_id": race_id,
        "event_time": event_time,
        "recorded_time": recorded_time,
        "sequence": event_time,
        "reason": reason,
        "origin": origin,
        "payload": payload,
    }
