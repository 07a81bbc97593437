"""Load of GET requests over connections that are kept open: one line of JSON in, one out.

A raw epoll client, so that it takes as little of the machine as can be. With a rate, requests are due at
fixed moments and their time counts from those, so that a server that is behind cannot hide it.
"""

import json
import select
import socket
import sys
import time
from collections import deque

HOST = "127.0.0.1"
CHUNK = 1 << 18
END = b"\r\n\r\n"
LENGTH = b"content-length: "


class Client:
    """One connection: a request at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.due = 0.0
        self._held = b""
        self._whole = 0

    def ask(self, request: bytes, due: float) -> None:
        self.due = due
        self.socket.sendall(request)

    def answered(self) -> int:
        """The status once all of the answer is there, else 0. Raises ConnectionError at the end of it."""
        data = self.socket.recv(CHUNK)
        if not data:
            raise ConnectionError("the server closed a connection")
        self._held += data
        if not self._whole and (end := self._held.find(END)) >= 0:
            head = self._held[:end].lower() + b"\r\n"
            at = head.index(LENGTH) + len(LENGTH)
            self._whole = end + len(END) + int(head[at : head.index(b"\r\n", at)])
        if not self._whole or len(self._held) < self._whole:
            return 0
        status = int(self._held[9:12])
        self._held, self._whole = self._held[self._whole :], 0
        return status


def load(
    port: int, paths: list[str], connections: int, seconds: float, rate: float | None = None
) -> dict[str, object]:
    """Requests for the paths in turn: as fast as they are answered, or `rate` a second."""
    requests = [f"GET {path} HTTP/1.1\r\nhost: {HOST}\r\n\r\n".encode() for path in paths]
    clients = [Client(port) for _ in range(connections)]
    # In turn, so that none stands idle for as long as a server keeps one.
    poll, free, busy = select.epoll(), deque(clients), {}
    for client in clients:
        poll.register(client.socket.fileno(), select.EPOLLIN)
        busy[client.socket.fileno()] = client
    asked, took, statuses = 0, [], {}
    began = time.perf_counter()
    while True:
        now = time.perf_counter()
        over = now - began >= seconds
        while free and not over:
            due = began + asked / rate if rate else now
            if due > now:
                break
            free.popleft().ask(requests[asked % len(requests)], due)
            asked += 1
        if over and len(free) == connections:
            break
        # A poll waits whole milliseconds, rounded up: of what is due sooner it only looks.
        wait = began + asked / rate - time.perf_counter() - 0.001 if rate and free and not over else 0.1
        for number, _ in poll.poll(max(wait, 0.0), connections):
            client = busy[number]
            if status := client.answered():
                took.append(time.perf_counter() - client.due)
                statuses[str(status)] = statuses.get(str(status), 0) + 1
                free.append(client)
    elapsed = time.perf_counter() - began
    for client in clients:
        client.socket.close()
    took.sort()
    share = lambda part: took[min(int(len(took) * part), len(took) - 1)] * 1000  # noqa: E731
    return {
        "requests": len(took), "a_second": len(took) / elapsed, "statuses": statuses,
        "p50": share(0.5), "p99": share(0.99), "max": share(1.0),
    }  # fmt: skip


def main() -> None:
    """Answer questions until the input ends."""
    for line in sys.stdin:
        print(json.dumps(load(**json.loads(line))), flush=True)


main()
