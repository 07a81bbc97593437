"""A real capture told as of today: its off ahead of the clock, its scratches evenly apart, as some races."""

import itertools
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from feeds.betfair.files import read

ODDS_KEPT = 20
"""One in so many messages without a definition is kept: scratches are what matters here."""

BETWEEN_RACES = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Play:
    """Captures to be fed at their own speed, what they tell of, and how long they take in seconds."""

    files: list[Path]
    scratches: int
    seconds: float


def shifted(capture: Path, folder: Path, copies: int, apart: float, off: datetime) -> Play:
    """The capture up to its off, as `copies` races of one card, a scratch every `apart` seconds from now on.

    What is rewritten: publish times, times of the race, the market's id and the number in its name.
    """
    chosen = list(_until_off(capture))
    turns, out = [], set[int]()
    for number, message in enumerate(chosen):
        gone = {r["id"] for r in _runners(message) if r["status"].startswith("REMOVED")}
        turns += [number] * len(gone - out)
        out |= gone
    moments, begin = _moments(len(chosen), turns, apart * copies), datetime.now(UTC).timestamp()
    files = []
    for copy in range(copies):
        file = folder / f"{capture.stem}-{copy}"
        lines = [
            _moved(message, copy, begin + copy * apart + moment, off + copy * BETWEEN_RACES)
            for message, moment in zip(chosen, moments, strict=True)
        ]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        files.append(file)
    return Play(files, len(turns) * copies, moments[-1] + copies * apart)


def _until_off(capture: Path) -> Any:
    for line in read(capture):
        message = json.loads(line.data)
        [market] = message["mc"]
        definition = market.get("marketDefinition")
        if definition and (definition["inPlay"] or definition["bspReconciled"]):
            return
        if definition or line.number % ODDS_KEPT == 0:
            yield message


def _runners(message: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = message["mc"][0].get("marketDefinition", {}).get("runners", [])
    return found


def _moments(count: int, turns: list[int], apart: float) -> list[float]:
    """Seconds of each message: from one turn to the next it takes equally long."""
    edges, found = [0, *turns, count], [0.0] * count
    for number, (first, end) in enumerate(itertools.pairwise(edges)):
        for at in range(first, end):
            found[at] = (number + (at - first) / (end - first)) * apart
    return found


def _moved(message: dict[str, Any], copy: int, seconds: float, off: datetime) -> str:
    [market] = message["mc"]
    changed = {**market, "id": f"{market['id']}{copy}"}
    if definition := market.get("marketDefinition"):
        at = off.strftime("%Y-%m-%dT%H:%M:00.000Z")
        name = f"R{copy + 1} {definition['name'].partition(' ')[2]}"
        times = dict.fromkeys(("marketTime", "suspendTime", "openDate"), at)
        changed["marketDefinition"] = {**definition, **times, "name": name}
    return json.dumps({**message, "pt": int(seconds * 1000), "mc": [changed]})
