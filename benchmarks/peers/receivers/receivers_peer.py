"""Endpoints of webhooks and push services: one line of JSON in, one out; says when each delivery came.

Moments are of the system's monotonic clock in microseconds, which is the same in every process.
"""

import asyncio
import json
import re
import sys
import time

HOST = "127.0.0.1"
END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
ID = re.compile(rb"\r\n(?:webhook-id|topic): *([0-9a-f-]+)", re.IGNORECASE)
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Receivers:
    """What has come to all ports, in order."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, int]] = []

    async def open(self, ports: int) -> list[int]:
        """Listen on so many ports, each of which is a host to whoever sends."""
        loop, found = asyncio.get_running_loop(), []
        for _ in range(ports):
            server = await loop.create_server(lambda: Connection(self.arrived), HOST, 0)
            found.append(server.sockets[0].getsockname()[1])
        return found

    async def take(self, deliveries: int, seconds: float, quiet: float) -> list[tuple[str, int]]:
        """What has come once it is so many, or so many seconds have passed, or nothing came for a while."""
        end, last = time.monotonic() + seconds, (len(self.arrived), time.monotonic())
        while len(self.arrived) < deliveries and time.monotonic() < end:
            await asyncio.sleep(0.05)
            if len(self.arrived) != last[0]:
                last = len(self.arrived), time.monotonic()
            elif time.monotonic() - last[1] > quiet:
                break
        taken = self.arrived[:]
        self.arrived.clear()
        return taken


class Connection(asyncio.Protocol):
    """One connection with requests one after the other."""

    def __init__(self, arrived: list[tuple[str, int]]) -> None:
        self._arrived = arrived
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns() // 1000
        self._held += data
        while (end := self._held.find(END)) >= 0:
            head = self._held[: end + 2]
            length = LENGTH.search(head)
            whole = end + len(END) + (int(length[1]) if length else 0)
            if len(self._held) < whole:
                return
            if found := ID.search(head):
                self._arrived.append((found[1].decode().replace("-", ""), now))
            self._held = self._held[whole:]
            self._transport.write(ANSWER)


async def main() -> None:
    """Answer questions until the input ends; deliveries are taken all the while."""
    receivers, reader = Receivers(), asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        asked = json.loads(line)
        told: object = (
            await receivers.open(**asked["open"])
            if "open" in asked
            else await receivers.take(**asked["take"])
        )
        print(json.dumps(told), flush=True)


asyncio.run(main())
