"""The audit of locked packages: with pip-audit as it is, against a service of this machine."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from deploy import audit
from deploy.kafka.node import free_port


def _fault(version: str) -> dict[str, Any]:
    at = "2026-01-01T00:00:00Z"
    affected = {"package": {"name": "orjson", "ecosystem": "PyPI"}, "versions": [version]}
    return {
        "id": "GHSA-test", "modified": at, "published": at, "summary": "a fault", "details": "a fault",
        "aliases": [], "affected": [affected],
    }  # fmt: skip


class _Service(ThreadingHTTPServer):
    daemon_threads = True
    faulty = ""


class _Handler(BaseHTTPRequestHandler):
    server: _Service

    def do_GET(self) -> None:
        self.send_error(405)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        faulty = asked["package"]["name"] == self.server.faulty
        body = json.dumps({"vulns": [_fault(asked["version"])]} if faulty else {}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[_Service, str]]:
    monkeypatch.setattr(audit, "LOCKS", ("base",))
    server = _Service(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server, f"http://127.0.0.1:{server.server_address[1]}/v1/query"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_known_fault_is_named_and_fails(
    service: tuple[_Service, str], capfd: pytest.CaptureFixture[str]
) -> None:
    server, url = service
    assert audit.main(url) == 0
    server.faulty = "orjson"
    assert audit.main(url) == 1
    out, err = capfd.readouterr()
    assert "orjson" in out
    assert "GHSA-test" in out
    assert "known faults in base" in err


def test_where_nobody_can_be_asked_it_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    assert audit.main(f"http://127.0.0.1:{free_port()}/v1/query") == 0
    assert "nothing was looked up" in capfd.readouterr().err
