"""The journal of backtests: how many strategies were tried on the same races."""

from collections.abc import Iterable
from pathlib import Path

import orjson

from schemas.errors import HprError


def tried_on(journal: Path, races: str, strategies: Iterable[str]) -> int:
    """Note the strategies tried on `races`, the name of the data, and say how many different ones were.

    Raises HprError for a journal that cannot be read.
    """
    seen = {(entry["races"], entry["strategy"]) for entry in _entries(journal)}
    new = [(races, name) for name in dict.fromkeys(strategies) if (races, name) not in seen]
    if new:
        journal.parent.mkdir(parents=True, exist_ok=True)
        with journal.open("ab") as file:
            file.writelines(orjson.dumps({"races": on, "strategy": name}) + b"\n" for on, name in new)
    return sum(on == races for on, _ in seen) + len(new)


def _entries(journal: Path) -> list[dict[str, str]]:
    if not journal.exists():
        return []
    try:
        entries = [orjson.loads(line) for line in journal.read_bytes().splitlines() if line]
        if all(entry.keys() >= {"races", "strategy"} for entry in entries):
            return entries
    except (orjson.JSONDecodeError, AttributeError) as error:
        raise HprError(f"{journal} is no journal of backtests: {error}; move it away") from error
    raise HprError(f"{journal} is no journal of backtests; move it away")
