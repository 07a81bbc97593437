"""Records the stream as Betfair's historical files have it: DAY/MARKET, packed to .bz2 once it closed.

A line is on the file before its events go out; a crash costs at most the line it cut, which goes next time.
"""

import bz2
import fcntl
import os
import re
import time
from collections import OrderedDict
from io import FileIO
from pathlib import Path
from types import TracebackType

from feeds.betfair.live.changes import MARKET_ID
from schemas.errors import FeedError

OPEN_FILES = 200
UNREADABLE = "unreadable"
"""The file of lines that are no change of a market."""

GREETING = b'{"op":"connection"}'
"""First line of that file: one that began with a bracket would make the file look like one JSON document."""

UNSURE_SECONDS = 600
"""Events of lines no older than this may not have reached Kafka when a process was killed: a producer gives
up, loudly, after five minutes."""

STALE_SECONDS = 2 * 86_400
"""A market whose file was not written to for so long is over, whatever its last line says."""

CLOSED = b'"status":"CLOSED"'
CLOSING, PACKING = ".closing", ".packing"
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
RECORDING = re.compile(rf"({MARKET_ID})(\.bz2|{re.escape(CLOSING)})?")
PACKED = re.compile(rf"\.{MARKET_ID}\.bz2{re.escape(PACKING)}")
ODD = re.compile(r"[^A-Za-z0-9.-]|^\.")


class Recorder:
    """Appends lines below `folder`, of which no other process may be recording; FeedError if one is."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._lock = _locked(folder / ".lock")
        self._open: OrderedDict[Path, FileIO] = OrderedDict()
        self._paths: dict[str, Path] = {}
        for path in folder.iterdir():
            if PACKED.fullmatch(path.name):
                path.unlink()
        self.left_to_pack: list[Path] = []
        """Files of markets that were over when this began, for `pack`."""
        for path, market_id in _recordings(folder):
            if path.suffix == CLOSING:
                self.left_to_pack.append(path)
            self._paths[market_id] = path.with_name(market_id)
        for market_id, path in self._paths.items():
            if path.exists() and _finished(path) and (closing := self.close_market(market_id)) is not None:
                self.left_to_pack.append(closing)

    def unfinished(self) -> list[Path]:
        """The markets recorded so far that had not closed, or did so lately."""
        return sorted(path for path in self._paths.values() if path.exists())

    def write(self, market_id: str, day: str, line: bytes) -> None:
        """Append a line of a market. `day` names the folder of a market that was not met before."""
        path = self._paths.get(market_id)
        if path is None:
            path = self._paths[market_id] = self.folder / day / ODD.sub("_", market_id)
        self._append(path, line)

    def write_unreadable(self, day: str, line: bytes) -> None:
        """Append a line that is no change of a market, as it came."""
        path = self.folder / day / UNREADABLE
        if not path.exists():
            self._append(path, GREETING)
        self._append(path, line)

    def close_market(self, market_id: str) -> Path | None:
        """Take a market's file out of use; what this returns is for `pack`, on another thread if you like."""
        path = self._paths.get(market_id)
        if path is None or not path.exists():
            return None
        closing = path.with_name(path.name + CLOSING)
        if closing.exists():
            return None  # being packed; the next start packs the rest
        self._close(path)
        return path.rename(closing)

    def _append(self, path: Path, line: bytes) -> None:
        try:
            file = self._open.get(path) or self._opened(path)
            self._open.move_to_end(path)
            rest = memoryview(line + b"\n")
            while rest:
                rest = rest[file.write(rest) :]
        except OSError as error:
            raise FeedError(f"{path}: cannot be written: {error.strerror}; see to the disk") from error

    def _opened(self, path: Path) -> FileIO:
        path.parent.mkdir(exist_ok=True)
        if len(self._open) >= OPEN_FILES:
            self._open.popitem(last=False)[1].close()
        file = self._open[path] = FileIO(path, "ab")
        return file

    def _close(self, path: Path) -> None:
        file = self._open.pop(path, None)
        if file is not None:
            file.close()

    def close(self) -> None:
        """End the recording; all of it is on disk."""
        for file in self._open.values():
            os.fsync(file.fileno())
            file.close()
        self._open.clear()
        os.close(self._lock)

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def pack(closing: Path) -> Path:
    """Compress a file of `close_market` behind what is packed of its market already; the .bz2's path.

    The new file takes its place at once; killed before or after that, packing again gives the same.
    """
    packed = closing.with_name(closing.name.removesuffix(CLOSING) + ".bz2")
    before = packed.read_bytes() if packed.exists() else b""
    lines = closing.read_bytes()
    if not (before and bz2.decompress(before).endswith(lines)):
        # Not beside it: whoever feeds the day's folder meanwhile would take it for a capture.
        made = closing.parent.parent / f".{packed.name}{PACKING}"
        with made.open("wb") as file:
            file.write(before + bz2.compress(lines))
            file.flush()
            os.fsync(file.fileno())
        made.replace(packed)
    closing.unlink()
    return packed


def _recordings(folder: Path) -> list[tuple[Path, str]]:
    """The recordings of markets below `folder` with their ids; what else is there is somebody else's."""
    return [
        (path, named[1])
        for day in folder.iterdir()
        if DAY.fullmatch(day.name) and day.is_dir()
        for path in day.iterdir()
        if (named := RECORDING.fullmatch(path.name)) and path.is_file()
    ]


def _finished(path: Path) -> bool:
    """Whether the market's last line closed it a while ago, or nothing was heard of it for days.

    What a crash left without a line end is cut off: it was never translated either.
    """
    silent = time.time() - path.stat().st_mtime
    data = path.read_bytes()
    end = data.rfind(b"\n") + 1
    if end < len(data):
        os.truncate(path, end)
    return silent > STALE_SECONDS or (silent > UNSURE_SECONDS and closes(last_line(path)))


def last_line(path: Path) -> bytes:
    """The last line of a recording, without its end."""
    data = path.read_bytes().rstrip()
    return data[data.rfind(b"\n") + 1 :]


def closes(line: bytes) -> bool:
    """Whether the line closes its market."""
    return CLOSED in line


def _locked(path: Path) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise FeedError(f"{path.parent}: another feed records there; give --record another folder") from error
    return lock
