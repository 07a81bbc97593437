import gc
from pathlib import Path

import pytest

from benchmarks.replay import captures, collector_as_in_replay, in_turns, rows
from schemas.errors import HprError


def test_captures_are_looked_for_where_hpr_data_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPR_DATA", str(tmp_path))
    file = tmp_path / "betfair_streams" / "win" / "1.1.bz2"
    file.parent.mkdir(parents=True)
    file.touch()
    assert captures(("1.1",)) == [file]


def test_a_capture_that_is_absent_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPR_DATA", str(tmp_path))
    with pytest.raises(HprError, match=r"1\.1\.bz2: no such capture; set HPR_DATA"):
        captures(("1.1",))


def test_runs_go_in_turns_and_the_first_round_does_not_count() -> None:
    order: list[str] = []

    def run(name: str) -> float:
        order.append(name)
        return float(len(order))

    assert in_turns({"ours": lambda: run("ours"), "theirs": lambda: run("theirs")}, 2) == {
        "ours": [3.0, 5.0],
        "theirs": [4.0, 6.0],
    }
    assert order == ["ours", "theirs"] * 3


def test_every_row_compares_ours_with_a_peer() -> None:
    rates = {
        "one scored": [4.0],
        "one folded": [10.0],
        "five scored": [3.0],
        "five in two": [6.0],
        "flumine, one": [2.0],
        "flumine, five": [1.0],
        "betfairlightweight, one": [5.0],
        "betfairlightweight, five": [1.5],
    }
    assert [(r.what, r.peer, r.ratio) for r in rows(rates)] == [
        ("one market, scored and written", "flumine", 2.0),
        ("one market, decode and fold", "flumine", 5.0),
        ("five markets, scored and written", "flumine", 3.0),
        ("five markets, in two processes", "flumine", 6.0),
        ("one market, scored and written", "betfairlightweight", 0.8),
        ("one market, decode and fold", "betfairlightweight", 2.0),
        ("five markets, scored and written", "betfairlightweight", 2.0),
        ("five markets, in two processes", "betfairlightweight", 4.0),
    ]


def test_the_collector_is_back_afterwards() -> None:
    with collector_as_in_replay():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
