"""Fetches the jars of one Kafka node, as named in pom.xml, from Maven into a local folder."""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
POM = Path(__file__).with_name("pom.xml")
JARS_FOLDER = PROJECT / ".kafka" / "jars"


class KafkaUnavailableError(RuntimeError):
    """The node cannot be fetched, started or reached here; the message says why and what to do."""


def missing_tools() -> str | None:
    """Why no Kafka can run on this machine (a missing program and its Debian package), or None if it can."""
    if shutil.which("java") is None:
        return "no java on PATH: install the Debian package openjdk-17-jre-headless"
    if shutil.which("mvn") is None and not _complete(JARS_FOLDER):
        return "no mvn on PATH to fetch Kafka with: install the Debian package maven"
    return None


def fetch_jars(folder: Path = JARS_FOLDER) -> Path:
    """Fill `folder` with the jars of pom.xml and return it; does nothing when they are already there.

    Raises:
        KafkaUnavailableError: there is no Maven, or it could not fetch them.
    """
    if _complete(folder):
        return folder
    if shutil.which("mvn") is None:
        raise KafkaUnavailableError("no mvn on PATH to fetch Kafka with: install the Debian package maven")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        # Another process may be fetching them just now.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _complete(folder):
            _fetch(folder)
    return folder


def _fetch(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    command = ["mvn", "--quiet", "--batch-mode", "--file", str(POM), "dependency:copy-dependencies"]
    options = [f"-DoutputDirectory={folder}", "-DincludeScope=runtime"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    if done.returncode:
        raise KafkaUnavailableError(f"Maven could not fetch Kafka:\n{done.stdout.strip()[-2000:]}")
    _stamp(folder).write_text(_wanted(), encoding="ascii")


def _complete(folder: Path) -> bool:
    stamp = _stamp(folder)
    return stamp.exists() and stamp.read_text(encoding="ascii") == _wanted()


def _stamp(folder: Path) -> Path:
    return folder / "fetched"


def _wanted() -> str:
    """A digest of pom.xml: another version there means fetching again."""
    return hashlib.sha256(POM.read_bytes()).hexdigest()
