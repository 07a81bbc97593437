from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from gateway.errors import GatewayError
from gateway.secrets import derived, master, secret


def test_a_secret_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    numbers = count()
    first = secret(tmp_path / "secrets", "push", lambda: str(next(numbers)))
    assert secret(tmp_path / "secrets", "push", lambda: str(next(numbers))) == first == "0"
    assert (tmp_path / "secrets" / "push").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in (tmp_path / "secrets").iterdir()] == ["push"]


def test_processes_that_start_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(master, [tmp_path] * 8))) == 1


def test_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPR_SECRET_MASTER", "given")
    assert master(tmp_path) == b"given"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GatewayError, match="set HPR_SECRET_PUSH"):
        secret(tmp_path / "file", "push", str)


def test_keys_of_different_purposes_differ() -> None:
    assert derived(b"m", "totp") != derived(b"m", "pseudonyms")
    assert len(derived(b"m", "totp")) == 32
