"""Where deliveries arrive in tests: webhooks that are verified, push that is decrypted, mail, a chat."""

import base64
import email
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece  # type: ignore[import-untyped]
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from standardwebhooks import Webhook

from deploy.kafka.node import free_port

Answer = tuple[int, dict[str, str]]
Rule = Callable[[str, int], Answer]
"""What to answer at a path to the nth request."""


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Browser:
    """A browser's push subscription, which alone can read what is sent to it."""

    def __init__(self, address: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        self.path = f"/push/{_text(os.urandom(9))}"
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": _text(point), "auth": _text(self._auth)}
        self.subscription = {"endpoint": f"http://{address}{self.path}", "keys": keys}

    def read(self, body: bytes) -> dict[str, Any]:
        """What a push says."""
        clear = http_ece.decrypt(body, private_key=self._key, auth_secret=self._auth, version="aes128gcm")
        said: dict[str, Any] = json.loads(clear)
        return said


@dataclass
class Arrived:
    """One request that arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receivers:
    """An HTTP server and a mail server at `address` and `smtp` (host:port), and what they were given."""

    address: str = ""
    smtp: str = ""
    arrived: list[Arrived] = field(default_factory=list)
    mails: list[Message] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    """Secrets of webhooks by path: what comes there is verified as it comes."""
    unverified: list[str] = field(default_factory=list)
    answer: Rule = lambda _path, _count: (200, {})

    def at(self, path: str) -> list[Arrived]:
        """What arrived at a path."""
        return [each for each in self.arrived if each.path == path]

    def hook(self, name: str, secret: str) -> str:
        """The URL of a webhook whose deliveries are verified."""
        self.secrets[f"/hook/{name}"] = secret
        return f"http://{self.address}/hook/{name}"

    def take(self, arrived: Arrived) -> Answer:
        """Take in a request and answer it."""
        if secret := self.secrets.get(arrived.path):
            try:
                Webhook(secret).verify(arrived.body, arrived.headers)
            except Exception as error:
                self.unverified.append(repr(error))
        self.arrived.append(arrived)
        return self.answer(arrived.path, len(self.at(arrived.path)))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    receivers: Receivers


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): text for name, text in self.headers.items()}
        status, more = self.server.receivers.take(Arrived(self.path, headers, body))
        self.send_response(status)
        for name, text in more.items():
            self.send_header(name, text)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: Any) -> None:
        return None


class _Mails:
    def __init__(self, receivers: Receivers) -> None:
        self._receivers = receivers

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self._receivers.mails.append(email.message_from_bytes(envelope.content))
        return "250 taken"


@contextmanager
def receiving() -> Iterator[Receivers]:
    """Receivers on free ports."""
    found = Receivers()
    http = _Server(("127.0.0.1", 0), _Handler)
    http.receivers = found
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    smtp = Controller(_Mails(found), hostname="127.0.0.1", port=free_port())
    smtp.start()
    found.address = f"127.0.0.1:{http.server_address[1]}"
    found.smtp = f"smtp://127.0.0.1:{smtp.port}"
    try:
        yield found
    finally:
        smtp.stop()
        http.shutdown()
        thread.join()
        http.server_close()
