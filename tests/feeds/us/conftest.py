"""Invented records in the formats of North America."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from feeds.us.files import FIELDS

Cells = dict[int, str]


def _line(name: str = "Fleet Example", **changes: str) -> list[str]:
    """A line of past performances: one race back, one work. Changes are `f44="3.50"`, by field."""
    told: Cells = {
        1: "SAR", 2: "20250607", 3: " 1", 4: " 1", 6: "1430", 7: "D", 9: "AO", 10: "BUM", 11: "OClm 50000n1x",
        12: "110000", 14: "50000", 28: "A TRAINER", 33: "A RIDER", 39: "AN OWNER; ANOTHER", 43: "1",
        44: "  3.50", 45: name, 46: "21", 49: "F", 50: "B", 51: "123", 52: "A SIRE", 54: "A DAM",
        55: "A GRANDSIRE", 57: "KY", 62: "4", 64: "0", 102: "20250602", 114: "-49.80", 126: "SAR", 138: "880",
        150: "ft", 162: "Bg ", 174: "TT", 186: "57", 198: "1", 256: "20241107", 276: "AQU", 286: "AQU",
        296: "7", 306: "SY", 316: "-1870", 326: "D", 346: "8", 356: "1", 366: "b", 386: "1",
        396: "Inside;2p3/16;no rally", 506: "118", 516: "12.10", 536: "fAlw92000n1x", 556: "92000", 566: "5",
        576: "4", 586: "3", 596: "7", 606: "2", 616: "2", 626: "2", 646: "3.00", 666: "4.00", 686: "4.25",
        726: "1.00", 746: "0.75", 766: "77", 776: "75", 786: "78", 816: "80", 846: "81", 876: "23.37",
        896: "48.71", 916: "72.91", 1036: "101.88", 1056: "A TRAINER", 1066: "*A RIDER", 1136: "1",
        1383: "11-07-24 Settled inside;no rally", 1393: "s", 1418: "0745",
    }  # fmt: skip
    told |= {int(field[1:]): value for field, value in changes.items()}
    return [told.get(field, "") for field in range(1, FIELDS + 1)]


@pytest.fixture(scope="session")
def line() -> Callable[..., list[str]]:
    """Cells of a line of past performances: the horse's name and what is changed, by field."""
    return _line


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes lines of cells to a file and gives its folder."""

    def written(name: str, lines: list[list[str]]) -> Path:
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(lines)
        return tmp_path

    return written


def _cells(width: int, told: Mapping[int, str]) -> list[str]:
    return [told.get(field, "") for field in range(1, width + 1)]


def _race(**changes: str) -> list[str]:
    told: Cells = {
        1: "BEL", 2: "20180929", 3: "1", 4: "D", 5: "1430.00", 6: "Y", 8: "D", 13: "A", 16: "BUN",
        19: "ALW66000", 22: "66000", 38: "FT", 39: "22.35", 40: "44.57", 44: "74.76", 45: "440", 46: "880",
        50: "00104", 51: "0", 52: "440", 53: "880", 54: "0", 63: "Clear", 64: "73",
    }  # fmt: skip
    return _cells(99, told | {int(f[1:]): value for f, value in changes.items()})


def _starter(name: str, number: str, place: str, **changes: str) -> list[str]:
    told: Cells = {
        1: "BEL", 2: "20180929", 3: "1", 4: "D", 5: name, 7: "KY", 8: "3", 9: number, 10: "2015",
        13: "A RIDER", 18: "A TRAINER", 22: "3w upper, tired", 24: "Owner", 25: "An", 28: "L", 29: "BF",
        31: "2.50", 38: "119", 55: "4", 56: "2", 57: "1", 58: "0", 59: "1", 60: place, 61: place, 68: "",
        69: "1.50", 70: "0.00", 71: "0.00", 72: "0.00", 73: "0.00" if place == "1" else "1.25",
    }  # fmt: skip
    return _cells(99, told | {int(f[1:]): value for f, value in changes.items()})


@pytest.fixture(scope="session")
def race() -> Callable[..., list[str]]:
    """Cells of a line of .1, and what is changed, by field."""
    return _race


@pytest.fixture(scope="session")
def starter() -> Callable[..., list[str]]:
    """Cells of a line of .2: name, program number, place, and what is changed, by field."""
    return _starter


@pytest.fixture(scope="session")
def row() -> Callable[..., dict[str, str]]:
    """Cells of a row of a chart: name, program number, place, and what is changed."""

    def made(name: str, number: str, place: str, **changes: str) -> dict[str, str]:
        told = {
            "Date": "01/02/2017", "Race_Num": "1", "Track_Type": "Inner", "Weather": "Clear", "Dist": "1310",
            "Condition": "Fast", "Final_Time": "1:14.18", "Pgm": number, "H_Name": name,
            "J_Name": "Ortiz/Jr./Irad", "Wgt": "121", "M/E": "Lbf", "PP": "5", "Fin": place,
            "Dist_Ahead": "Neck", "Odds": "14.20", "Comments": "greenly_4w+_up_late",
        }  # fmt: skip
        return told | changes

    return made
