"""Invented lines of results as the source writes them."""

import csv
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from feeds.uk_ire.race import COLUMNS

Line = dict[str, str]


def _line(horse: str = "1", place: str = "1", **changes: str) -> Line:
    told = {
        "RaceName": "Test Handicap", "CourseName": "Warwick", "Off": "11/05/2021 15:05:00",
        "RaceType": "SteepleChase",
        "Class": "Class 4", "Pattern": "", "RatingBand": "0-120", "AgeBand": "4yo+", "SexRestriction": "",
        "DistanceInYards": "5610", "Going": "Good To Soft", "Surface": "Turf", "HorseId": horse,
        "HorseName": f"Horse {horse}", "JockeyName": "A Rider", "TrainerName": "A Trainer", "Age": "6",
        "HeadGear": "tp",
        "RaceCardNumber": horse, "StallNumber": "", "WeightInPounds": "163", "DecimalOdds": "8",
        "OfficialRating": "100", "TopSpeedRating": "36", "ResultStatus": "CompletedRace",
        "FinishingPosition": place,
        "OverallBeatenDistance": "0" if place == "1" else "2.5", "RaceTimeInSeconds": "406.3",
    }  # fmt: skip
    return told | changes


@pytest.fixture(scope="session")
def line() -> Callable[..., Line]:
    """A line of results: horse, place, and what is changed."""
    return _line


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Iterable[Line]], Path]:
    """Writes lines to a file of results and gives its folder."""

    def written(lines: Iterable[Line]) -> Path:
        with (tmp_path / "results_2021.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, sorted(COLUMNS))
            writer.writeheader()
            writer.writerows(lines)
        return tmp_path

    return written
