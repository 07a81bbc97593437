"""The load on the race page: what is told of it, and that its generator counts answers and their times."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.environments import Peer, PeerError
from benchmarks.rest import _ask, rows


class _Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        time.sleep(0.002)
        self.send_response(404 if self.path == "/none" else 200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.wfile.write(b"x" * 100_000)

    def log_message(self, *_: object) -> None:
        return None


def test_ours_stands_beside_what_is_asked() -> None:
    figures = {"rate": 3000.0, "p50": 2.0, "p99": 5.0, "max": 50.0, "processor": 98.0}
    found = {row.what: row.ratio for row in rows([figures])}
    assert found["race pages a second"] == 2.0
    assert found["p99 at 750 a second"] == 0.2


def test_requests_are_counted_whole_and_timed_from_when_they_were_due() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server, Peer("requests") as load:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        asked = {"port": server.server_address[1], "paths": ["/a", "/b"], "connections": 2, "seconds": 0.5}
        full = _ask(load, asked)
        steady = _ask(load, {**asked, "rate": 20.0})
        with pytest.raises(PeerError, match="not all were answered with 200"):
            _ask(load, {**asked, "paths": ["/none"]})
        server.shutdown()
    assert full["requests"] > 5
    assert full["p50"] >= 2.0
    assert steady["requests"] == 10
