import csv
import json
import lzma
import re
import tarfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hpr.backtest_command import decisions_of
from hpr.backtest_strategies import pool_of
from schemas.errors import SettingsError

Inside = Callable[..., Any]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "backtesting.md"
BLOCK = re.compile(r"```(\w+)(?: (\S+))?\n(.*?)```", re.DOTALL)


RANDOM = "backtest random --history simulator --races 5 --at 1m --out"


def blocks(kind: str, mark: str = "") -> list[str]:
    """The page's blocks of a kind and mark."""
    return [
        text for found, marked, text in BLOCK.findall(PAGE.read_text()) if (found, marked) == (kind, mark)
    ]


def write_files(folder: Path) -> None:
    """The page's files: blocks that are marked by a name."""
    for _, mark, text in BLOCK.findall(PAGE.read_text()):
        if "." in mark:
            (folder / mark).write_text(text)


def test_times_of_decisions_are_close_change_or_before_the_off() -> None:
    assert decisions_of("close, change,10m,-10s") == ("close", "change", 600.0, 10.0)
    with pytest.raises(SettingsError, match="--at 10x: write close, change, or a time such as 10m or 10s"):
        decisions_of("10x")


def test_a_pool_may_be_named_in_any_letters_and_another_is_refused_with_those_there_are() -> None:
    assert (pool_of("exacta"), pool_of("Quinella Place")) == ("EXACTA", "QUINELLA PLACE")
    for name in ("tote", "double"):
        with pytest.raises(
            SettingsError, match=f"--pool {name}: no pool of one race: WIN, PLACE, .*FIRST 4$"
        ):
            pool_of(name)


def test_the_walk_through_runs_as_it_stands(inside: Inside, tmp_path: Path) -> None:
    write_files(tmp_path)
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(commands) == 4
    for command in commands:
        done = inside(*command.split()[1:])
        assert (done.returncode, done.stderr) == (0, ""), command
        out = tmp_path / command.rpartition("--out ")[2]
        assert "<svg" in out.read_text()
        assert json.loads(out.with_suffix(".json").read_text())["strategies"]
    assert "settings were tried" in (tmp_path / "walk.html").read_text()


def test_the_same_run_gives_the_same_report(inside: Inside, tmp_path: Path) -> None:
    for name in ("one", "two"):
        inside(
            "backtest",
            "random",
            "--history",
            "simulator",
            "--races",
            "5",
            "--at",
            "1m",
            "--out",
            f"{name}.html",
        )
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["favourites", "--history", "simulator"], 2, "no such strategy"),
        (["favourite", "--history", "hong-kong"], 2, "--data: the folder of the hong-kong records"),
        (["favourite", "--data", "nowhere"], 1, "nowhere: no such folder"),
        (["favourite", "--history", "simulator", "--at", "never"], 2, "--at never"),
        (["favourite", "--history", "simulator", "--stake", "all"], 1, "--stake all: write flat:10"),
        (["bad.toml", "--history", "simulator"], 2, "bad.toml is no TOML"),
        (["peek.toml", "--history", "simulator"], 1, "knows no finish_position"),
        (["empty.py", "--history", "simulator"], 2, "has no class"),
    ],
)
def test_what_is_wrong_is_one_line(
    inside: Inside, tmp_path: Path, arguments: list[str], status: int, words: str
) -> None:
    (tmp_path / "bad.toml").write_text("when = ")
    (tmp_path / "peek.toml").write_text('when = "finish_position == 1"')
    (tmp_path / "empty.py").write_text("")
    done = inside("backtest", *arguments)
    assert done.returncode == status
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.data
def test_returns_are_those_of_the_raw_files(inside: Inside, shared_data: Path, tmp_path: Path) -> None:
    """The page's command on Hong Kong, against sums that share nothing with the project."""
    write_files(tmp_path)
    (tmp_path / "data").symlink_to(shared_data)
    (command,) = blocks("sh", "data")
    done = inside(*command.split()[1:])
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("These prices could not be seen when betting")
    strategies = {s["name"]: s for s in json.loads((tmp_path / "hong-kong.json").read_text())["strategies"]}
    races = raw_races(shared_data, "2024-09-01", "2025-07-31")
    assert strategies["favourite"]["bets"] == strategies["random"]["bets"] == len(races) > 800
    favourite = [min(odds, key=lambda number: (odds[number], number)) for odds, _, _ in races]
    drawn = [shuffled(odds, race_id) for odds, _, race_id in races]
    for name, picks in (("favourite", favourite), ("random", drawn)):
        back = sum(paid.get(pick, 0.0) for pick, (_, paid, _) in zip(picks, races, strict=True))
        assert strategies[name]["profit"] == pytest.approx(back - 10.0 * len(races)), name


def shuffled(odds: dict[int, float], race_id: str) -> int:
    """The draw of the strategy random."""
    numbers = sorted(odds)
    Random(f"1:{race_id}").shuffle(numbers)
    return numbers[0]


def raw_races(data: Path, first: str, last: str) -> list[tuple[dict[int, float], dict[int, float], str]]:
    """Final odds and win dividends by number, straight from the files."""
    odds: defaultdict[tuple[str, str, int], dict[int, float]] = defaultdict(dict)
    paid: dict[tuple[str, str, int], dict[int, float]] = {}
    with tarfile.open(next((data / "hkjc_meetings").glob("*.tar.xz"))) as archive:
        for member in archive:
            if first <= member.name[9:19] <= last:
                for race in json.load(archive.extractfile(member)):  # type: ignore[arg-type]
                    key = race["date"], race["racecourse"], race["raceNo"]
                    odds[key] = {r["horseNo"]: r["winOdds"] for r in race["runners"]}
                    paid[key] = {d["combination"][0]: d["dividendPer10"] for d in race["dividends"]["win"]}
    with lzma.open(next((data / "hkjc_details").glob("results*")), "rt", encoding="utf-8-sig") as table:
        for row in csv.DictReader(table):
            key = row["date"], {"沙田": "ST", "跑馬地": "HV"}[row["venue"]], int(row["race_no"])
            if key in paid and row["win_odds"] != "---":
                odds[key][int(row["horse_no"])] = float(row["win_odds"])
    return [(odds[k], paid[k], f"HK{k[1]}-{k[0].replace('-', '')}-{k[2]:02d}") for k in sorted(paid)]
