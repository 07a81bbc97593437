import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
LOCKS = ["base", "dev", "worker", "gateway", "mlflow", "ocr"]


def pins(lock: str) -> dict[str, str]:
    """Package to version and marker; a package that differs by Python version stands there with each."""
    lines = (PROJECT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8").splitlines()
    found: dict[str, str] = {}
    for line in lines:
        # What CPython is not told apart by, and nothing else runs.
        name, _, version = re.sub(r" ; [^;]*PyPy'$", "", line).partition("==")
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


@pytest.mark.parametrize("lock", ["base", "worker", "gateway", "mlflow"])
def test_services_run_the_versions_that_are_tested(lock: str) -> None:
    assert pins(lock).items() <= pins("dev").items()


@pytest.mark.parametrize(
    ("extra", "lock"),
    [
        (None, "base"),
        ("worker", "worker"),
        ("gateway", "gateway"),
        ("ocr", "ocr"),
        # Of workers with a registry in MLflow.
        ("worker", "mlflow"),
        ("mlflow", "mlflow"),
    ],
)
def test_a_lock_holds_what_pyproject_asks_for(extra: str | None, lock: str) -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + (project["optional-dependencies"][extra] if extra else [])
    names = {re.split(r"[^A-Za-z0-9_-]", requirement)[0].lower() for requirement in wanted}
    # An extra of the project's own within another: what it asks for is in the lock, it is not.
    assert names - {project["name"]} <= pins(lock).keys()


def test_what_is_installed_is_what_the_lock_of_tests_pins() -> None:
    """A package beside the lock, or of another version, would be tested and not run."""
    tools = {"pip", "setuptools", "wheel"}
    installed = {re.sub(r"[-_.]+", "-", d.metadata["Name"]).lower(): d.version for d in distributions()}
    locked = pins("dev")
    assert not installed.keys() - locked.keys() - tools - {"horseracepro"}
    for name, version in installed.items():
        said = [re.split(r"[ ;]", pin)[0] for pin in locked.get(name, "").splitlines()]
        assert name not in locked or version in said, f"{name} {version} is not {said}"


def test_the_gateway_starts_with_what_its_lock_has() -> None:
    """What only other services or tests have is made impossible to import."""
    held = pins("gateway").keys() | {"horseracepro", "setuptools"}
    beside = [
        module
        for module, of in packages_distributions().items()
        if not any(re.sub(r"[-_.]+", "-", each).lower() in held for each in of)
    ]
    assert "lightgbm" in beside
    start = f"import sys; sys.modules.update(dict.fromkeys({beside})); import gateway.app"
    started = subprocess.run([sys.executable, "-c", start], capture_output=True, text=True, check=False)
    assert started.returncode == 0, started.stderr


def test_every_package_of_the_page_is_held_by_its_hash() -> None:
    lock = json.loads((PROJECT / "gateway" / "dashboard" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: held for name, held in lock["packages"].items() if name}
    assert len(packages) > 10
    assert all(held["integrity"].startswith("sha512-") for held in packages.values())
    asked = {*lock["packages"][""]["dependencies"], *lock["packages"][""]["devDependencies"]}
    assert {f"node_modules/{name}" for name in asked} <= packages.keys()
