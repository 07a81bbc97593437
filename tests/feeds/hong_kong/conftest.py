"""A small invented world of Hong Kong racing, written to files as the Jockey Club's records are."""

import csv
import io
import json
import lzma
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Json = dict[str, Any]
RESULT_COLUMNS = """date venue race_no race_meeting_no race_name race_class distance_m rating_range going
course prize_hkd race_finish_time sectional_times_header place horse_no horse_name jockey trainer
actual_wt_lbs declared_wt_lbs draw lbw running_position finish_time win_odds"""
PROFILE_COLUMNS = "horse_no name 出生地 毛色___性別 進口類別 馬主 父系 母系 外祖父 出生地___馬齡 進口日期"
SECTIONS = [f"sec{n}_{what}" for n in range(1, 7) for what in ("margin", "running_pos", "time")]
RUNNER = "date venue race_no {} horse_no horse_name"
TABLES = {
    "results": RESULT_COLUMNS.split(),
    "commentary": [*RUNNER.format("place").split(), "jockey", "gear", "commentary"],
    "dividends": ["date", "venue", "race_no", "pool", "combination", "dividend_hkd"],
    "sectional_times": [*RUNNER.format("finish_pos").split(), "finish_time", *SECTIONS],
    "horse_profiles": PROFILE_COLUMNS.split(),
}


def _finisher(placing: int, number: int, brand: str, **changes: Any) -> Json:
    return {
        "placing": placing, "horseNo": number, "horseId": f"HK_2015_{brand}", "brandNo": brand,
        "horseName": f"HORSE {brand}", "jockey": f"Rider {number}", "trainer": f"Trainer {number}",
        "actualWeight": 120 + number, "declaredHorseWeight": 1000 + number, "draw": number,
        "lbw": (placing - 1) * 0.5, "runningPosition": [placing] * 4, "finishSeconds": 99.5 + placing / 10,
        "winOdds": 2.0 * placing, **changes,
    }  # fmt: skip


def _race(day: str = "2016-01-06", venue: str = "HV", number: int = 1, **changes: Any) -> Json:
    return {
        "raceId": f"{day}-{venue}-{number}",
        "date": day, "racecourse": venue, "raceNo": number, "raceIndex": 1,
        "raceClass": 4, "distance": 1650, "ratingBand": "60-40", "surface": "TURF",
        "course": 'TURF - "C+3" Course', "going": "GOOD",
        "runners": [_finisher(1, 3, "V101"), _finisher(2, 1, "V102"), _finisher(3, 2, "V103")],
        "dividends": {
            "win": [{"pool": "WIN", "combination": [3], "dividendPer10": 20.5}],
            "place": [{"pool": "PLACE", "combination": [3], "dividendPer10": 12}],
            "tierce": [{"pool": "TIERCE", "combination": [3, 1, 2], "dividendPer10": 250}],
        },
        "source": "invented", **changes,
    }  # fmt: skip


def _line(place: str, number: str, horse: str, **changes: str) -> dict[str, str]:
    return {
        "date": "2016-01-06", "venue": "跑馬地", "race_no": "1", "race_meeting_no": "1",
        "race_name": "測試讓賽",
        "race_class": "第四班", "distance_m": "1650", "rating_range": "60-40", "going": "好地",
        "course": '草地 - "C+3" 賽道', "prize_hkd": "780000",
        "race_finish_time": "(27.99) (53.84) (1:18.75) (1:39.60)", "sectional_times_header": "",
        "place": place, "horse_no": number, "horse_name": horse, "jockey": f"騎師{number}",
        "trainer": f"練馬師{number}", "actual_wt_lbs": "121", "declared_wt_lbs": "1001", "draw": number,
        "lbw": "-", "running_position": "1 1 1 1", "finish_time": "1:39.60", "win_odds": "2", **changes,
    }  # fmt: skip


@pytest.fixture(scope="session")
def finisher() -> Callable[..., Json]:
    """A finisher of a meeting's race: placing, number, brand, and what is changed."""
    return _finisher


@pytest.fixture(scope="session")
def meeting_race() -> Callable[..., Json]:
    """A race of a meeting: day, venue, number, and what is changed."""
    return _race


@pytest.fixture(scope="session")
def result_line() -> Callable[..., dict[str, str]]:
    """A line of results: place, number, horse, and what is changed."""
    return _line


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes meetings (races by file name) and tables (lines by name) and gives their folder."""

    def written(meetings: Mapping[str, list[Json]], **tables: list[dict[str, str]]) -> Path:
        with tarfile.open(tmp_path / "meetings.tar.xz", "w:xz") as archive:
            for name, races in meetings.items():
                data = json.dumps(races).encode()
                member = tarfile.TarInfo(f"meetings/{name}.json")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        for name, lines in tables.items():
            with lzma.open(tmp_path / f"{name}_2016.csv.xz", "wt", encoding="utf-8-sig", newline="") as file:
                writer = csv.DictWriter(file, TABLES[name], restval="", extrasaction="ignore")
                writer.writeheader()
                writer.writerows(lines)
        return tmp_path

    return written
