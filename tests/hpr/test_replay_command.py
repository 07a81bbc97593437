import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Hpr = Callable[..., subprocess.CompletedProcess[str]]
Inside = Callable[..., Any]
SMALL = ("fragment/1.164917629.bz2", "fragment/1.201590187.zip", "win/1.132153978.bz2", "win/1.211006011.bz2")
LARGE = "win/1.206063952.bz2"


@pytest.fixture
def small(captures: Path) -> list[Path]:
    return [captures / name for name in SMALL]


def test_a_line_is_written_for_every_point_that_says_something_new(
    hpr: Hpr, small: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "predictions.jsonl"
    done = hpr("replay", *small, "--out", out, "--json")
    lines = [json.loads(line) for line in out.read_bytes().splitlines()]
    figures = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert (figures["sources"], figures["predictions"], figures["dead_letters"]) == (4, len(lines), 0)
    assert len({line["race_id"] for line in lines}) == 4
    assert len({line["prediction_id"] for line in lines}) == len(lines)
    for line in lines:
        chances = [r["win_probability"] for r in line["runners"] if r["win_probability"] is not None]
        assert not chances or sum(chances) == pytest.approx(1.0, abs=1e-9)


def test_without_out_the_lines_are_the_only_standard_output(
    hpr: Hpr, small: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "predictions.jsonl"
    hpr("replay", small[0], "--out", out)
    done = hpr("replay", small[0])
    assert done.stdout.encode() == out.read_bytes()
    assert "predictions of 1 sources" in done.stderr


def test_the_bytes_are_the_same_for_any_run_size_processes_hash_seed_and_order_of_files(
    hpr: Hpr, small: list[Path], tmp_path: Path
) -> None:
    plain = tmp_path / "plain.jsonl"
    hpr("replay", *small, "--out", plain, PYTHONHASHSEED="0")
    for run_size, processes, seed in ((1, 1, "1"), (7, 2, "1"), (1000, 2, "0")):
        other = tmp_path / f"{run_size}-{processes}.jsonl"
        options = ("--run-size", run_size, "--processes", processes)
        files = small if processes == 1 else reversed(small)
        done = hpr("replay", *files, "--out", other, *options, PYTHONHASHSEED=seed)
        assert done.returncode == 0
        assert other.read_bytes() == plain.read_bytes() != b""


def test_a_whole_day_of_one_market_is_the_same_in_large_and_small_runs(
    hpr: Hpr, captures: Path, tmp_path: Path
) -> None:
    large, sevens = tmp_path / "large.jsonl", tmp_path / "sevens.jsonl"
    hpr("replay", captures / LARGE, "--out", large, PYTHONHASHSEED="0")
    hpr("replay", captures / LARGE, "--out", sevens, "--run-size", 7, PYTHONHASHSEED="1")
    assert large.read_bytes() == sevens.read_bytes()
    assert large.read_bytes().count(b"\n") > 1000


def test_a_missing_file_is_status_1_and_one_line(inside: Inside) -> None:
    done = inside("replay", "nowhere.bz2")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "hpr: nowhere.bz2: no such file or folder\n"


def test_an_out_that_cannot_be_written_is_status_1_and_one_line(
    inside: Inside, small: list[Path], tmp_path: Path
) -> None:
    done = inside("replay", small[0], "--out", tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"hpr: {tmp_path}: cannot be written: Is a directory\n"
    done = inside("replay", small[0], "--out", tmp_path / "no" / "folder.jsonl")
    assert done.stderr.endswith("cannot be written: No such file or directory\n")


def test_a_full_disk_is_status_1_and_one_line(hpr: Hpr, small: list[Path]) -> None:
    done = hpr("replay", *small, "--out", "/dev/full")
    assert done.returncode == 1
    assert done.stderr == "hpr: [Errno 28] No space left on device\n"


def test_a_corrupt_capture_is_no_crash(hpr: Hpr, tmp_path: Path) -> None:
    (tmp_path / "bad.bz2").write_bytes(b"rubbish")
    done = hpr("replay", "bad.bz2")
    assert (done.returncode, done.stdout) == (0, "")
    assert "0 predictions of 1 sources" in done.stderr
    assert ", 1 dead letters\n" in done.stderr


@pytest.mark.parametrize("processes", [1, 3])
def test_what_cannot_be_read_is_counted_and_named_by_file_with_the_first_reason(
    hpr: Hpr, small: list[Path], tmp_path: Path, processes: int
) -> None:
    (tmp_path / "cut.bz2").write_bytes(small[0].read_bytes()[:-200])
    (tmp_path / "b.json").write_bytes(b'{"op":"ocm","pt":1}\nrubbish\n')
    out = tmp_path / "predictions.jsonl"
    done = hpr("replay", "cut.bz2", *small[1:], "b.json", "--out", out, "--processes", processes, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["dead_letters"] == 3
    assert out.read_bytes().count(b"\n") == json.loads(done.stdout)["predictions"] > 0
    first, second = done.stderr.splitlines()
    assert first == "hpr: b.json: 2 dead letters, the first: op 'ocm' is not a market change"
    assert second.startswith("hpr: cut.bz2: 1 dead letters, the first: capture is cut off or corrupt: ")
