import pytest

from gateway.accounts import passwords

REAL = passwords._hasher


@pytest.fixture(autouse=True)
def in_earnest(quick_hashes: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", REAL)


async def test_a_hash_is_argon2id_with_what_owasp_asks_for_and_of_its_own_salt() -> None:
    one, other = [await passwords.hashed("a long password") for _ in range(2)]
    assert one.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert one != other
    assert await passwords.verified("a long password", one) == (True, None)
    assert await passwords.verified("another password", one) == (False, None)


async def test_a_hash_of_older_settings_is_made_anew() -> None:
    from pwdlib.hashers.argon2 import Argon2Hasher

    old = Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1).hash("a long password")
    right, newer = await passwords.verified("a long password", old)
    assert right
    assert newer is not None
    assert newer.startswith("$argon2id$v=19$m=47104")


async def test_nobody_s_password_is_never_right() -> None:
    assert await passwords.verified("nobody has this password", None) == (False, None)


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaaaa", "Ann.of.York", "ann.of.york@example.org"])
def test_what_is_short_or_known_is_weak(weak: str) -> None:
    assert passwords.weakness(weak, "ann.of.york@example.org") is not None
