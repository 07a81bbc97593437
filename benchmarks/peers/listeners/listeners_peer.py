"""Thousands of WebSocket clients as a raw epoll reader: one line of JSON in, one out.

A frame says when it was published: its `revision` is the system's monotonic clock in microseconds.
"""

import json
import resource
import select
import socket
import struct
import sys
import time
from collections import Counter

HOST = "127.0.0.1"
HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
MARK = b'"revision":'
BEAT, BEAT_AFTER = b"{}\n", b"\n{}"
CHUNK = 1 << 18
AT_ONCE = 200
CLOSE = 0x88


def masked(payload: bytes) -> bytes:
    """A client's text frame, with a mask of zeros."""
    return struct.pack("!BB4x", 0x81, 0x80 | len(payload)) + payload


ANSWER = masked(b"{}")


def _received(one: socket.socket) -> bytes | None:
    """What has come; None if nothing has, no bytes if the connection has ended."""
    try:
        return one.recv(CHUNK)
    except BlockingIOError:
        return None
    except ConnectionError:
        return b""


class Listeners:
    """All connections of one run."""

    def __init__(self) -> None:
        self.poll = select.epoll()
        self.sockets: dict[int, socket.socket] = {}
        self.pending: dict[int, bytes] = {}
        self.late: list[int] = []
        self.heard: Counter[int] = Counter()
        self.lost: Counter[str] = Counter()
        """Connections that the server ended, by its code."""
        self.gone = 0
        """Connections that have ended, with a word or without."""

    def open(self, port: int, path: str, greetings: list[list[str]], connections: int) -> int:
        """Connect; client n says the greetings n modulo their number, each answered before the next."""
        for first in range(0, connections, AT_ONCE):
            fresh = [self._dial(port, path) for _ in range(first, min(first + AT_ONCE, connections))]
            for one in fresh:
                self._expect(one, b"\r\n\r\n")
            for place in range(len(greetings[0])):
                for number, one in enumerate(fresh, first):
                    one.sendall(masked(greetings[number % len(greetings)][place].encode()))
                for one in fresh:
                    self._expect(one, b"}")
            for one in fresh:
                one.setblocking(False)
                self.sockets[one.fileno()] = one
                self.poll.register(one.fileno(), select.EPOLLIN)
            for number, _ in self.poll.poll(0, connections):
                self._take(number)  # the first are asked for a sign of life before the last have come
        return len(self.sockets)

    def _dial(self, port: int, path: str) -> socket.socket:
        one = socket.create_connection((HOST, port), timeout=30)
        # The end of a run is no orderly one: thousands of connections would linger otherwise.
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.sendall(HANDSHAKE.format(path=path).encode())
        return one

    def _expect(self, one: socket.socket, end: bytes) -> None:
        data = b""
        while not data.endswith(end):
            more = one.recv(CHUNK)
            if not more:
                raise ConnectionError(f"refused: {data[:200]!r}")
            data += more

    def read(self, frames: int, seconds: float, quiet: float) -> dict[str, float]:
        """Read until so many messages have come, or none for a while; how late they were, in milliseconds.

        A server may leave out a state that a newer one has overtaken.
        """
        self.late.clear()
        self.heard.clear()
        began = last = now = time.monotonic()
        while len(self.late) < frames and now - began < seconds and now - last < quiet:
            for number, _ in self.poll.poll(0.05, 2048):
                self._take(number)
                last = now
            now = time.monotonic()
        took = last - began
        late = sorted(self.late)
        share = lambda part: late[min(int(len(late) * part), len(late) - 1)] / 1000 if late else 0.0  # noqa: E731
        return {
            "frames": len(late), "seconds": took, "p50": share(0.5), "p99": share(0.99), "max": share(1.0),
            "least": min((self.heard[one] for one in self.sockets), default=0), "open": len(self.sockets),
            "lost": dict(self.lost), "gone": self.gone,
        }  # fmt: skip

    def _take(self, number: int) -> None:
        one = self.sockets.get(number)
        if one is None:
            return
        data = _received(one)
        if not data:
            if data is not None:
                self._drop(number)
            return
        if number in self.pending:
            data = self.pending.pop(number) + data
        now, at, end = time.monotonic_ns() // 1000, 0, len(data)
        while end - at >= 2:
            length, start = data[at + 1], at + 2
            if length == 126:
                length, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif length == 127:
                length, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            if end < start + length or end < start:
                break
            if data[at] == CLOSE:
                self.lost[str(int.from_bytes(data[start : start + 2], "big"))] += 1
            elif length == 2:
                one.send(ANSWER)
            else:
                self._note(number, data, start, start + length, now)
            at = start + length
        if at < end:
            self.pending[number] = data[at:]

    def _drop(self, number: int) -> None:
        self.poll.unregister(number)
        del self.sockets[number]
        self.gone += 1

    def _note(self, number: int, data: bytes, start: int, end: int, now: int) -> None:
        """A frame, of which some servers make one for several messages, a heartbeat among them."""
        if data.startswith(BEAT, start) or data.find(BEAT_AFTER, start, end) >= 0:
            self.sockets[number].send(ANSWER)
        found = data.find(MARK, start, end)
        while found >= 0:
            digits = found + len(MARK)
            self.late.append(now - int(data[digits : data.index(b",", digits)]))
            self.heard[number] += 1
            found = data.find(MARK, digits, end)


def main() -> None:
    """Answer questions until the input ends."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listeners = Listeners()
    for line in sys.stdin:
        asked = json.loads(line)
        if "open" in asked:
            told: object = listeners.open(**asked["open"])
        else:
            told = listeners.read(**asked["read"])
        print(json.dumps(told), flush=True)


main()
