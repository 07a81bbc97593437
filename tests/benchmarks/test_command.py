import json
from importlib import import_module
from typing import get_args

import pytest

from benchmarks import score, worker
from benchmarks.report import Report, row
from hpr import bench_command
from hpr.bench_command import bench
from schemas.errors import HprError


def test_the_command_measures_and_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[int] = []

    def measure(runs: int) -> Report:
        asked.append(runs)
        print("a word of what is measured")
        return Report("score", {"cpu": "any"}, [row("block of 1", "shin", [2.0], [1.0], "us/race")])

    monkeypatch.setattr(score, "measure", measure)
    bench("score", runs=3, json=True)
    assert asked == [3]
    assert json.loads(capsys.readouterr().out)["rows"][0]["ratio"] == 2.0


def test_a_benchmark_has_its_own_number_of_runs_and_a_length_where_it_takes_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[int, float]] = []

    def measure(runs: int = 3, scale: float = 1.0) -> Report:
        asked.append((runs, scale))
        return Report("worker", {"cpu": "any", "cores": 1, "python": "3.11"}, [])

    monkeypatch.setattr(worker, "measure", measure)
    bench("worker")
    bench("worker", runs=2, scale=0.5)
    assert asked == [(3, 1.0), (2, 0.5)]
    assert "worker: any" in capsys.readouterr().out


@pytest.mark.parametrize("name", get_args(bench_command.Name))
def test_every_benchmark_of_the_command_is_there(name: str) -> None:
    assert callable(import_module(f"benchmarks.{name}").measure)


def test_without_a_checkout_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_command, "CHECKOUT", bench_command.CHECKOUT / "elsewhere")
    with pytest.raises(HprError, match="of a checkout"):
        bench("score")
