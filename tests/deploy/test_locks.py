import re
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
LOCKS = ["base", "dev", "worker", "gateway", "ocr"]


def pins(lock: str) -> dict[str, str]:
    """Package to version and marker; a package that differs by Python version stands there with each."""
    lines = (PROJECT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8").splitlines()
    found: dict[str, str] = {}
    for line in lines:
        name, _, version = line.partition("==")
        assert re.fullmatch(r"[a-z0-9-]+", name), line
        assert version, line
        found[name] = f"{found.get(name, '')}{version}\n"
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_package_and_names_no_address(lock: str) -> None:
    assert len(pins(lock)) > 10
    text = (PROJECT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    assert "//" not in text
    assert "--" not in text


@pytest.mark.parametrize("lock", ["base", "worker", "gateway"])
def test_services_run_the_versions_that_are_tested(lock: str) -> None:
    assert pins(lock).items() <= pins("dev").items()


@pytest.mark.parametrize(
    ("extra", "lock"), [(None, "base"), ("worker", "worker"), ("gateway", "gateway"), ("ocr", "ocr")]
)
def test_a_lock_holds_what_pyproject_asks_for(extra: str | None, lock: str) -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + (project["optional-dependencies"][extra] if extra else [])
    names = {re.split(r"[^A-Za-z0-9_-]", requirement)[0].lower() for requirement in wanted}
    # An extra of the project's own within another: what it asks for is in the lock, it is not.
    assert names - {project["name"]} <= pins(lock).keys()
