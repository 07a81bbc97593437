"""The public's rows of `hpr evaluate hong-kong`, from the raw files alone, by docs/models/ and nothing else.

Run: python -m benchmarks.public_table FOLDER 2022 2024
"""

import csv
import json
import lzma
import math
import sys
import tarfile
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

VENUES = {"沙田": "ST", "跑馬地": "HV"}
BURN_IN = timedelta(days=600)
Key = tuple[str, str, int]
Field = list[tuple[bool, float]]  # winner, odds


def meetings(folder: Path) -> dict[Key, Field]:
    """Winner and odds of each runner of each race of the meetings."""
    races: dict[Key, Field] = {}
    for path in sorted((folder / "hkjc_meetings").glob("*.tar.xz")):
        with tarfile.open(path) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.name.endswith(".json") else None
                for race in json.load(file) if file else []:
                    key = (race["date"], race["racecourse"], race["raceNo"])
                    races[key] = [(r["placing"] == 1, float(r["winOdds"] or 0)) for r in race["runners"]]
    return races


def details(folder: Path) -> dict[Key, Field]:
    """The same of the details, where a race is read once for each horse number."""
    rows: dict[Key, dict[str, dict[str, str]]] = defaultdict(dict)
    for path in sorted((folder / "hkjc_details").glob("results_*.csv.xz")):
        with lzma.open(path, "rt", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                if row["venue"] in VENUES and not row["place"].startswith(("WV", "WX")):
                    rows[row["date"], VENUES[row["venue"]], int(row["race_no"])][row["horse_no"]] = row
    return {key: [_runner(row) for row in held.values()] for key, held in rows.items()}


def _runner(row: dict[str, str]) -> tuple[bool, float]:
    odds = row["win_odds"].replace(".", "", 1)
    return row["place"].split()[:1] == ["1"], float(row["win_odds"]) if odds.isdecimal() else 0.0


def counted(field: Field) -> bool:
    """The sample rule: one winner, four runners, everyone priced, a book from 1.10 to 1.36."""
    if len(field) < 4 or sum(won for won, _ in field) != 1 or any(odds <= 1.0 for _, odds in field):
        return False
    return 1.10 < sum(1.0 / odds for _, odds in field) < 1.36


def losses(fields: list[Field], power: float) -> list[float]:
    """Log-loss of each winner by softmax(power log q)."""
    found: list[float] = []
    for field in fields:
        total = sum(odds**-power for _, odds in field)
        found.extend(-math.log(odds**-power / total) for won, odds in field if won)
    return found


def fitted(fields: list[Field]) -> float:
    """The power with the least loss, by golden section."""
    low, high, ratio = 0.8, 1.4, (math.sqrt(5.0) - 1.0) / 2.0
    while high - low > 1e-7:
        one, other = high - ratio * (high - low), low + ratio * (high - low)
        if sum(losses(fields, one)) < sum(losses(fields, other)):
            high = other
        else:
            low = one
    return 0.5 * (low + high)


def rows(folder: Path, first: int, last: int) -> list[dict[str, Any]]:
    """R2 and log-loss of the seasons that begin in September of these years."""
    races = {**details(folder), **meetings(folder)}
    begin = date.fromisoformat(min(races)[0]) + BURN_IN
    fields = {key: field for key, field in races.items() if counted(field)}
    found: list[dict[str, Any]] = []
    for year in range(first, last + 1):
        start, end = f"{year}-09-01", f"{year + 1}-09-01"
        power = fitted([f for key, f in fields.items() if begin.isoformat() <= key[0] < start])
        season = [f for key, f in fields.items() if start <= key[0] < end]
        loss, even = losses(season, power), [math.log(len(field)) for field in season]
        r2 = 1.0 - sum(loss) / sum(even)
        name = f"{year}-09..{year + 1}-08"
        found.append(
            {"sample": name, "races": len(loss), "r2": round(r2, 5), "log_loss": sum(loss) / len(loss)}
        )
    return found


if __name__ == "__main__":
    for each in rows(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])):
        print(each)
