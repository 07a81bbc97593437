import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from benchmarks import environments
from benchmarks.environments import PEERS, PROJECT, Peer, PeerError

NAMES = sorted(folder.name for folder in PEERS.iterdir() if (folder / "requirements.txt").exists())

ECHO = """
import json, sys
for line in sys.stdin:
    question = json.loads(line)
    if question == "end":
        sys.exit(3)
    print(json.dumps({"asked": question, "arguments": sys.argv[1:]}), flush=True)
"""


def test_every_benchmark_has_its_peers() -> None:
    assert NAMES == ["betfairlightweight", "broadcast", "flumine", "quix", "relay", "shin", "websocket"]


@pytest.mark.parametrize("name", [*NAMES, "raw"])
def test_a_peer_is_one_program_that_python_can_read(name: str) -> None:
    source = (PEERS / name / f"{name}_peer.py").read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(source))


@pytest.mark.parametrize("name", NAMES)
def test_a_peer_pins_its_packages_by_name_and_version_alone(name: str) -> None:
    lines = (PEERS / name / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert lines
    assert all(re.fullmatch(r"[a-zA-Z0-9-]+(\[[a-z0-9]+\])?==[0-9][0-9a-z.]*", line) for line in lines)


@pytest.fixture
def echo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "echo").mkdir()
    (tmp_path / "echo" / "echo_peer.py").write_text(ECHO, encoding="utf-8")
    monkeypatch.setattr(environments, "PEERS", tmp_path)
    monkeypatch.setattr(environments, "python_of", lambda _name: Path(sys.executable))
    return "echo"


def test_a_peer_answers_line_by_line(echo: str) -> None:
    with Peer(echo, "loud") as peer:
        assert peer.ask({"races": 2}) == {"asked": {"races": 2}, "arguments": ["loud"]}
        assert peer.ask([1]) == {"asked": [1], "arguments": ["loud"]}


def test_a_peer_that_ends_is_named(echo: str) -> None:
    with Peer(echo) as peer, pytest.raises(PeerError, match="the peer echo ended"):
        peer.ask("end")


def test_a_peer_without_pins_runs_in_this_environment() -> None:
    assert environments.python_of("raw") == Path(sys.executable)


def test_a_peer_may_import_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "path").mkdir()
    program = "import json, os; print(json.dumps(os.environ.get('PYTHONPATH')), flush=True); input()"
    (tmp_path / "path" / "path_peer.py").write_text(program, encoding="utf-8")
    monkeypatch.setattr(environments, "PEERS", tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    with Peer("path", with_project=True) as peer:
        assert peer.ask({}) == str(environments.PROJECT)
    with Peer("path") as peer:
        assert peer.ask({}) is None


def test_an_environment_is_kept_until_its_pins_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "PEERS", tmp_path)
    monkeypatch.setattr(environments, "ENVIRONMENTS", tmp_path / "made")
    made: list[Path] = []

    def install(folder: Path, _python: Path, wanted: Path) -> list[list[str]]:
        made.append(wanted)
        folder.mkdir(parents=True)
        return [[sys.executable, "-c", "pass"]]

    monkeypatch.setattr(environments, "_install", install)
    pins = tmp_path / "echo" / "requirements.txt"
    pins.parent.mkdir()
    pins.write_text("one==1\n", encoding="utf-8")
    for _ in range(2):
        environments.python_of("echo")
    assert len(made) == 1
    pins.write_text("one==2\n", encoding="utf-8")
    environments.python_of("echo")
    assert len(made) == 2


def test_an_environment_that_cannot_be_made_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "PEERS", tmp_path)
    monkeypatch.setattr(environments, "ENVIRONMENTS", tmp_path / "made")
    fails = [[sys.executable, "-c", "raise SystemExit('no such package')"]]
    monkeypatch.setattr(environments, "_install", lambda *_: fails)
    (tmp_path / "echo").mkdir()
    (tmp_path / "echo" / "requirements.txt").write_text("one==1\n", encoding="utf-8")
    with pytest.raises(PeerError, match="echo could not be installed: no such package"):
        environments.python_of("echo")


def test_the_peer_that_runs_our_functions_pins_what_they_need() -> None:
    program = (
        "import sys; from importlib.metadata import packages_distributions\n"
        "import streams.engine, streams.scoring, streams.state, streams.statements, topics.catalogue\n"
        "named = packages_distributions(); tops = {module.partition('.')[0] for module in sys.modules}\n"
        "print(*{dist.lower() for top in tops for dist in named.get(top, ())})"
    )
    imported = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    asked = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    direct = [*asked["dependencies"], *asked["optional-dependencies"]["models"]]
    ours = {re.split(r"[^\w-]", line)[0] for line in direct} - {"scipy"}  # which numba looks for, no more
    pinned = {line.partition("==")[0] for line in (PEERS / "quix" / "requirements.txt").read_text().split()}
    assert ours & set(imported.stdout.split()) <= pinned
