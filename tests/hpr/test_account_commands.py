from collections.abc import Callable
from pathlib import Path

from tests.hpr.conftest import Done


def test_migrate_makes_the_database_and_may_be_repeated(inside: Callable[..., Done], tmp_path: Path) -> None:
    for _ in range(2):
        done = inside("accounts", "migrate", HPR_DATABASE="sqlite:///here/hpr.sqlite3")
        assert done.returncode == 0
        assert done.stdout == "the database is up to date\n"
    assert (tmp_path / "here" / "hpr.sqlite3").is_file()


def test_a_database_of_another_kind_is_one_line(inside: Callable[..., Done]) -> None:
    done = inside("accounts", "migrate", "--database", "mysql://localhost/x")
    assert done.returncode == 1
    assert done.stderr.startswith("hpr: no database 'mysql' is known")


def test_a_database_that_does_not_answer_is_one_line(inside: Callable[..., Done]) -> None:
    done = inside("accounts", "migrate", HPR_DATABASE="postgresql://hpr:hush@127.0.0.1:9/hpr")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "hush" not in done.stderr
