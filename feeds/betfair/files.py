"""Recorded captures: .bz2, .gz or plain, alone, in .zip archives or in folders, merged by publish time."""

import bz2
import gzip
import heapq
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

from schemas.errors import FeedError

if TYPE_CHECKING:
    from _typeshed import SupportsRead

CHUNK_BYTES = 1 << 16
PACKED_BYTES = 1 << 14
"""Read at a time of a packed file: little, so that the first lines are there soon."""

LONGEST_LINE = 16 << 20
"""Bytes without a line end after which a line is no message; a JSON list may be of any length."""

PUBLISH_TIME = re.compile(rb'"pt"\s*:\s*(\d{1,18})')
decode_list = Decoder(list[Raw]).decode
READ_ERRORS = (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError)
"""What unpacking raises; RuntimeError is zipfile's for archives under a password."""

Capture = Path | zipfile.Path
"""A file, or a member of a .zip archive."""


class Line(NamedTuple):
    """One message as recorded. `error` says why it is none: the capture is cut off here, or the line is."""

    data: bytes
    file: str
    number: int
    error: str | None = None

    @property
    def origin(self) -> str:
        """Where the message stands."""
        return f"{self.file}:{self.number}"


def find_captures(paths: list[Path]) -> list[Path]:
    """The files meant by `paths`, folders taken with all they hold, sorted by name.

    Raises FeedError for a path that does not exist and for folders without files.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise FeedError(f"{path}: no such file or folder")
        found += sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    if not found:
        raise FeedError(f"{', '.join(map(str, paths))}: no captures there")
    return list(dict.fromkeys(found))


def captures_of(paths: Iterable[Path]) -> list[Capture]:
    """The captures in files: the members of archives, and the other files as they are."""
    return [capture for path in paths for capture in (_members(path) if path.suffix == ".zip" else [path])]


def _members(path: Path) -> list[Capture]:
    try:
        archive = zipfile.Path(path).root
    except READ_ERRORS:
        return [path]  # reading it says what is wrong with it
    names = dict.fromkeys(name for name in archive.namelist() if not name.endswith("/"))
    return [zipfile.Path(archive, name) for name in names]


def merged(paths: list[Path], ahead: bool = True) -> Iterator[Line]:
    """Messages of all captures in the order of their publish time; each is opened when its time comes.

    `ahead` is that of `read`, which takes a thread for each capture that is open.
    """
    captures = captures_of(paths)
    if len(captures) == 1:
        yield from read(captures[0], ahead)
        return
    waiting = [(_first_time(capture), n) for n, capture in enumerate(captures)]
    heapq.heapify(waiting)
    running: list[tuple[int, int, Line, Iterator[Line]]] = []
    while waiting or running:
        while waiting and (not running or waiting[0][0] <= running[0][0]):
            _, n = heapq.heappop(waiting)
            lines = read(captures[n], ahead)
            if (first := next(lines, None)) is not None:
                heapq.heappush(running, (publish_time(first.data, 0), n, first, lines))
        if not running:
            continue
        time, n, line, lines = running[0]
        yield line
        following = next(lines, None)
        if following is None:
            heapq.heappop(running)
        else:
            heapq.heapreplace(running, (publish_time(following.data, time), n, following, lines))


def _first_time(capture: Capture) -> int:
    first = next(read(capture), None)
    return publish_time(first.data, 0) if first else 0


def read(capture: Capture, ahead: bool = False) -> Iterator[Line]:
    """Messages of one capture.

    One that ends early or turns to rubbish gives what could be read, then a Line with `error`. A line
    beyond LONGEST_LINE is one with `error` too, cut off there, and what follows it is read on.
    `ahead` unpacks the next chunk on another thread while this one is worked on.
    """
    name, number, whole = _name(capture), 0, False
    rest: list[bytes] = []  # of a line whose end has not come yet: joined once, not at every chunk
    held = 0
    chunks = _ahead(_chunks(capture)) if ahead else _chunks(capture)
    try:
        for chunk in chunks:
            if number == held == 0:
                whole = chunk.lstrip()[:1] == b"[" or chunk.split(b"\n", 1)[0].strip() == b"{"
            if whole or b"\n" not in chunk:
                if whole or held <= LONGEST_LINE:
                    rest.append(chunk)
                    held += len(chunk)
                continue
            lines = b"".join((*rest, chunk)).split(b"\n")
            rest = [lines.pop()]
            held = len(rest[0])
            for data in lines:
                number += 1
                if len(data) > LONGEST_LINE:
                    yield _overlong(data, name, number)
                elif data and not data.isspace():
                    yield Line(data, name, number)
    except READ_ERRORS as problem:
        yield Line(b"".join(rest), name, number + 1, f"capture is cut off or corrupt: {problem}")
        return
    last = b"".join(rest)
    if len(last) > LONGEST_LINE and not whole:
        yield _overlong(last, name, number + 1)
    elif last.strip():
        yield from _tail(last, name, number + 1)


def _name(capture: Capture) -> str:
    return (
        capture.name if isinstance(capture, Path) else f"{Path(str(capture.root.filename)).name}/{capture.at}"
    )


def _overlong(data: bytes, name: str, number: int) -> Line:
    return Line(data[:LONGEST_LINE], name, number, f"cut off: no line end within {LONGEST_LINE} bytes")


def _tail(rest: bytes, name: str, number: int) -> Iterator[Line]:
    """What has no line end: the last line, or a whole document such as a JSON list of messages."""
    try:
        messages = [bytes(message) for message in decode_list(rest)]
    except (DecodeError, RecursionError):
        messages = [rest]
    for position, data in enumerate(messages):
        yield Line(data, name, number + position)


def publish_time(data: bytes, otherwise: int) -> int:
    """The message's publish time in milliseconds by its text, which is enough to merge files by."""
    match = PUBLISH_TIME.search(data)
    return int(match[1]) if match else otherwise


def _chunks(capture: Capture) -> Iterator[bytes]:
    """The unpacked contents of a capture, by the chunk."""
    with capture.open("rb") as packed:
        if capture.suffix == ".bz2":
            yield from _bz2(packed)
        elif capture.suffix == ".gz":
            yield from _plain(gzip.GzipFile(fileobj=packed))
        elif capture.suffix == ".zip":
            raise zipfile.BadZipFile("not an archive, or one within another")
        else:
            yield from _plain(packed)


def _plain(stream: "SupportsRead[bytes]", size: int = CHUNK_BYTES) -> Iterator[bytes]:
    while chunk := stream.read(size):
        yield chunk


def _bz2(packed: "SupportsRead[bytes]") -> Iterator[bytes]:
    """Whole blocks at a time: BZ2File asks for the interpreter's lock every few kilobytes."""
    unpacker, open_stream = bz2.BZ2Decompressor(), False
    for data in _plain(packed, PACKED_BYTES):
        left = data
        while left:
            open_stream = True
            if chunk := unpacker.decompress(left):
                yield chunk
            left = b""
            if unpacker.eof:
                left, unpacker, open_stream = unpacker.unused_data, bz2.BZ2Decompressor(), False
    if open_stream:
        raise EOFError("the file ends within a bzip2 stream")


def _ahead(chunks: Iterator[bytes]) -> Iterator[bytes]:
    with ThreadPoolExecutor(1, "unpack") as pool:
        coming = pool.submit(next, chunks, None)
        while (chunk := coming.result()) is not None:
            coming = pool.submit(next, chunks, None)
            yield chunk
