"""Tables of bulk history: CSV files, packed or plain, line by line, with where each line stands."""

import csv
import gzip
import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple, cast

from feeds.order import Named
from schemas.dead_letters import dead_letter
from schemas.records import Event

READ_ERRORS = (OSError, EOFError, ValueError, lzma.LZMAError, csv.Error)
"""What unpacking and reading raises."""


class Row(NamedTuple):
    """A line of a table by column, or the bytes of something else; `error` says why it is none."""

    origin: str
    cells: dict[str, str]
    data: bytes = b""
    error: str | None = None


def rows(path: Path) -> Iterator[Row]:
    """Lines of a table; what cannot be read is a Row with `error`, and a file cut short ends with one."""
    try:
        with opened(path) as file:
            lines = csv.reader(file)
            header = next(lines, [])
            for number, cells in enumerate(lines, 2):
                origin = f"{path.name}:{number}"
                if len(cells) == len(header):
                    yield Row(origin, dict(zip(header, cells, strict=True)))
                elif cells:
                    error = f"{len(cells)} cells where the header has {len(header)}"
                    yield Row(origin, {}, ",".join(cells).encode(), error)
    except READ_ERRORS as error:
        yield Row(path.name, {}, error=f"the file is cut off or corrupt: {error}")


def opened(path: Path) -> IO[str]:
    """A table as text, packed (.xz, .gz) or plain, with or without a byte order mark."""
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8-sig", newline="")
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def letter(source: str, row: Row, reason: str) -> Named:
    """A dead letter of a line or file, with where it stands."""
    payload = row.data or json.dumps(row.cells, ensure_ascii=False).encode()
    return "DeadLetter", cast(Event, dead_letter(source, payload, row.origin, reason, identity=row.origin))
