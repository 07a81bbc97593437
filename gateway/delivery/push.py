"""Web push: encrypted for the browser (RFC 8291), signed with this installation's VAPID keys (RFC 8292)."""

import base64
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02  # type: ignore[import-untyped]
from pywebpush import WebPusher  # type: ignore[import-untyped]

from gateway.secrets import secret

SIGNED_SECONDS = 12 * 3600
MAX_TEXT = 1500
"""Characters of text: a push service takes 4 KiB, encrypted."""


def new_key() -> str:
    """A private key on P-256, raw, in base64 for URLs."""
    raw = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(32, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Vapid:
    """The keys by which push services know this installation; made on first start."""

    def __init__(self, folder: Path, contact: str) -> None:
        self._key = Vapid02.from_raw(secret(folder, "vapid", new_key).encode())
        self._contact = contact
        self._signed: dict[str, tuple[float, dict[str, str]]] = {}

    @property
    def public(self) -> str:
        """What a browser subscribes with: the public key, uncompressed, in base64 for URLs."""
        point = self._key.public_key.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return base64.urlsafe_b64encode(point).rstrip(b"=").decode()

    def headers(self, endpoint: str) -> dict[str, str]:
        """The signature for a push service, good for half a day."""
        parts = urlsplit(endpoint)
        audience = f"{parts.scheme}://{parts.netloc}"
        until, signed = self._signed.get(audience, (0.0, {}))
        if until < time.time() + 60:
            until = time.time() + SIGNED_SECONDS
            claims = {"sub": self._contact, "aud": audience, "exp": str(int(until))}
            signed = dict(self._key.sign(claims))
            self._signed[audience] = until, signed
        return signed


def payload(items: list[dict[str, Any]]) -> bytes:
    """What the page's service worker shows; its tag makes a repeat replace what is shown."""
    first = items[0]
    many = len(items) > 1
    title = f"{len(items)} alerts: {first['title']} …" if many else first["title"]
    text = "\n".join(item["title"] for item in items) if many else first["text"]
    ids = [item["alert_id"] for item in items]
    return orjson.dumps(
        {
            "title": title[:200],
            "body": text[:MAX_TEXT],
            "tag": ids[0],
            "alert_ids": ids[:40],
            "kind": first["kind"],
            "url": f"/#/race/{first['race_id']}" if first["race_id"] else "/#/alerts",
            "event_time": first["event_time"],
        }
    )


def encrypted(subscription: dict[str, Any], body: bytes) -> bytes:
    """`body` for nobody but the browser that subscribed; raises ValueError for keys that are none."""
    try:
        return bytes(WebPusher(subscription).encode(body, "aes128gcm")["body"])
    except Exception as error:  # what the library raises on foreign keys is of many kinds
        raise ValueError(f"the subscription's keys are not usable: {error}") from error
