"""Questions of history over a local socket: the one process that owns a chdb folder answers the others."""

import os
import socket
import socketserver
import threading
from pathlib import Path
from typing import Any, cast

import orjson
from clickhouse_connect.driver.client import Client

from schemas.errors import AnalyticsError, HprError
from streams.clickhouse.questions import ask_json

TIMEOUT_SECONDS = 10.0
LONGEST_QUESTION = 65_536


class Answers:
    """Answers at a socket while the block lasts, one question after the other; only this user may ask."""

    def __init__(self, client: Client, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = _Server(str(path), _Handler)
        except OSError as error:
            raise AnalyticsError(f"{path}: no socket can be made here: {error.strerror or error}") from error
        finally:
            os.umask(before)
        self._server.client, self._server.lock = client, threading.Lock()
        self._thread = threading.Thread(target=self._server.serve_forever, name="answers", daemon=True)

    def __enter__(self) -> "Answers":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._path.unlink(missing_ok=True)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    client: Client
    lock: threading.Lock


class _Handler(socketserver.StreamRequestHandler):
    """One question a connection, a line of JSON; the answer is a list of rows, or an object with `error`."""

    def handle(self) -> None:
        server = cast(_Server, self.server)
        try:
            asked = orjson.loads(self.rfile.readline(LONGEST_QUESTION))
            with server.lock:
                said = ask_json(server.client, asked["ask"], asked["with"])
        except (HprError, ValueError, LookupError, TypeError) as error:
            said = orjson.dumps({"error": str(error)})
        self.wfile.write(said)


def ask_at(path: Path, name: str, parameters: dict[str, Any]) -> bytes:
    """The answer, as a JSON list, of the process that answers at `path`; AnalyticsError if none does."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.settimeout(TIMEOUT_SECONDS)
            asking.connect(str(path))
            asking.sendall(orjson.dumps({"ask": name, "with": parameters}) + b"\n")
            said = b"".join(iter(lambda: asking.recv(1 << 18), b""))
        if said.startswith(b"[") and said.rstrip().endswith(b"]"):
            return said
        refused = str(orjson.loads(said)["error"])
    except (OSError, ValueError, LookupError) as error:
        raise AnalyticsError(
            f"nobody answers at {path} ({error}): start `hpr sink --clickhouse chdb:///FOLDER`"
        ) from error
    raise AnalyticsError(refused)
