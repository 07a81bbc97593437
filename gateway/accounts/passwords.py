"""Passwords: what is accepted, and argon2id hashes, worked on threads of their own and a few at a time."""

import asyncio
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

SHORTEST, LONGEST = 10, 256
MEMORY_KIB, PASSES, LANES = 47_104, 1, 1
"""One of OWASP's equal choices for argon2id."""
AT_ONCE = 2
"""Hashes worked at a time: each takes 46 MiB and some 50 ms of one core."""

_hasher = PasswordHash((Argon2Hasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES),))
_room: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}


def weakness(password: str, email: str) -> str | None:
    """What is wrong with a password, or None. Long is what counts (NIST SP 800-63B)."""
    if len(password) < SHORTEST:
        return f"a password has at least {SHORTEST} characters"
    if len(set(password)) < 5:
        return "a password has at least 5 different characters"
    if password.casefold() in {email.casefold(), email.partition("@")[0].casefold()}:
        return "a password is not the mail address"
    return None


async def hashed(password: str) -> str:
    """The hash to keep."""
    async with _gate():
        return await asyncio.to_thread(_hasher.hash, password)


async def verified(password: str, kept: str | None) -> tuple[bool, str | None]:
    """Whether the password is the one of the hash `kept`, and a newer hash if that one is out of date.

    Without a hash, the same time goes by and the answer is no: nobody learns who has an account.
    """
    async with _gate():
        if kept is None:
            await asyncio.to_thread(_hasher.verify, password, _nobodys())
            return False, None
        return await asyncio.to_thread(_hasher.verify_and_update, password, kept)


def _gate() -> asyncio.Semaphore:
    loop = asyncio.get_running_loop()
    if loop not in _room:
        _room.clear()
        _room[loop] = asyncio.Semaphore(AT_ONCE)
    return _room[loop]


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody has this password")
