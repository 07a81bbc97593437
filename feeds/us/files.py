"""Files of North American records, told by what is in them: past performances, charts, rows of charts."""

import csv
import gzip
import lzma
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import IO

from feeds.tables import Row
from feeds.us.chart_files import Told
from feeds.us.chart_rows import COLUMNS
from schemas.errors import FeedError

FIELDS = 1435
"""Cells of a line of past performances, which is a runner."""

FEWEST_FIELDS = 1000
"""A first line of so many cells is meant to be one of past performances."""

FOLDERS = ("us_past_performances", "us_charts")
CHART_PARTS = ("1", "2", "3", "4", "5", "6")
CHUNK_BYTES = 1 << 16
READ_ERRORS = (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError)
"""What unpacking raises; RuntimeError is zipfile's for archives under a password."""

Source = Path | zipfile.Path
"""A file, or a member of a .zip archive."""


@dataclass(slots=True)
class Found:
    """Files by what they are: of chart files the parts of each card, by place and name."""

    past: list[Source] = field(default_factory=list)
    rows: list[Source] = field(default_factory=list)
    charts: dict[str, dict[str, Source]] = field(default_factory=dict)
    broken: list[tuple[str, str]] = field(default_factory=list)
    """Archives that cannot be opened, and why."""


def find(paths: Iterable[Path], counts: Counter[str]) -> Found:
    """The files that are meant; folders are taken with what they and their us_* folders hold.

    Raises FeedError for a path that does not exist, a file named that is none of these, and where there is
    nothing at all.
    """
    found = Found()
    told = list(paths)
    for path in told:
        if not path.exists():
            raise FeedError(f"{path}: no such file or folder")
        for source in _sources(path, found):
            if not _take(source, found):
                if path.is_file() and path.suffix != ".zip":
                    raise FeedError(
                        f"{path}: neither past performances, a chart file .1 to .6, nor rows of charts"
                    )
                counts["other files, left alone"] += 1
    if not (found.past or found.rows or found.charts or found.broken):
        raise FeedError(
            f"{', '.join(map(str, told))}: no records there: .DRF or .csv with {FIELDS} cells "
            "a line, chart files .1 to .6, or rows of charts"
        )
    return found


def _sources(path: Path, found: Found) -> Iterator[Source]:
    if path.is_dir():
        for folder in [path / name for name in FOLDERS if (path / name).is_dir()] or [path]:
            for file in sorted(folder.iterdir()):
                if file.is_file():
                    yield from _sources(file, found)
    elif path.suffix.lower() == ".zip":
        try:
            archive = zipfile.ZipFile(path)
            yield from (zipfile.Path(archive, name) for name in sorted(archive.namelist()) if name[-1] != "/")
        except READ_ERRORS as error:
            found.broken.append((path.name, f"the archive cannot be opened: {error}"))
    else:
        yield path


def _take(source: Source, found: Found) -> bool:
    """Put a file where it belongs; False for one that is none of these."""
    plain = source.name.removesuffix(".xz").removesuffix(".gz")
    stem, _, suffix = plain.rpartition(".")
    if suffix in CHART_PARTS:
        found.charts.setdefault(f"{source.parent}/{stem}", {})[suffix] = source
        return True
    if suffix.lower() not in ("csv", "drf", "mcp", "txt"):
        return False
    first = next(csv.reader(StringIO(text_of(source, CHUNK_BYTES)[0])), [])
    if len(first) >= FEWEST_FIELDS:
        found.past.append(source)
    elif set(first) >= COLUMNS:
        found.rows.append(source)
    else:
        return False
    return True


def text_of(source: Source, most: int = -1) -> tuple[str, str | None]:
    """A file's text, unpacked, up to `most` bytes; of one cut short what could be read, and why no more."""
    parts, error = [], None
    left = most
    try:
        with source.open("rb") as raw, _unpacked(raw, source.suffix) as file:
            while left and (part := file.read(CHUNK_BYTES if left < 0 else min(left, CHUNK_BYTES))):
                parts.append(part)
                left = left if left < 0 else left - len(part)
    except READ_ERRORS as failure:
        error = f"the file is cut off or corrupt: {failure}"
    data = b"".join(parts)
    try:
        return data.decode("utf-8-sig"), error
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace"), error


def _unpacked(raw: IO[bytes], suffix: str) -> IO[bytes] | gzip.GzipFile:
    if suffix == ".xz":
        return lzma.open(raw)
    return gzip.open(raw) if suffix == ".gz" else raw


def lines_of(source: Source) -> Iterator[Told]:
    """Lines of a file, with where each stands; the last may say why no more could be read."""
    text, error = text_of(source)
    reader = csv.reader(StringIO(text))
    try:
        for cells in reader:
            if cells:
                yield Told(f"{source.name}:{reader.line_num}", cells)
    except csv.Error as failure:
        yield Told(f"{source.name}:{reader.line_num}", [], f"not a line of cells: {failure}")
    if error:
        yield Told(source.name, [], error)


def table_of(source: Source) -> Iterator[Row]:
    """Lines of a table with a header."""
    header: list[str] = []
    for told in lines_of(source):
        if told.error:
            yield Row(told.origin, {}, error=told.error)
        elif not header:
            header = list(told.cells)
        elif len(told.cells) != len(header):
            reason = f"{len(told.cells)} cells where the header has {len(header)}"
            yield Row(told.origin, {}, ",".join(told.cells).encode(), reason)
        else:
            yield Row(told.origin, dict(zip(header, told.cells, strict=True)))
