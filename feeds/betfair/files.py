"""Recorded captures: .bz2, .gz, .zip or plain files, or folders of them, merged by publish time."""

import bz2
import gzip
import heapq
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
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

PUBLISH_TIME = re.compile(rb'"pt"\s*:\s*(\d{1,18})')
decode_list = Decoder(list[Raw]).decode
READ_ERRORS = (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError)
"""What unpacking raises; RuntimeError is zipfile's for archives under a password."""


class Line(NamedTuple):
    """One message as recorded. `error` says why the capture ends here, if it does so early."""

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


def merged(paths: list[Path]) -> Iterator[Line]:
    """Messages of all files in the order of their publish time; files are opened when their time comes."""
    if len(paths) == 1:
        yield from read(paths[0], ahead=True)
        return
    waiting = [(_first_time(path), n) for n, path in enumerate(paths)]
    heapq.heapify(waiting)
    running: list[tuple[int, int, Line, Iterator[Line]]] = []
    while waiting or running:
        while waiting and (not running or waiting[0][0] <= running[0][0]):
            _, n = heapq.heappop(waiting)
            lines = read(paths[n], ahead=True)
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


def _first_time(path: Path) -> int:
    first = next(read(path), None)
    return publish_time(first.data, 0) if first else 0


def read(path: Path, ahead: bool = False) -> Iterator[Line]:
    """Messages of one file.

    A file that ends early or turns to rubbish gives what could be read, then a Line with `error`.
    `ahead` unpacks the next chunk on another thread while this one is worked on.
    """
    name, number, rest = path.name, 0, b""
    whole = False
    chunks = _ahead(_chunks(path)) if ahead else _chunks(path)
    try:
        for chunk in chunks:
            if number == 0 and not rest:
                whole = chunk.lstrip()[:1] == b"[" or chunk.split(b"\n", 1)[0].strip() == b"{"
            lines = [rest + chunk] if whole else (rest + chunk).split(b"\n")
            rest = lines.pop()
            for data in lines:
                number += 1
                if data and not data.isspace():
                    yield Line(data, name, number)
    except READ_ERRORS as problem:
        yield Line(rest, name, number + 1, f"capture is cut off or corrupt: {problem}")
        return
    if rest.strip():
        yield from _tail(rest, name, number + 1)


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


def _chunks(path: Path) -> Iterator[bytes]:
    """The unpacked contents of a file, by the chunk; of an archive, each of its members."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    yield from _plain(member)
                yield b"\n"  # a member's last line may lack its end
        return
    with path.open("rb") as packed:
        if path.suffix == ".bz2":
            yield from _bz2(packed)
        elif path.suffix == ".gz":
            yield from _plain(gzip.GzipFile(fileobj=packed))
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
