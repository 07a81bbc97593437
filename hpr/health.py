"""Health pages of a process that serves nothing else: /healthz, /readyz and /metrics, on their own thread."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from schemas.errors import HprError

STUCK_SECONDS = 60.0


class Health(NamedTuple):
    """How a process is: when it last went round (monotonic seconds), and whether it is up to date."""

    beat: Callable[[], float]
    ready: Callable[[], bool]

    def page(self, path: str) -> tuple[int, str, bytes]:
        """Status, media type and body of a page."""
        if path == "/metrics":
            return 200, CONTENT_TYPE_LATEST, generate_latest()
        if path == "/healthz":
            still = time.monotonic() - self.beat()
            word = "ok" if still < STUCK_SECONDS else "stuck"
            return _said(word == "ok", {"status": word, "seconds_since_turn": round(max(still, 0.0), 1)})
        if path == "/readyz":
            return _said(self.ready(), {"ready": self.ready()})
        return 404, "application/json", b'{"error": "there are /healthz, /readyz and /metrics"}'


class Pulse:
    """When an event loop last had a turn."""

    def __init__(self) -> None:
        self.at = time.monotonic()

    async def beat(self) -> None:
        """Note each second that the loop turns."""
        while True:
            self.at = time.monotonic()
            await asyncio.sleep(1.0)


def _said(well: bool, body: dict[str, object]) -> tuple[int, str, bytes]:
    return 200 if well else 503, "application/json", json.dumps(body).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    health: Health


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10

    def do_GET(self) -> None:
        status, kind, body = self.server.health.page(self.path.partition("?")[0])
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: whoever asks every few seconds is no news."""

    def version_string(self) -> str:
        """Not which server and Python it is."""
        return "hpr"


@contextmanager
def listening(health: Health, host: str, port: int) -> Iterator[int | None]:
    """Serve the pages while the block lasts, at the port that is given; `port` 0 for none at all.

    Raises HprError if the address cannot be had.
    """
    if port == 0:
        yield None
        return
    try:
        server = _Server((host, port), _Handler)
    except OSError as error:
        raise HprError(f"{host}:{port} is taken: choose another with --http-port") from error
    server.health = health
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
