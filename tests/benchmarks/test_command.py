import json

import pytest

from benchmarks import score
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
        return Report("score", {"cpu": "any"}, [row("block of 1", "shin", [2.0], [1.0], "us/race")])

    monkeypatch.setattr(score, "measure", measure)
    bench("score", runs=3, json=True)
    assert asked == [3]
    assert json.loads(capsys.readouterr().out)["rows"][0]["ratio"] == 2.0


def test_without_a_checkout_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_command, "CHECKOUT", bench_command.CHECKOUT / "elsewhere")
    with pytest.raises(HprError, match="of a checkout"):
        bench("score")
