from pathlib import Path

import pytest

from deploy.kafka.jars import JARS_FOLDER, KafkaUnavailableError, fetch_jars, missing_tools


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine whose PATH holds no program."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("bare_machine")
def test_a_machine_without_java_is_told_the_debian_package() -> None:
    assert "openjdk-17-jre-headless" in (missing_tools() or "")


@pytest.mark.usefixtures("bare_machine")
def test_fetching_without_maven_names_the_debian_package(tmp_path: Path) -> None:
    with pytest.raises(KafkaUnavailableError, match="Debian package maven"):
        fetch_jars(tmp_path / "jars")


@pytest.mark.kafka
def test_jars_hold_the_broker_and_are_fetched_once() -> None:
    folder = fetch_jars()
    assert folder == JARS_FOLDER
    broker = next(folder.glob("kafka_2.13-*.jar"))
    before = broker.stat().st_mtime_ns
    fetch_jars()
    assert broker.stat().st_mtime_ns == before
