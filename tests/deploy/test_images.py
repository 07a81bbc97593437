import re
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")


def stage(name: str) -> str:
    """The text of one stage of the Dockerfile."""
    return re.split(r"^FROM .* AS (\w+)\n", DOCKERFILE, flags=re.MULTILINE)[stages().index(name) * 2 + 2]


def stages() -> list[str]:
    return re.findall(r"^FROM \S+ AS (\w+)$", DOCKERFILE, flags=re.MULTILINE)


def compose() -> list[str]:
    """The command that reads compose files, or a skip: the plug-in of today or the older program."""
    if docker := shutil.which("docker"):
        found = subprocess.run([docker, "compose", "version"], capture_output=True, check=False)
        if found.returncode == 0:
            return [docker, "compose"]
    if program := shutil.which("docker-compose"):
        return [program]
    pytest.skip("no docker compose: install the Debian package docker-compose")


def test_the_compose_file_is_valid_and_names_the_services() -> None:
    command = [*compose(), "--file", str(PROJECT / "docker-compose.yml"), "config", "--services"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT)
    assert done.returncode == 0, done.stderr
    services = ["archive", "form", "gateway", "kafka", "notifier", "simulator", "sink", "topics", "worker"]
    assert sorted(done.stdout.split()) == services


def test_every_target_of_the_compose_file_is_a_stage() -> None:
    targets = re.findall(r"target: (\w+)", COMPOSE)
    assert set(targets) == {"feed", "worker", "form", "gateway", "notifier", "sink"}
    assert set(targets) <= set(stages())


@pytest.mark.parametrize("target", ["feed", "worker", "gateway"])
def test_services_run_without_root_from_a_lock(target: str) -> None:
    text = stage(target)
    locks = re.findall(r"requirements/\w+\.txt", text)
    assert f"requirements/{ {'feed': 'base'}.get(target, target) }.txt" in locks
    assert all((PROJECT / lock).exists() for lock in locks)
    assert "USER hpr" in text
    assert text.index("USER hpr") < text.index("CMD [")


@pytest.mark.parametrize(
    ("target", "image", "port"), [("form", "worker", 9110), ("notifier", "gateway", 9120)]
)
def test_services_without_a_port_for_people_have_one_for_their_health(
    target: str, image: str, port: int
) -> None:
    text = stage(target)
    assert f"FROM {image} AS {target}\n" in DOCKERFILE
    assert f"ENV HPR_{target.upper()}_HTTP_PORT={port}\n" in text
    assert f"http://127.0.0.1:{port}/healthz" in text
    assert f'CMD ["hpr", "{target}"]' in text


def service(name: str) -> str:
    """The text of one service of the compose file."""
    found = re.search(rf"^  {name}:\n((?:    .*\n|\n)+)", COMPOSE, flags=re.MULTILINE)
    assert found is not None
    return found[1]


def test_what_two_services_share_is_one_volume() -> None:
    assert "work-data:/var/lib/hpr/.hpr" in service("worker")
    assert "work-data:/var/lib/hpr/.hpr" in service("form")
    assert "site-data:/var/lib/hpr/.hpr" in service("gateway")
    assert "site-data:/var/lib/hpr/.hpr" in service("notifier")
    assert "history-data:/var/lib/hpr/history" in service("gateway")
    for name in ("sink", "archive"):
        assert "history-data:/var/lib/hpr/history" in service(name)
    archive = re.search(r"HPR_ARCHIVE: (\S+)", service("gateway"))
    assert archive is not None
    assert f'"--archive", "{archive[1]}"' in service("archive")
    for name in ("notifier", "sink", "archive"):
        assert "environment: *site" in service(name)
    # A volume takes the owner of the folder that it is mounted on, if there is one.
    assert "--owner hpr" in stage("base")
    assert re.search(r"install .* /var/lib/hpr/\.hpr /var/lib/hpr/history", stage("base"))


def test_the_broker_of_the_compose_file_is_the_one_that_tests_run() -> None:
    pom = (PROJECT / "deploy" / "kafka" / "pom.xml").read_text(encoding="utf-8")
    version = re.search(r"<artifactId>kafka_2\.13</artifactId>\s*<version>(.*?)</version>", pom)
    assert version is not None
    assert f"image: apache/kafka:{version[1]}\n" in COMPOSE


def test_what_the_images_copy_is_not_kept_from_them() -> None:
    let_in = re.findall(
        r"^!(\S+)", (PROJECT / ".dockerignore").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    packages = re.search(r"^include = \[(.*)\]", (PROJECT / "pyproject.toml").read_text(), flags=re.MULTILINE)
    assert packages is not None
    assert set(re.findall(r'"(\w+)\*"', packages[1])) <= set(let_in)
    assert {"pyproject.toml", "README.md", "LICENSE", "requirements"} <= set(let_in)
