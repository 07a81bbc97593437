"""Secrets: from the environment, else from a file of the secrets' folder, which is made at first need."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.errors import GatewayError

KEY_BYTES = 32


def secret(folder: Path, name: str, make: Callable[[], str]) -> str:
    """The secret `name`: variable `HPR_SECRET_<NAME>`, else the file `name`, else a new one kept in it.

    Of several processes that start at once all get the same. Raises GatewayError if the file cannot be kept.
    """
    if given := os.environ.get(f"HPR_SECRET_{name.upper()}"):
        return given
    try:
        return _kept(folder / name, make)
    except OSError as error:
        raise GatewayError(
            f"cannot keep the secret {name} in {folder}: {error.strerror}; set HPR_SECRET_{name.upper()}"
        ) from error


def _kept(file: Path, make: Callable[[], str]) -> str:
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mine = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
        mine.touch(0o600, exist_ok=False)
        mine.write_text(make(), encoding="utf-8")
        try:
            # Whole or not at all, and only the first one counts.
            os.link(mine, file)
        except FileExistsError:
            pass
        finally:
            mine.unlink()
    return file.read_text(encoding="utf-8").strip()


def master(folder: Path) -> bytes:
    """The secret from which the keys of this installation are derived; the same for all of its gateways."""
    return secret(folder, "master", lambda: secrets.token_urlsafe(KEY_BYTES)).encode()


def derived(master: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose (HKDF with SHA-256, RFC 5869)."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(master)
