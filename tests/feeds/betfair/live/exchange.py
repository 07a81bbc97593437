"""Betfair's Exchange Stream on this machine: TLS, and a day of captures that it plays to each connection."""

import asyncio
import bz2
import json
import ssl
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import trustme
from msgspec import Raw
from msgspec.json import Decoder, encode

Json = dict[str, Any]
Resume = Literal["replay", "merged", "image"]
APP_KEY, USERNAME, PASSWORD = "app-key", "punter", "secret"

raw_object = Decoder(dict[str, Raw]).decode
raw_list = Decoder(list[dict[str, Raw]]).decode


@dataclass(frozen=True)
class Update:
    """One message of the day: one market's change, without names in its definition."""

    clk: str
    pt: int
    market_id: str
    change: bytes


@dataclass
class Authority:
    """A certificate authority of the tests; `ca` is its PEM file."""

    folder: Path
    root: trustme.CA = field(default_factory=trustme.CA)

    def __post_init__(self) -> None:
        self.ca = self.folder / "ca.pem"
        self.root.cert_pem.write_to_path(str(self.ca))

    def server(self) -> ssl.SSLContext:
        """TLS of a server that takes a client's certificate, if it has one."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.root.issue_cert("127.0.0.1", "localhost").configure_cert(context)
        self.root.configure_trust(context)
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def client_certificate(self) -> tuple[Path, Path]:
        """PEM files of a client's certificate and key."""
        issued = self.root.issue_cert("punter@example.org")
        certificate, key = self.folder / "client.crt", self.folder / "client.key"
        issued.cert_chain_pems[0].write_to_path(str(certificate))
        issued.private_key_pem.write_to_path(str(key))
        return certificate, key


def lines_of(capture: Path) -> list[bytes]:
    return bz2.decompress(capture.read_bytes()).splitlines()


def updates(lines: Iterable[bytes]) -> Iterator[Update]:
    """Lines of a historical file as the live stream says them."""
    for number, line in enumerate(lines):
        message = json.loads(line)
        change = raw_list(raw_object(line)["mc"])[0]
        yield Update(
            message.get("clk", str(number)), message["pt"], message["mc"][0]["id"], encode(nameless(change))
        )


def nameless(change: dict[str, Raw]) -> dict[str, Raw]:
    """The change without what live definitions lack; all else in its own bytes."""
    if "marketDefinition" not in change:
        return change
    definition = raw_object(change["marketDefinition"])
    definition.pop("name", None)
    definition.pop("eventName", None)
    runners = raw_list(definition["runners"])
    for runner in runners:
        runner.pop("name", None)
    definition["runners"] = Raw(encode(runners))
    return {**change, "marketDefinition": Raw(encode(definition))}


def merge(changes: Iterable[Json]) -> Json:
    """Several changes of one market as one, as Betfair conflates what a client missed."""
    merged: Json = {"con": True}
    runners: dict[int, Json] = {}
    for change in changes:
        if change.get("img"):
            merged, runners = {"con": True, "img": True}, {}
        for name in ("id", "marketDefinition", "tv"):
            if name in change:
                merged[name] = change[name]
        for runner in change.get("rc") or ():
            known = runners.setdefault(runner["id"], {"id": runner["id"]})
            for name, value in runner.items():
                if not isinstance(value, list):
                    known[name] = value
                    continue
                # Prices are keyed by price, levels by level; the last size counts.
                levels = {level[0]: level for level in known.get(name, ())}
                known[name] = [*(levels | {level[0]: level for level in value}).values()]
    return {**merged, "rc": list(runners.values())}


async def all_gone(server: asyncio.Server) -> None:
    """Wait until every connection of a closed server is gone; its own wait_closed does so from 3.12 on."""
    while server._active_count:  # type: ignore[attr-defined]  # noqa: ASYNC110
        await asyncio.sleep(0.005)


@dataclass
class Exchange:
    """The stream. Each connection plays the day to whom it may concern, from the clock it is given.

    `drops` are positions at which a connection is cut, each once; `faults` are taken one a connection.
    """

    tls: ssl.SSLContext
    day: list[Update] = field(default_factory=list)
    resume: Resume = "replay"
    rewind: int = 0
    starts: deque[int] = field(default_factory=deque)
    drops: set[int] = field(default_factory=set)
    faults: deque[Json] = field(default_factory=deque)
    garbage: dict[int, bytes] = field(default_factory=dict)
    segments: int = 0
    sessions: set[str] = field(default_factory=lambda: {"session-1"})
    requests: list[Json] = field(default_factory=list)
    connections: int = 0
    played: int = 0
    late: bool = False
    pace: Callable[[int], float] = lambda position: 0.0

    async def __aenter__(self) -> Self:
        self._open: set[asyncio.StreamWriter] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls, limit=1 << 24)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self.cut()
        await all_gone(self._server)

    def cut(self) -> None:
        """Drop every connection."""
        for writer in self._open:
            writer.transport.abort()

    def asked(self, op: str) -> list[Json]:
        return [request for request in self.requests if request["op"] == op]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        self.connections += 1
        task: asyncio.Task[None] | None = None
        try:
            fault = self.faults.popleft() if self.faults else {}
            await self._say(writer, op="connection", connectionId=f"c-{self.connections}")
            while line := await reader.readline():
                request = json.loads(line)
                self.requests.append(request)
                if task is not None:
                    task.cancel()
                task = await self._answer(request, fault, writer)
        except OSError:
            pass
        finally:
            if task is not None:
                task.cancel()
            self._open.discard(writer)
            writer.transport.abort()

    async def _answer(
        self, request: Json, fault: Json, writer: asyncio.StreamWriter
    ) -> asyncio.Task[None] | None:
        answer = {"op": "status", "id": request["id"]}
        code = fault.get(request["op"])
        if request["op"] == "authentication" and code is None:
            if request["appKey"] != APP_KEY:
                code = "INVALID_APP_KEY"
            elif request["session"] not in self.sessions:
                code = "INVALID_SESSION_INFORMATION"
        if code is not None:
            closed = fault.get("closed", True)
            await self._say(
                writer,
                **answer,
                statusCode="FAILURE",
                errorCode=code,
                errorMessage="because",
                connectionClosed=closed,
            )
            if closed:
                writer.close()
            return None
        await self._say(writer, **answer, statusCode="SUCCESS", connectionsAvailable=8)
        if request["op"] != "marketSubscription":
            return None
        return asyncio.create_task(self._play(request, fault, writer))

    async def _play(self, request: Json, fault: Json, writer: asyncio.StreamWriter) -> None:
        try:
            position = await self._first(request, writer)
            wanted = set(request["marketFilter"]["marketIds"])
            stall = fault.get("stall_at", len(self.day) + 1)
            for at in range(position, len(self.day)):
                if at in self.drops:
                    self.drops.discard(at)
                    await self._drop(request, writer, at)
                    return
                if at >= stall:
                    return  # and not a word more
                if at in self.garbage:
                    writer.write(self.garbage.pop(at) + b"\r\n")
                if self.day[at].market_id in wanted:
                    writer.write(self._line(request, at))
                self.played = max(self.played, at + 1)
                if pause := self.pace(at):
                    await asyncio.sleep(pause)
                elif at % 32 == 0:
                    await writer.drain()
            while True:
                await self._say(
                    writer,
                    op="mcm",
                    id=request["id"],
                    ct="HEARTBEAT",
                    clk=self._clk(),
                    pt=self._pt(),
                    heartbeatMs=request["heartbeatMs"],
                    **({"status": 503} if self.late else {}),
                )
                await asyncio.sleep(request["heartbeatMs"] / 1000)
        except OSError:
            pass

    async def _drop(self, request: Json, writer: asyncio.StreamWriter, at: int) -> None:
        """Cut the connection, now within a message, now with what was sent still on its way."""
        if at % 2:
            line = self._line(request, at)
            writer.write(line[: len(line) // 2])
            writer.close()
        else:
            await writer.drain()
            writer.transport.abort()

    def _clk(self) -> str:
        return self.day[-1].clk if self.day else "0"

    def _pt(self) -> int:
        return self.day[-1].pt if self.day else 1_700_000_000_000

    async def _first(self, request: Json, writer: asyncio.StreamWriter) -> int:
        """What comes first on a connection; the position from which it goes on."""
        clk = request.get("clk")
        if clk is None:
            position = self.starts.popleft() if self.starts else 0
            await self._whole(request, writer, "SUB_IMAGE", 0, position, image=True)
            return position
        known = next(at for at, update in enumerate(self.day) if update.clk == clk)
        position = max(known + 1 - self.rewind, 0)
        if self.resume == "replay":
            await self._whole(request, writer, "RESUB_DELTA", position, position, image=False)
            return position
        ahead = min(position + 7, len(self.day))
        ahead = min([ahead, *(drop for drop in self.drops if drop >= position)])
        image = self.resume == "image"
        await self._whole(request, writer, "RESUB_DELTA", 0 if image else position, ahead, image=image)
        return ahead

    async def _whole(
        self, request: Json, writer: asyncio.StreamWriter, kind: str, start: int, end: int, *, image: bool
    ) -> None:
        """One message, in segments if these are on, with all from `start` to `end` merged."""
        wanted = request["marketFilter"]["marketIds"]
        changes = []
        for market_id in wanted:
            parts = [json.loads(u.change) for u in self.day[start:end] if u.market_id == market_id]
            if parts:
                changes.append(merge(parts) | ({"img": True} if image else {}))
        at = self.day[max(end - 1, 0)]
        head = {
            "op": "mcm",
            "id": request["id"],
            "ct": kind,
            "pt": at.pt,
            "heartbeatMs": request["heartbeatMs"],
        }
        clocks = {"initialClk": "initial", "clk": at.clk} if end else {"initialClk": "initial"}
        if not self.segments or len(changes) < 2:
            await self._say(writer, **head, **clocks, mc=changes)
            return
        for number, change in enumerate(changes):
            last = number == len(changes) - 1
            segment = "SEG_START" if number == 0 else "SEG_END" if last else "SEG"
            await self._say(writer, **head, **(clocks if last else {}), segmentType=segment, mc=[change])

    def _line(self, request: Json, at: int) -> bytes:
        update = self.day[at]
        return b'{"op":"mcm","id":%d,"clk":%b,"pt":%d,"mc":[%b]}\r\n' % (
            request["id"], encode(update.clk), update.pt, update.change,
        )  # fmt: skip

    async def _say(self, writer: asyncio.StreamWriter, **message: Any) -> None:
        writer.write(encode(message) + b"\r\n")
        await writer.drain()
