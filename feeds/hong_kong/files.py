"""The files of Hong Kong's history: meetings in archives or folders, details in packed tables, day by day."""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from feeds import tables
from feeds.tables import Row
from schemas.errors import FeedError

TABLES = ("results", "commentary", "dividends", "sectional_times", "horse_profiles")
MEETINGS, DETAILS = "hkjc_meetings", "hkjc_details"
READ_ERRORS = (*tables.READ_ERRORS, tarfile.TarError)
"""What unpacking raises."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the files are. A table that is missing is not in `tables`."""

    meetings: list[Path]
    tables: dict[str, Path]


def locate(folder: Path) -> Sources:
    """The files under a folder, or under its folders hkjc_meetings and hkjc_details.

    Raises FeedError where there are no meetings.
    """
    if not folder.is_dir():
        raise FeedError(f"{folder}: no such folder")
    meetings = folder / MEETINGS if (folder / MEETINGS).is_dir() else folder
    details = folder / DETAILS if (folder / DETAILS).is_dir() else folder
    archives = sorted(p for p in meetings.iterdir() if ".tar" in p.suffixes or p.suffix == ".json")
    if not archives:
        raise FeedError(f"{meetings}: no meetings there: a .tar.xz of them, or .json files, one a meeting")
    return Sources(archives, {name: path for name in TABLES if (path := _table(details, name))})


def _table(folder: Path, name: str) -> Path | None:
    return next((p for p in sorted(folder.glob(f"{name}*")) if ".csv" in p.suffixes), None)


def meeting_files(paths: list[Path]) -> Iterator[Row]:
    """The meetings' bytes in the files' order; a corrupt file gives what could be read, then an error."""
    for path in paths:
        try:
            if path.suffix == ".json":
                yield Row(path.name, {}, path.read_bytes())
                continue
            with tarfile.open(path, "r|*") as archive:
                for member in archive:
                    content = archive.extractfile(member)
                    if content is not None and member.name.endswith(".json"):
                        yield Row(f"{path.name}/{member.name}", {}, content.read())
        except READ_ERRORS as error:
            yield Row(path.name, {}, error=f"the file is cut off or corrupt: {error}")


def by_day(table: Iterator[Row]) -> Iterator[tuple[str, list[Row]]]:
    """A table's lines by their date, in the order of the file; lines without one come with the day before."""
    day = ""

    def day_of(row: Row) -> str:
        nonlocal day
        day = row.cells.get("date", day)
        return day

    for found, group in groupby(table, day_of):
        yield found, list(group)
