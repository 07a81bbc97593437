"""Machine code is kept by the content of what it was made from; where it cannot be kept it still is made."""

import os
import subprocess
import sys
from math import inf, nan
from pathlib import Path

import pytest

from models import compiled as module
from models.compiled import compiled, folder_of


def test_the_folder_is_named_by_the_content_of_all_sources(tmp_path: Path) -> None:
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    one.write_text("RATE = 1\n")
    other.write_text("RATE = 2\n")
    first = folder_of([one, other], [tmp_path / "kept"])
    assert first is not None
    assert first.is_dir()
    assert folder_of([one, other], [tmp_path / "kept"]) == first
    other.write_text("RATE = 3\n")
    assert folder_of([one, other], [tmp_path / "kept"]) != first


def test_a_place_that_cannot_be_written_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    folder = folder_of([], [file / "below", tmp_path / "kept"])
    assert folder is not None
    assert folder.parent == tmp_path / "kept"
    assert folder_of([], [file / "below"]) is None


def test_without_a_folder_it_compiles_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FOLDER", None)

    @compiled()
    def half(value: float) -> float:
        return value / 2.0

    assert half(3.0) == 1.5


def test_division_by_zero_is_that_of_ieee_754() -> None:
    @compiled("float64(float64, float64)")
    def over(one: float, other: float) -> float:
        return one / other

    assert over(1.0, 0.0) == inf
    assert repr(over(0.0, 0.0)) in (repr(nan), repr(-nan))


def test_another_process_computes_the_same_bits_from_kept_code_and_from_new(tmp_path: Path) -> None:
    program = (
        "import numpy as np; from models import finish_within, power\n"
        "prices = 1.0 / np.linspace(1.5, 30.0, 14)[None]\n"
        "print(finish_within(power(prices), 4).tobytes().hex())"
    )

    def bits(code: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", code + program], capture_output=True, text=True, check=True,
            env={**os.environ, "NUMBA_CPU_NAME": "", "PYTHONPATH": str(module.HERE.parent)},
        ).stdout  # fmt: skip

    anew = "import pathlib; pathlib.Path.mkdir = lambda *_, **__: (_ for _ in ()).throw(OSError())\n"
    assert bits("") == bits(anew)
