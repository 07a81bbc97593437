"""Tokens and how they are kept: 256 random bits go out, a SHA-256 stays."""

import hashlib
import hmac
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """A token of 43 URL-safe characters."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str | bytes) -> str:
    """What is kept of a token. It has 256 random bits, so that no slow hash is needed."""
    return hashlib.sha256(token.encode() if isinstance(token, str) else token).hexdigest()


def keyed(key: bytes, text: str) -> str:
    """HMAC-SHA-256 of `text` in hexadecimal digits."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two texts are equal, in a time that does not depend on where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())
